// What becomes of a finding: the verdicts of a report. A run ends with it, and so does the replay of a saved report.
#pragma once

#include "attribution/attribution.hpp"
#include "core/report.hpp"

namespace wsprobe::engine {

/// Gives the steps, the experiments and the report as a whole the verdicts of `found`, which is about them. Whether
/// each step is as expected, and the whole passed, has to be settled before: where nothing is wrong but an expectation
/// was not met, the report is not called healthy.
void give_verdicts(Report& report, attribution::Attribution found);

}  // namespace wsprobe::engine
