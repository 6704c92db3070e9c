#include <variant>

#include "app/commands.hpp"
#include "app/output.hpp"

namespace wsprobe::app {
namespace {

struct Runner {
  std::span<const std::string> arguments;

  ExitCode operator()(const RunOptions& options) const { return run(options); }
  ExitCode operator()(const CheckOptions& options) const { return check(options); }
  ExitCode operator()(const DiagnoseOptions& options) const { return diagnose(options, arguments); }
  ExitCode operator()(const DemoOptions& options) const { return demo(options); }
  ExitCode operator()(const PrintText& print) const {
    const auto delivered = deliver(print.text, "");
    if (delivered) return ExitCode::met;
    print_to_stderr("wsprobe: " + delivered.error() + "\n");
    return ExitCode::internal;
  }
};

}  // namespace

ExitCode dispatch(std::span<const std::string> arguments) {
  const auto command = parse_arguments(arguments);
  if (command) return std::visit(Runner{arguments}, *command);
  print_to_stderr(render(command.error(), arguments));
  return ExitCode::usage;
}

}  // namespace wsprobe::app
