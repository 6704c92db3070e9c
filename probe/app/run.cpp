// wsprobe run: scenario files, each run once, one report.
#include <utility>
#include <vector>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/runner.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

/// All files are read before anything is sent: a mistake in the last one is found before the first has run.
std::vector<scenario::Scenario> load_all(const RunOptions& options, std::string& diagnostics) {
  const scenario::Environment environment = scenario::Environment::of_process();
  std::vector<scenario::Scenario> scenarios;
  for (const std::string& file : options.files) {
    auto loaded = scenario::load_file(file, environment, scenario::Credentials::required);
    if (loaded) {
      scenarios.push_back(std::move(*loaded));
    } else {
      for (const scenario::Diagnostic& diagnostic : loaded.error()) diagnostics += diagnostic.render();
    }
  }
  return scenarios;
}

}  // namespace

ExitCode run(const RunOptions& options) {
  std::string diagnostics;
  std::vector<scenario::Scenario> scenarios = load_all(options, diagnostics);
  if (!diagnostics.empty()) {
    print_to_stderr(diagnostics);
    return ExitCode::usage;
  }
  std::vector<Report> reports;
  for (scenario::Scenario& scenario : scenarios) {
    if (options.probe.timeout) scenario.timeout = *options.probe.timeout;
    for (const HeaderOption& header : options.probe.headers) add_header(scenario, header);
    asio::io_context context(1);
    RunResult result = run_to_end(context, scenario, options.probe.connect, options.probe.experiments);
    reports.push_back(std::move(result.report));
    if (result.signal != 0) return publish(reports, options.output, exit_code_of_signal(result.signal));
  }
  return publish(reports, options.output, worst_of(reports));
}

}  // namespace wsprobe::app
