// run_scenario(): the steps of a scenario, the experiments its answers call for, and the report.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/report.hpp"
#include "net/connector.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::engine {

enum class Experiments : std::uint8_t {
  when_needed,  ///< while something is not as expected or not settled
  never,
};

struct RunSettings {
  Experiments experiments = Experiments::when_needed;
  /// Told before each exchange begins; for progress on a terminal.
  std::function<void(std::string_view what)> on_progress;
};

/// Runs the scenario once. Steps run in their order (a hanging one does not hold up the next for more than two
/// seconds), experiments together. Everything is over by the scenario's
/// timeout. Never throws;
/// after connector.cancel() it returns at once with what there is and `interrupted` set. All text of the peer in the
/// report is redacted of the scenario's secrets.
net::awaitable<Report> run_scenario(net::Connector& connector, const scenario::Scenario& scenario,
                                    RunSettings settings);

}  // namespace wsprobe::engine
