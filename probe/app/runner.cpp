#include "app/runner.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>
#include <utility>

#include "app/exit_codes.hpp"
#include "app/progress.hpp"
#include "net/tasks.hpp"

namespace wsprobe::app {
namespace {

net::awaitable<void> probe(net::Connector& connector, const scenario::Scenario& scenario, engine::RunSettings settings,
                           Progress& progress, Report& report) {
  settings.on_progress = [&progress](std::string_view what) { progress.now(what); };
  report = co_await engine::run_scenario(connector, scenario, std::move(settings));
  progress.finish();
}

net::awaitable<void> probe_and_stop(net::Connector& connector, const scenario::Scenario& scenario,
                                    engine::RunSettings settings, Progress& progress, Report& report) {
  std::vector<net::awaitable<void>> tasks;
  tasks.push_back(probe(connector, scenario, std::move(settings), progress, report));
  tasks.push_back(progress.show());
  co_await net::run_all(std::move(tasks));
  connector.context().stop();
}

}  // namespace

RunResult run_to_end(asio::io_context& context, const scenario::Scenario& scenario, const net::ConnectSettings& connect,
                     engine::Experiments experiments, engine::Spares spares) {
  RunResult result;
  engine::RunSettings settings;
  settings.experiments = experiments;
  settings.spares = spares;
  net::Connector connector(context, connect);
  Progress progress(context, scenario.name);
  // Gone before the report is written: a signal during that ends the process in the ordinary way.
  const net::Signals signals(context, {SIGINT, SIGTERM}, [&](int signal) {
    if (result.signal != 0) _exit(static_cast<int>(exit_code_of_signal(signal)));
    result.signal = signal;
    connector.cancel();
  });
  net::spawn(context, probe_and_stop(connector, scenario, std::move(settings), progress, result.report));
  context.run();
  return result;
}

}  // namespace wsprobe::app
