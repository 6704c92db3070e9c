// The pictures of the status page, as SVG inside the HTML. Each says in words what it shows, for those who hear it.
#pragma once

#include <span>
#include <string>

#include "exporters/status_page.hpp"

namespace wsprobe::exporters {

/// One bar a run, green or red, the newest at the right.
[[nodiscard]] std::string history_strip(std::span<const PageRun> runs, std::size_t most);

/// Where the time of a step went: one bar a phase, at its place in time.
[[nodiscard]] std::string phase_waterfall(const StepReport& step);

/// How long the runs took; the failed ones are marked.
[[nodiscard]] std::string duration_chart(std::span<const PageRun> runs);

}  // namespace wsprobe::exporters
