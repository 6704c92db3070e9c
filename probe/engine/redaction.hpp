// Taking our secrets out of what a peer sent back.
#pragma once

#include <string_view>

#include "core/redactor.hpp"
#include "core/report.hpp"

namespace wsprobe::engine {

/// Every text in the evidence and the outcome that a peer may have written, or that quotes it. The number after the
/// run's `mark`, which is another in every exchange, goes too: what reflects it is the same answer as before.
void redact(const Redactor& redactor, StepReport& report, std::string_view mark = {});

}  // namespace wsprobe::engine
