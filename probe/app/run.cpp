// wsprobe run: scenario files, each run once, one report.
#include <utility>
#include <vector>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/publish.hpp"
#include "app/runner.hpp"
#include "net/tasks.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

/// All files are read before anything is sent: a mistake in the last one is found before the first has run. Empty where
/// one cannot be used; what is wrong has then been said.
std::vector<scenario::Scenario> load_all(const std::vector<std::string>& files) {
  const scenario::Environment environment = scenario::Environment::of_process();
  std::vector<scenario::Scenario> scenarios;
  bool usable = true;
  for (const std::string& file : files) {
    auto loaded = scenario::load_file(file, environment, scenario::Credentials::required);
    if (loaded) {
      print_diagnostics(loaded->warnings);
      scenarios.push_back(std::move(*loaded));
    } else {
      print_diagnostics(loaded.error());
      usable = false;
    }
  }
  return usable ? std::move(scenarios) : std::vector<scenario::Scenario>{};
}

}  // namespace

ExitCode run(const RunOptions& options) {
  std::vector<scenario::Scenario> scenarios = load_all(options.files);
  if (scenarios.empty()) return refused(options.output.format, "a scenario file cannot be used: see standard error");
  warn_of_public_key(options.probe.connect.tls, scenario::Environment::of_process());
  std::vector<Report> reports;
  for (scenario::Scenario& scenario : scenarios) {
    if (options.probe.resolve == scenario::Resolve::all) scenario.resolve = scenario::Resolve::all;
    if (options.probe.timeout) scenario.timeout = *options.probe.timeout;
    for (const HeaderOption& header : options.probe.headers) add_header(scenario, header);
    net::EventLoop context;
    RunResult result = run_to_end(context, scenario, options.probe.connect, options.probe.experiments);
    reports.push_back(std::move(result.report));
    if (result.signal != 0) return publish(reports, options.output, exit_code_of_signal(result.signal));
  }
  return publish(reports, options.output, worst_of(reports));
}

}  // namespace wsprobe::app
