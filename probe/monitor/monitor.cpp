#include "monitor/monitor.hpp"

#include <algorithm>
#include <utility>

#include "engine/run.hpp"
#include "net/tasks.hpp"
#include "scenario/loader.hpp"
#include "scenario/mark.hpp"

namespace wsprobe::monitor {

Report slimmed(const Report& report) {
  Report slim = report;
  slim.experiments.clear();
  slim.experiments.shrink_to_fit();
  for (StepReport& step : slim.steps) {
    Evidence& evidence = step.evidence;
    evidence.request.fields = {};
    evidence.tls.reset();
    evidence.unparsed = {};
    if (!evidence.response) continue;
    evidence.response->head.raw = {};
    evidence.response->head.fields = {};
    evidence.response->body = {};
  }
  return slim;
}

bool is_same_state(const Report& left, const Report& right) {
  if (left.pass != right.pass) return false;
  return left.pass || (left.verdict.emitter == right.verdict.emitter && left.verdict.fault == right.verdict.fault &&
                       left.verdict.cause == right.verdict.cause);
}

bool is_continuation(const scenario::Scenario& one, const scenario::Scenario& other) {
  const auto name_of = [](const scenario::Step& step) {
    return std::visit([](const auto& any) { return any.name; }, step);
  };
  return one.name == other.name && one.edge.display() == other.edge.display() &&
         std::equal(
             one.steps.begin(), one.steps.end(), other.steps.begin(), other.steps.end(),
             [&](const scenario::Step& left, const scenario::Step& right) { return name_of(left) == name_of(right); });
}

Monitor::Monitor(asio::io_context& context, MonitorSettings settings, Observer& observer)
    : context_(context),
      settings_(std::move(settings)),
      observer_(observer),
      connector_(context, settings_.connect),
      vantage_(connector_, settings_.neighbours),
      schedule_(SteadyClock::now()),
      wake_(context),
      idle_(context) {}

void Monitor::set(std::vector<ScenarioPtr> scenarios) {
  std::map<std::string, ScenarioState> states;
  std::map<std::string, std::shared_ptr<DiagnosisMemory>> memories;
  std::vector<Period> periods;
  for (ScenarioPtr& scenario : scenarios) {
    const std::string name = scenario->name;
    periods.push_back({name, scenario->every});
    const auto known = states_.find(name);
    if (known != states_.end() && is_continuation(*known->second.scenario, *scenario)) {
      states.insert(states_.extract(known));
      states[name].scenario = std::move(scenario);
      memories.insert(memories_.extract(name));
    } else {
      states[name].scenario = std::move(scenario);
      memories[name] = std::make_shared<DiagnosisMemory>(diagnoses_);
    }
  }
  states_ = std::move(states);
  memories_ = std::move(memories);
  schedule_.set(periods, SteadyClock::now());
  wake_.set();
}

net::awaitable<void> Monitor::run() {
  while (!stopped_) {
    wake_.clear();
    start_due();
    const bool is_full = running_ >= settings_.concurrency;
    const TimePoint next = is_full ? TimePoint::max() : schedule_.next();
    co_await wake_.wait(next);
  }
}

void Monitor::start_due() {
  while (running_ < settings_.concurrency) {
    auto due = schedule_.take(SteadyClock::now());
    if (!due) return;
    const ScenarioPtr scenario = states_.at(due->name).scenario;
    ++running_;
    net::spawn(context_, run_once(std::move(*due), scenario, memories_.at(scenario->name)));
  }
}

net::awaitable<void> Monitor::run_once(Due due, ScenarioPtr scenario, std::shared_ptr<DiagnosisMemory> memory) {
  observer_.began(SteadyClock::now() - due.planned);
  const scenario::Scenario marked = scenario::with_mark(*scenario, scenario::Environment::of_process().random_mark());
  engine::RunSettings run_settings;
  run_settings.settled = [&memory](std::span<const StepReport> steps, attribution::Attribution& found) {
    return memory->settled(steps, found, SteadyClock::now());
  };
  Report report = co_await engine::run_scenario(connector_, marked, std::move(run_settings));
  memory->learn(report, SteadyClock::now());
  if (memory->recalled()) {
    report.notes.emplace_back(
        "The verdict is that of an earlier run with experiments, whose steps were answered alike.");
  }
  vantage_.note(report, SteadyClock::now());
  if (!report.interrupted && never_arrived(report)) {
    const Standing standing = co_await vantage_.judge(report.scenario, SteadyClock::now());
    blame_vantage(report, standing);
  }
  --running_;
  schedule_.finished(due.name);
  if (!report.interrupted) take_in(scenario, report);
  wake_.set();
  if (running_ == 0) idle_.set();
}

void Monitor::take_in(const ScenarioPtr& scenario, const Report& report) {
  const auto known = states_.find(scenario->name);
  // It may have been replaced or removed while it ran.
  if (known == states_.end() || !is_continuation(*known->second.scenario, *scenario)) return;
  ScenarioState& state = known->second;
  Change change = Change::none;
  if (!state.last) {
    change = Change::first;
  } else if (!is_same_state(*state.last, report)) {
    change = Change::changed;
  }
  if (change != Change::none) {
    state.changed_at = report.started_at;
    state.streak = 0;
  }
  ++state.streak;
  state.last = std::make_shared<const Report>(slimmed(report));
  observer_.ended(state, report, change);
}

void Monitor::stop() {
  stopped_ = true;
  wake_.set();
}

net::awaitable<void> Monitor::drain(Deadline deadline) {
  idle_.clear();
  if (running_ > 0) co_await idle_.wait(deadline);
  if (running_ == 0) co_return;
  connector_.cancel();
  idle_.clear();
  co_await idle_.wait(SteadyClock::now() + std::chrono::seconds(1));
}

net::awaitable<Report> Monitor::probe(ScenarioPtr scenario, std::function<void(std::string_view)> on_progress) {
  const scenario::Scenario marked = scenario::with_mark(*scenario, scenario::Environment::of_process().random_mark());
  engine::RunSettings run_settings;
  run_settings.on_progress = std::move(on_progress);
  ++running_;
  Report report = co_await engine::run_scenario(connector_, marked, std::move(run_settings));
  --running_;
  if (running_ == 0) idle_.set();
  wake_.set();
  co_return report;
}

}  // namespace wsprobe::monitor
