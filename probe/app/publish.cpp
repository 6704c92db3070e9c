#include "app/publish.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "app/output.hpp"
#include "app/push.hpp"
#include "core/text.hpp"
#include "exporters/nagios.hpp"
#include "exporters/textfile.hpp"

namespace wsprobe::app {
namespace {

/// Whether it was written; says so if not.
bool succeeded(const tl::expected<void, std::string>& done) {
  if (!done) print_to_stderr(fmt::format("wsprobe: {}\n", escape_for_display(done.error())));
  return done.has_value();
}

ExitCode nagios_code(std::span<const Report> reports) {
  return static_cast<ExitCode>(exporters::nagios_status(reports, std::chrono::system_clock::now()));
}

}  // namespace

ExitCode publish(std::span<const Report> reports, const OutputOptions& options, ExitCode code,
                 std::string_view preface) {
  bool written = true;
  const bool interrupted =
      std::any_of(reports.begin(), reports.end(), [](const Report& report) { return report.interrupted; });
  if (!options.textfile.empty() && !interrupted)
    written = succeeded(exporters::write_textfile(reports, options.textfile)) && written;
  if (options.push && !interrupted) written = succeeded(push(reports, *options.push)) && written;
  written = succeeded(deliver(std::string(preface) + format_reports(reports, options), options.file)) && written;
  if (!written) return ExitCode::internal;
  return options.format == Format::nagios ? nagios_code(reports) : code;
}

ExitCode refused(Format format, std::string_view why) {
  if (format != Format::nagios) return ExitCode::usage;
  (void)succeeded(deliver(exporters::nagios_unknown(why), ""));
  return ExitCode::internal;
}

}  // namespace wsprobe::app
