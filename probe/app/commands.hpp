// The subcommands, one a file.
#pragma once

#include <span>
#include <string>

#include "app/exit_codes.hpp"
#include "app/options.hpp"

namespace wsprobe::app {

/// Parses the command line (without the program's name), runs what it says, and returns what to tell the caller.
[[nodiscard]] ExitCode dispatch(std::span<const std::string> arguments);

[[nodiscard]] ExitCode run(const RunOptions& options);
[[nodiscard]] ExitCode check(const CheckOptions& options);
/// `arguments` to point at in errors.
[[nodiscard]] ExitCode diagnose(const DiagnoseOptions& options, std::span<const std::string> arguments);
[[nodiscard]] ExitCode demo(const DemoOptions& options);
/// `arguments` to point at in errors.
[[nodiscard]] ExitCode explain(const ExplainOptions& options, std::span<const std::string> arguments);
[[nodiscard]] ExitCode lint(const LintOptions& options);
/// Until SIGTERM or SIGINT.
[[nodiscard]] ExitCode serve(const ServeOptions& options);

}  // namespace wsprobe::app
