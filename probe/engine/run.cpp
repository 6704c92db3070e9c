// Steps start in their order, each when the one before it has ended, so that what the health document counted before
// the upgrade was counted before it. A step that hangs must not take the others' time, though: after a while, its
// successor starts beside it. Then attribution looks at everything, says which experiments would tell more, and looks
// again.
#include "engine/run.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include <fmt/format.h>

#include "attribution/attribution.hpp"
#include "engine/expectations.hpp"
#include "engine/health.hpp"
#include "engine/redaction.hpp"
#include "engine/requests.hpp"
#include "net/event.hpp"
#include "net/tasks.hpp"

namespace wsprobe::engine {
namespace {

constexpr int most_rounds = 3;

/// How long an accepted invalid credential is given to be refused after all: an application that looks the token up
/// before it closes with 4401 must not pass for one that lets everybody in.
constexpr auto refusal_grace = std::chrono::seconds(1);

constexpr std::size_t most_experiments = 12;

using scenario::HealthStep;
using scenario::HttpStep;
using scenario::Scenario;
using scenario::UpgradeStep;

std::string make_nonce() {
  std::array<std::byte, 6> random{};
  net::random_bytes(random);
  std::string nonce = "wsprobe-control-";
  for (const std::byte byte : random) nonce += fmt::format("{:02x}", std::to_integer<int>(byte));
  return nonce;
}

bool was_cancelled(const StepReport& step) {
  const auto* failed = std::get_if<Failed>(&step.outcome);
  return failed != nullptr && failed->error.reason == Reason::cancelled;
}

/// How long a step may keep its successor waiting.
Duration patience_of(const Scenario& scenario) {
  const Duration share = scenario.timeout / static_cast<int>(scenario.steps.size() + 1);
  return std::min<Duration>(share, std::chrono::seconds(2));
}

std::string upstream_of(const Scenario& scenario) { return scenario.direct ? scenario.direct->authority() : ""; }

std::string target_of(const Scenario& scenario) {
  for (const scenario::Step& step : scenario.steps) {
    if (const auto* upgrade = std::get_if<UpgradeStep>(&step)) {
      scenario::Url url = scenario.edge;
      url.path = request_of(scenario, *upgrade).target.path;
      return url.display();
    }
  }
  return scenario.edge.display();
}

/// One run: what its coroutines share. Lives in run_scenario()'s frame, which outlives them all.
class Run {
 public:
  Run(net::Connector& connector, const Scenario& scenario, RunSettings settings)
      : connector_(connector), scenario_(scenario), settings_(std::move(settings)), nonce_(make_nonce()) {
    for (const SecretPtr& secret : scenario_.secrets) redactor_.add(secret);
  }

  net::awaitable<Report> run() {
    Report report;
    report.scenario = scenario_.name;
    report.target = target_of(scenario_);
    report.started_at = std::chrono::system_clock::now();
    const TimePoint started = SteadyClock::now();
    deadline_ = started + scenario_.timeout;

    co_await run_steps(report.steps);
    report.interrupted = std::any_of(report.steps.begin(), report.steps.end(), was_cancelled);
    attribution::Attribution attribution = attribute(report);
    const bool experimenting = settings_.experiments == Experiments::when_needed && scenario_.experiments;
    for (int round = 0; experimenting && !report.interrupted && round < most_rounds; ++round) {
      const std::vector<Experiment> next = choose(attribution.wanted, report.experiments);
      if (next.empty() || SteadyClock::now() >= deadline_) break;
      co_await run_experiments(next, report.experiments);
      attribution = attribute(report);
    }
    conclude(report, std::move(attribution));
    report.duration = SteadyClock::now() - started;
    co_return report;
  }

 private:
  attribution::Attribution attribute(const Report& report) const {
    return attribution::attribute({report.steps, report.experiments, upstream_of(scenario_)});
  }

  net::awaitable<void> run_steps(std::vector<StepReport>& reports) {
    const std::size_t count = scenario_.steps.size();
    reports.resize(count);
    std::deque<net::Event> ended;
    for (std::size_t at = 0; at < count; ++at) ended.emplace_back(connector_.context());
    std::vector<net::awaitable<void>> tasks;
    for (std::size_t at = 0; at < count; ++at) tasks.push_back(run_step(at, reports, ended));
    co_await net::run_all(std::move(tasks));
  }

  net::awaitable<void> run_step(std::size_t at, std::vector<StepReport>& reports, std::deque<net::Event>& ended) {
    const TimePoint latest_start = SteadyClock::now() + patience_of(scenario_) * static_cast<int>(at);
    if (at > 0) co_await ended[at - 1].wait(latest_start);
    const scenario::Step& step = scenario_.steps[at];
    StepReport& report = reports[at];
    if (const auto* health = std::get_if<HealthStep>(&step)) {
      co_await run_health(*health, report);
    } else if (const auto* http = std::get_if<HttpStep>(&step)) {
      co_await run_http(*http, report);
    } else if (const auto* upgrade = std::get_if<UpgradeStep>(&step)) {
      co_await run_upgrade(*upgrade, report);
    }
    redact(redactor_, report);
    ended[at].set();
  }

  net::awaitable<void> run_health(const HealthStep& step, StepReport& report) {
    report.name = step.name;
    report.kind = StepKind::health;
    report.expected = Expected::response;
    progress(step.name);
    take(co_await exchange::http_exchange(connector_, request_of(scenario_, step), deadline_), report);
    if (report.evidence.response) report.health = read_health(*report.evidence.response);
    if (report.health && !connections_before_) connections_before_ = report.health->active_connections;
    meet(report, unmet_by_health(report, step.expect));
  }

  net::awaitable<void> run_http(const HttpStep& step, StepReport& report) {
    report.name = step.name;
    report.kind = StepKind::http;
    report.expected = Expected::response;
    progress(step.name);
    take(co_await exchange::http_exchange(connector_, request_of(scenario_, step), deadline_), report);
    meet(report, unmet_by(report, step.expect));
  }

  net::awaitable<void> run_upgrade(const UpgradeStep& step, StepReport& report) {
    report.name = step.name;
    report.kind = StepKind::upgrade;
    report.credential = step.credential;
    report.expected = step.expect.answer;
    progress(step.name);
    exchange::UpgradeSpec spec = request_of(scenario_, step);
    if (step.credential == CredentialUse::invalid) await_refusal(spec);
    const HealthStep* counter = health_step_of(scenario_);
    const bool witnessed = counter != nullptr && step.hold > Duration::zero();
    ConnectionWitness witness{connections_before_, std::nullopt, std::nullopt};
    bool held = false;
    if (witnessed) {
      spec.while_held = [this, counter, &witness, &held]() -> net::awaitable<void> {
        held = true;
        witness.during = co_await count_connections(*counter);
      };
    }
    take(co_await exchange::upgrade_exchange(connector_, std::move(spec), deadline_), report);
    if (held) {
      witness.after = co_await count_after(*counter, witness.during);
      report.witness = witness;
    }
    // Who refused is judged in conclude(), when there is a verdict.
    scenario::UpgradeExpectation expect = step.expect;
    const bool refused_by_somebody =
        expect.answer == Expected::rejected_by_backend || expect.answer == Expected::rejected_by_proxy;
    if (refused_by_somebody) expect.answer = Expected::rejected;
    meet(report, unmet_by(report, expect));
  }

  void await_refusal(exchange::UpgradeSpec& spec) const {
    const Duration grace = std::min<Duration>(refusal_grace, scenario_.timeout / 4);
    spec.session.hold = std::max(spec.session.hold, grace);
  }

  /// An application notices the end of a socket in its own time: it is asked again while its count has not fallen.
  net::awaitable<std::optional<std::int64_t>> count_after(HealthStep step, std::optional<std::int64_t> during) {
    for (int again = 3;; --again) {
      const std::optional<std::int64_t> after = co_await count_connections(step);
      if (again == 0 || !after || !during || *after < *during) co_return after;
      co_await net::wait_until(std::min(deadline_, SteadyClock::now() + std::chrono::milliseconds(50)));
    }
  }

  net::awaitable<std::optional<std::int64_t>> count_connections(HealthStep step) {
    const exchange::ExchangeResult result =
        co_await exchange::http_exchange(connector_, request_of(scenario_, step), deadline_);
    if (!std::holds_alternative<Completed>(result.outcome)) co_return std::nullopt;
    co_return read_health(*result.evidence.response).active_connections;
  }

  /// The wanted experiments that were not made yet and can be made, within the bound of a run.
  std::vector<Experiment> choose(const std::vector<ExperimentKind>& wanted, const std::vector<StepReport>& made) {
    std::vector<Experiment> chosen;
    for (const ExperimentKind kind : wanted) {
      if (made.size() + chosen.size() >= most_experiments) break;
      if (!asked_.insert(kind).second) continue;
      if (auto experiment = make_experiment(scenario_, kind, nonce_)) chosen.push_back(std::move(*experiment));
    }
    return chosen;
  }

  net::awaitable<void> run_experiments(const std::vector<Experiment>& experiments, std::vector<StepReport>& reports) {
    progress("experiments");
    const std::size_t first = reports.size();
    reports.resize(first + experiments.size());
    std::vector<net::awaitable<void>> tasks;
    for (std::size_t at = 0; at < experiments.size(); ++at) {
      tasks.push_back(run_experiment(experiments[at], reports[first + at]));
    }
    co_await net::run_all(std::move(tasks));
  }

  net::awaitable<void> run_experiment(const Experiment& experiment, StepReport& report) {
    report.name = std::string(name(experiment.kind));
    report.experiment = experiment.kind;
    report.credential = experiment.credential;
    report.as_expected = true;
    if (const auto* upgrade = std::get_if<exchange::UpgradeSpec>(&experiment.request)) {
      report.kind = StepKind::upgrade;
      exchange::UpgradeSpec spec = *upgrade;
      if (experiment.credential == CredentialUse::invalid) await_refusal(spec);
      take(co_await exchange::upgrade_exchange(connector_, std::move(spec), deadline_), report);
    } else if (const auto* http = std::get_if<exchange::HttpSpec>(&experiment.request)) {
      report.kind = StepKind::http;
      take(co_await exchange::http_exchange(connector_, *http, deadline_), report);
      if (report.evidence.response) report.health = read_health(*report.evidence.response);
    }
    redact(redactor_, report);
  }

  void conclude(Report& report, attribution::Attribution attribution) const {
    for (std::size_t at = 0; at < report.steps.size(); ++at) {
      StepReport& step = report.steps[at];
      step.verdict = std::move(attribution.of_steps[at]);
      if (const auto* upgrade = std::get_if<UpgradeStep>(&scenario_.steps[at])) {
        meet(step, unmet_by(step, upgrade->expect));
        for (std::string& sentence : step.unmet) sentence = redactor_(sentence);
      }
    }
    for (std::size_t at = 0; at < report.experiments.size(); ++at) {
      report.experiments[at].verdict = std::move(attribution.of_experiments[at]);
    }
    report.pass = !report.interrupted && std::all_of(report.steps.begin(), report.steps.end(),
                                                     [](const StepReport& step) { return step.as_expected; });
    report.verdict = std::move(attribution.overall);
    if (!report.pass && report.verdict.cause == Cause(CauseId::healthy)) doubt(report);
  }

  /// Nothing is wrong as far as attribution can tell, and yet an expectation was not met: that is not "healthy".
  static void doubt(Report& report) {
    Verdict& verdict = report.verdict;
    verdict.emitter = Emitter::undetermined;
    verdict.fault = Fault::undetermined;
    verdict.cause = CauseId::undetermined;
    verdict.confidence = 0;
    verdict.summary = "The service answers, but not as the scenario expects";
    for (const StepReport& step : report.steps) {
      for (const std::string& sentence : step.unmet) {
        verdict.reasons.push_back({fmt::format("{}: {}", step.name, sentence), "undetermined", 0});
        verdict.summary += fmt::format("; {}: {}", step.name, sentence);
      }
    }
    verdict.summary += '.';
    verdict.remedy = "Compare the expectations of the scenario with what the service is meant to answer.";
  }

  static void take(exchange::ExchangeResult result, StepReport& report) {
    report.evidence = std::move(result.evidence);
    report.outcome = std::move(result.outcome);
  }

  static void meet(StepReport& report, std::vector<std::string> unmet) {
    report.unmet = std::move(unmet);
    report.as_expected = report.unmet.empty();
  }

  void progress(std::string_view what) const {
    if (settings_.on_progress) settings_.on_progress(what);
  }

  net::Connector& connector_;
  const Scenario& scenario_;
  RunSettings settings_;
  std::string nonce_;
  Redactor redactor_;
  Deadline deadline_;
  std::optional<std::int64_t> connections_before_;
  std::set<ExperimentKind> asked_;
};

}  // namespace

net::awaitable<Report> run_scenario(net::Connector& connector, const Scenario& scenario, RunSettings settings) {
  Run run(connector, scenario, std::move(settings));
  co_return co_await run.run();
}

}  // namespace wsprobe::engine
