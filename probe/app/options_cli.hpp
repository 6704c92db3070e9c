// What the files of the command line share: options as CLI11 wants them, and the groups that several commands have.
// Included by app/options*.cpp only, which is where CLI11 is seen.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/options.hpp"

namespace wsprobe::app {

/// Thrown through CLI11 and caught in parse_arguments().
struct Refused : CLI::ParseError {
  explicit Refused(UsageError what)
      : CLI::ParseError("Refused", what.message, CLI::ExitCodes::InvalidError), error(std::move(what)) {}
  UsageError error;
};

/// Ends the parsing with this UsageError.
[[noreturn]] void refuse(std::string message, std::string help, std::string option, std::string value);

/// "--header" of "-H,--header".
[[nodiscard]] std::string long_name(const std::string& names);

/// An option with a value; given twice, the last one counts, as with curl.
CLI::Option* add_value(CLI::App& app, const std::string& names, const std::string& type, const std::string& help,
                       std::function<void(const std::string&)> accept);

/// An option that may be given several times.
CLI::Option* add_repeatable(CLI::App& app, const std::string& names, const std::string& type, const std::string& help,
                            const std::function<void(const std::string&)>& accept);

/// The parser's value, or a refusal that names option and argument. Header values are not in any parser's message.
template <typename T>
T accepted(Parsed<T> parsed, const std::string& names, const std::string& value, const std::string& help = {}) {
  const std::string subject = names.empty() ? "" : fmt::format("{}: ", long_name(names));
  if (!parsed) refuse(subject + parsed.error(), help, names, value);
  return std::move(*parsed);
}

void add_output_options(CLI::App& app, OutputOptions& output);
void add_publishing_options(CLI::App& app, OutputOptions& output);
void add_experiments_options(CLI::App& app, engine::Experiments& experiments);
void add_probe_options(CLI::App& app, ProbeOptions& probe);
void add_files(CLI::App& app, std::vector<std::string>& files, const std::string& help);

// One function a command: its options and its footer.
void add_run_options(CLI::App& app, RunOptions& options);
void add_check_options(CLI::App& app, CheckOptions& options);
void add_diagnose_options(CLI::App& app, DiagnoseOptions& options);
void add_demo_options(CLI::App& app, DemoOptions& options);
void add_explain_options(CLI::App& app, ExplainOptions& options);
void add_lint_options(CLI::App& app, LintOptions& options);
void add_serve_options(CLI::App& app, ServeOptions& options);

}  // namespace wsprobe::app
