#include <variant>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/publish.hpp"
#include "net/memory.hpp"

namespace wsprobe::app {
namespace {

struct Runner {
  std::span<const std::string> arguments;

  ExitCode operator()(const RunOptions& options) const { return run(options); }
  ExitCode operator()(const CheckOptions& options) const { return check(options); }
  ExitCode operator()(const DiagnoseOptions& options) const { return diagnose(options, arguments); }
  ExitCode operator()(const DemoOptions& options) const { return demo(options); }
  ExitCode operator()(const ExplainOptions& options) const { return explain(options, arguments); }
  ExitCode operator()(const LintOptions& options) const { return lint(options); }
  ExitCode operator()(const ServeOptions& options) const { return serve(options); }
  ExitCode operator()(const PrintText& print) const {
    const auto delivered = deliver(print.text, "");
    if (delivered) return ExitCode::met;
    print_to_stderr("wsprobe: " + delivered.error() + "\n");
    return ExitCode::internal;
  }
};

/// A command line that cannot be used has no options yet, and a Nagios plugin has to say UNKNOWN all the same.
Format format_asked_for(std::span<const std::string> arguments) {
  bool nagios = false;
  for (std::size_t index = 0; index < arguments.size(); ++index) {
    if (arguments[index] == "--format=nagios") nagios = true;
    if (arguments[index] == "--format" && index + 1 < arguments.size()) nagios = arguments[index + 1] == "nagios";
  }
  return nagios ? Format::nagios : Format::human;
}

}  // namespace

ExitCode dispatch(std::span<const std::string> arguments) {
  net::use_new_handler_in_libraries();
  const auto command = parse_arguments(arguments);
  if (command) return std::visit(Runner{arguments}, *command);
  print_to_stderr(render(command.error(), arguments));
  return refused(format_asked_for(arguments), command.error().message);
}

}  // namespace wsprobe::app
