// Scenarios run again and again, and what is known of each.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/report.hpp"
#include "monitor/diagnosis_memory.hpp"
#include "monitor/schedule.hpp"
#include "monitor/vantage.hpp"
#include "net/asio.hpp"
#include "net/connector.hpp"
#include "net/event.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::monitor {

using ScenarioPtr = std::shared_ptr<const scenario::Scenario>;

/// What is known of one scenario.
struct ScenarioState {
  ScenarioPtr scenario;
  /// The last run, slimmed; null before the first has ended.
  std::shared_ptr<const Report> last;
  WallTime changed_at{};     ///< when the present state began
  std::uint64_t streak = 0;  ///< runs in the present state
};

enum class Change : std::uint8_t { none, first, changed };

class Observer {
 public:
  virtual ~Observer() = default;
  /// A run begins, so much later than planned.
  virtual void began(Duration lag) = 0;
  /// A run ended, and `state` tells of it. `change`: whether it passed, or who is at fault and why, is not as before.
  virtual void ended(const ScenarioState& state, const Report& report, Change change) = 0;
};

struct MonitorSettings {
  net::ConnectSettings connect;
  std::vector<Neighbour> neighbours;
  std::size_t concurrency = 256;  ///< runs at the same time
};

class Monitor {
 public:
  /// The observer has to outlive this.
  Monitor(asio::io_context& context, MonitorSettings settings, Observer& observer);

  /// What is to be run from now on, by unique names. One that asks the same target the same things as before keeps its
  /// state.
  void set(std::vector<ScenarioPtr> scenarios);

  /// Begins runs until stop().
  net::awaitable<void> run();
  void stop();
  /// After stop(): returns when what is running has ended; at `deadline` it is cut off.
  net::awaitable<void> drain(Deadline deadline);

  /// One run beside the schedule, with experiments where they are needed; state and history do not see it.
  net::awaitable<Report> probe(ScenarioPtr scenario, std::function<void(std::string_view)> on_progress);

  /// By name.
  [[nodiscard]] const std::map<std::string, ScenarioState>& states() const { return states_; }
  [[nodiscard]] const Schedule& schedule() const { return schedule_; }
  [[nodiscard]] std::size_t running() const { return running_; }

 private:
  net::awaitable<void> run_once(Due due, ScenarioPtr scenario, std::shared_ptr<DiagnosisMemory> memory);
  void take_in(const ScenarioPtr& scenario, const Report& report);
  void start_due();

  asio::io_context& context_;
  MonitorSettings settings_;
  Observer& observer_;
  net::Connector connector_;
  Vantage vantage_;
  Schedule schedule_;
  std::map<std::string, ScenarioState> states_;
  std::map<std::string, std::shared_ptr<DiagnosisMemory>> memories_;
  Allowance diagnoses_{20, std::chrono::milliseconds(500)};  // of all scenarios together
  net::Event wake_;
  net::Event idle_;
  std::size_t running_ = 0;
  bool stopped_ = false;
};

/// The report without experiments, bodies, fields and certificates: what is kept of every scenario all the time. The
/// history has the whole.
[[nodiscard]] Report slimmed(const Report& report);

/// Whether the one's results can be told as the other's: same name, same target, steps of the same names.
[[nodiscard]] bool is_continuation(const scenario::Scenario& one, const scenario::Scenario& other);

/// Whether both tell the same: passed, or failed with the same emitter, fault and cause.
[[nodiscard]] bool is_same_state(const Report& left, const Report& right);

}  // namespace wsprobe::monitor
