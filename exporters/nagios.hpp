// The report as a Nagios plugin says it: one line with performance data, and a status that is also the exit code.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/report.hpp"

namespace wsprobe::exporters {

/// The values are the exit codes.
enum class NagiosStatus : std::uint8_t {
  ok = 0,
  warning = 1,   ///< all is well, and a certificate ends within 14 days
  critical = 2,  ///< an expectation was not met
  unknown = 3,   ///< the run was stopped, or failed on this machine: it says nothing about the service
};

/// Of one run. `now` is what certificates are compared with.
[[nodiscard]] NagiosStatus nagios_status(const Report& report, WallTime now);

/// The worst of several: critical, then unknown, warning, ok. Unknown where there is none.
[[nodiscard]] NagiosStatus nagios_status(std::span<const Report> reports, WallTime now);

/// "WSPROBE CRITICAL - swarmlet: what is wrong | 'time'=0.212s;..." and, below it, what to do. Of several reports each
/// has a line of its own below the first.
[[nodiscard]] std::string to_nagios(std::span<const Report> reports, WallTime now);

/// "WSPROBE UNKNOWN - why", for a command that did not get as far as a report.
[[nodiscard]] std::string nagios_unknown(std::string_view why);

}  // namespace wsprobe::exporters
