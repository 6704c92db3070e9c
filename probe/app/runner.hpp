// A scenario run from start to end on this thread, with the signals and the progress line that go with it.
#pragma once

#include "core/report.hpp"
#include "engine/run.hpp"
#include "net/asio.hpp"
#include "net/connector.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::app {

struct RunResult {
  Report report;
  int signal = 0;  ///< the one that stopped it, or 0
};

/// Runs the scenario on `context`, which may have other work, and stops the context when it is over. SIGINT and SIGTERM
/// end the run with what there is; the second one ends the process. `spares`: see engine::RunSettings.
[[nodiscard]] RunResult run_to_end(asio::io_context& context, const scenario::Scenario& scenario,
                                   const net::ConnectSettings& connect, engine::Experiments experiments,
                                   engine::Spares spares = engine::Spares::when_needed);

}  // namespace wsprobe::app
