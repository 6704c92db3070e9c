// Comparing what came with what the scenario wants.
#pragma once

#include <string>
#include <vector>

#include "core/report.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::engine {

/// One sentence per expectation that the response does not meet.
[[nodiscard]] std::vector<std::string> unmet_by(const StepReport& report, const scenario::ResponseExpectation& expect);

/// The same for a health document, which also has to have its WebSocket side available unless the scenario itself says
/// what `/ws/available` has to be.
[[nodiscard]] std::vector<std::string> unmet_by_health(const StepReport& report,
                                                       const scenario::ResponseExpectation& expect);

/// The same for an upgrade. An expectation about who refused needs report.verdict; one that the evidence does not show
/// is not met.
[[nodiscard]] std::vector<std::string> unmet_by(const StepReport& report, const scenario::UpgradeExpectation& expect);

/// What of it can be judged while there is no verdict: that it is refused, if not yet by whom.
[[nodiscard]] scenario::UpgradeExpectation before_verdict(scenario::UpgradeExpectation expect);

}  // namespace wsprobe::engine
