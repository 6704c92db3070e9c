// What the process tells its caller.
#pragma once

#include <span>

#include "core/report.hpp"

namespace wsprobe::app {

enum class ExitCode : int {
  met = 0,            ///< every expectation was met
  unmet = 1,          ///< one was not; an unreachable service included
  usage = 2,          ///< the command line, a scenario file or a configured file cannot be used
  internal = 3,       ///< wsprobe could not do its work, or could not write its output
  interrupted = 130,  ///< SIGINT
  terminated = 143,   ///< SIGTERM
};

/// A failure that lies on this machine says nothing about the service: it is `internal` (or `usage` where a configured
/// file is at fault), not `unmet`.
[[nodiscard]] ExitCode exit_code_of(const Report& report);

/// The worst of several, in the order internal, usage, unmet, met.
[[nodiscard]] ExitCode worst_of(std::span<const Report> reports);

/// For a run that was stopped by the signal of this number.
[[nodiscard]] ExitCode exit_code_of_signal(int signal);

}  // namespace wsprobe::app
