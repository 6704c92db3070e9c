// wsprobe diagnose: one URL, no file.
#include <utility>

#include "app/commands.hpp"
#include "app/diagnosis.hpp"
#include "app/output.hpp"
#include "app/publish.hpp"
#include "app/runner.hpp"
#include "net/tasks.hpp"

namespace wsprobe::app {

ExitCode diagnose(const DiagnoseOptions& options, std::span<const std::string> arguments) {
  const scenario::Environment environment = scenario::Environment::of_process();
  const auto refuse = [&](const UsageError& error) {
    print_to_stderr(render(error, arguments));
    return refused(options.output.format, error.message);
  };
  const auto token = read_token(options, environment);
  if (!token) return refuse(token.error());
  const auto scenario = make_diagnosis(options, *token, environment);
  if (!scenario) return refuse(scenario.error());

  net::EventLoop context;
  RunResult result =
      run_to_end(context, *scenario, options.probe.connect, options.probe.experiments, engine::Spares::from_the_start);
  if (*token == nullptr) note_missing_token(result.report);
  const ExitCode code = result.signal != 0 ? exit_code_of_signal(result.signal) : exit_code_of(result.report);
  return publish({&result.report, 1}, options.output, code);
}

}  // namespace wsprobe::app
