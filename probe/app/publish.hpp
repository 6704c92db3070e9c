// Where the reports of a run go: to standard output or a file, and, where asked, to a textfile and a Pushgateway.
#pragma once

#include <span>
#include <string_view>

#include "app/exit_codes.hpp"
#include "app/options.hpp"
#include "core/report.hpp"

namespace wsprobe::app {

/// Publishes everywhere that `options` say. `code` (with --format nagios that of the report instead), or `internal`
/// with a message on standard error where one of the places could not be written; the others are written all the same.
/// A run that was stopped says nothing about the service: it goes to neither textfile nor Pushgateway.
[[nodiscard]] ExitCode publish(std::span<const Report> reports, const OutputOptions& options, ExitCode code,
                               std::string_view preface = {});

/// For a command that cannot begin, after the message about it: `usage`, and UNKNOWN with --format nagios.
[[nodiscard]] ExitCode refused(Format format, std::string_view why);

}  // namespace wsprobe::app
