// A new ${invalid} for every run, so that a log can be searched for one run's.
#pragma once

#include <string>

#include "scenario/scenario.hpp"

namespace wsprobe::scenario {

/// The scenario with `mark` wherever the random mark of its loading stands. Where the file gives `invalid` itself, the
/// scenario as it is.
[[nodiscard]] Scenario with_mark(const Scenario& scenario, const std::string& mark);

}  // namespace wsprobe::scenario
