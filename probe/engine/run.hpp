// run_scenario(): the steps of a scenario, the experiments its answers call for, and the report.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "attribution/attribution.hpp"
#include "core/report.hpp"
#include "net/connector.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::engine {

using scenario::Experiments;

/// When connections are opened that experiments may need.
enum class Spares : std::uint8_t {
  when_needed,     ///< as soon as a step is not as expected: a healthy run opens none
  from_the_start,  ///< for somebody who waits
};

struct RunSettings {
  Experiments experiments = Experiments::when_needed;  ///< the scenario may allow less
  Spares spares = Spares::when_needed;
  /// Told before each exchange begins; for progress on a terminal.
  std::function<void(std::string_view what)> on_progress;
  /// For a caller that remembers earlier runs: asked once, after the steps. True: no experiments now; `found` may have
  /// been replaced by what an earlier run found when the steps were answered alike. Empty: never settled.
  std::function<bool(std::span<const StepReport> steps, attribution::Attribution& found)> settled;
};

/// Runs the scenario once: its steps (engine/steps.hpp), then at most twelve experiments in at most three rounds, those
/// of a round together. At most three exchanges carry an invalid credential, those of the steps included, unless the
/// steps alone are more. Everything is over by the scenario's timeout. Never throws; after connector.cancel() it
/// returns at once with what there is and `interrupted` set. All text of the peer in the report is redacted of the
/// scenario's secrets.
net::awaitable<Report> run_scenario(net::Connector& connector, const scenario::Scenario& scenario,
                                    RunSettings settings);

}  // namespace wsprobe::engine
