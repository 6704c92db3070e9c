// The `values` of an `http` step: numbers that its document says, or elements of it that are counted.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/report.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::engine {

struct ReadValues {
  std::vector<NamedValue> values;  ///< one for each source, in their order
  std::vector<std::string> unmet;  ///< one sentence for each that the document does not say
};

/// Where there was no response of an expected status, no value is known, and that needs no sentence of its own.
[[nodiscard]] ReadValues read_values(const StepReport& report, std::span<const scenario::ValueSource> sources,
                                     std::span<const int> statuses);

/// One sentence for each value that is not within its bounds.
[[nodiscard]] std::vector<std::string> unmet_by(std::span<const NamedValue> values,
                                                std::span<const scenario::ValueBounds> bounds);

}  // namespace wsprobe::engine
