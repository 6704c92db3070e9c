// The status page: HTML made here, whole, so that it works without JavaScript; a small script only fetches it again
// when something has run. Everything comes from this server, and the policy of page_policy lets nothing else in.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/report.hpp"

namespace wsprobe::exporters {

/// One run, as the strip and the chart show it.
struct PageRun {
  WallTime at{};
  Duration duration{};
  bool pass = false;
};

struct PageScenario {
  std::string name;
  std::string target;
  std::map<std::string, std::string> labels;
  Duration every{};
  const Report* last = nullptr;  ///< null before the first run has ended
  WallTime changed_at{};         ///< since when it has been as it is
  std::uint64_t streak = 0;      ///< runs since then
  std::vector<PageRun> runs;     ///< oldest first
};

/// A kept report: a change, or a failure.
struct PageIncident {
  std::int64_t id = 0;
  std::string scenario;
  WallTime at{};
  bool pass = false;
  bool change = false;
  std::string emitter;
  std::string fault;
  std::string cause;
  std::string summary;
  std::string remedy;
};

[[nodiscard]] std::string overview_page(std::span<const PageScenario> scenarios, WallTime now);
[[nodiscard]] std::string scenario_page(const PageScenario& scenario, std::span<const PageIncident> incidents,
                                        WallTime now);
/// `text` is the report for a person.
[[nodiscard]] std::string incident_page(const PageIncident& incident, std::string_view text, WallTime now);

/// A page for what is not there.
[[nodiscard]] std::string missing_page(std::string_view what, WallTime now);

/// "scenario | passing", to be shown in a README.
[[nodiscard]] std::string badge_svg(std::string_view name, const Report* last);

[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view page_script();

/// The Content-Security-Policy of the pages.
inline constexpr std::string_view page_policy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

}  // namespace wsprobe::exporters
