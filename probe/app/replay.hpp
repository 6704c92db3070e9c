// Reaching the verdict of a saved report again, without sending anything.
#pragma once

#include <string>

#include "attribution/attribution.hpp"
#include "core/report.hpp"
#include "exporters/replay.hpp"

namespace wsprobe::app {

/// The report with the verdicts that today's rules reach from its evidence, and in what they differ from those it has.
[[nodiscard]] exporters::Replay replay(const Report& saved, const attribution::Knowledge& knowledge);

}  // namespace wsprobe::app
