// Steps, then rounds of experiments: attribution looks at everything, says which experiments would tell more, and looks
// again. A step without an answer does not hold the experiments up; what it is in the end is what counts.
//
// Over a long path a run costs round trips, and most of those are handshakes. So the connections of the steps are
// opened together, and spare ones for experiments as soon as something is not as expected.
#include "engine/run.hpp"

#include <algorithm>
#include <set>

#include "attribution/attribution.hpp"
#include "attribution/transports.hpp"
#include "engine/connections.hpp"
#include "engine/expectations.hpp"
#include "engine/health.hpp"
#include "engine/judgement.hpp"
#include "engine/redaction.hpp"
#include "engine/requests.hpp"
#include "engine/steps.hpp"
#include "engine/witnesses.hpp"
#include "net/changes.hpp"
#include "net/tasks.hpp"

namespace wsprobe::engine {
namespace {

constexpr int most_rounds = 3;

/// Extra exchanges of a run, whatever happens.
constexpr std::size_t most_experiments = 12;

/// Exchanges with an invalid credential, those of the steps included: some applications lock out who fails often.
constexpr std::size_t most_invalid = 3;

/// Connections to the edge, and to the application itself, that wait for experiments.
constexpr std::size_t most_spares = 8;
constexpr std::size_t most_direct_spares = 2;

/// Steps whose connections are opened at the start; those of later ones would have to lie waiting for long.
constexpr std::size_t most_early_steps = 4;

using scenario::Scenario;
using scenario::UpgradeStep;

bool was_cancelled(const StepReport& step) {
  const auto* failed = std::get_if<Failed>(&step.outcome);
  return failed != nullptr && failed->error.reason == Reason::cancelled;
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

net::Authority authority_of(const scenario::Url& url) {
  return {url.secure() ? net::Security::tls : net::Security::plain, url.host, url.port};
}

/// Connections for the steps that run first and, where a socket will be held, for counting it during and after.
std::size_t early_connections(const Scenario& scenario) {
  std::size_t count = std::min(scenario.steps.size(), most_early_steps);
  if (health_step_of(scenario) == nullptr) return count;
  for (const scenario::Step& step : scenario.steps) {
    const auto* upgrade = std::get_if<UpgradeStep>(&step);
    if (upgrade == nullptr || upgrade->hold == Duration::zero()) continue;
    return count + (upgrade->hold < Connections::longest_wait / 2 ? 2 : 1);
  }
  return count;
}

/// The exchange over HTTP/2: not made, or already in the report; or on its way there.
enum class OverHttp2 : std::uint8_t { nothing, under_way, ended };

/// One run: what its coroutines share. Lives in run_scenario()'s frame, which outlives them all.
class Run {
 public:
  Run(net::Connector& connector, const Scenario& scenario, RunSettings settings)
      : scenario_(scenario),
        settings_(std::move(settings)),
        experiments_(std::min(settings_.experiments, scenario_.experiments)),
        started_(SteadyClock::now()),
        mark_(make_mark()),
        nonce_("wsprobe-control-" + mark_),
        witnesses_(scenario_, mark_, nonce_, redactor_),
        changed_(connector.context()),
        connections_(connector),
        exchanges_(connections_, changed_, mark_, started_ + scenario_.timeout - witnesses_.share()),
        steps_(scenario_, exchanges_, changed_, redactor_,
               {[this](std::string_view name) { progress(name); }, [this] { open_spares(); }}) {
    for (const SecretPtr& secret : scenario_.secrets) redactor_.add(secret);
  }

  net::awaitable<Report> run() {
    report_.scenario = scenario_.name;
    report_.labels = scenario_.labels;
    report_.target = target_of(scenario_);
    report_.upstream = upstream_of(scenario_);
    report_.started_at = std::chrono::system_clock::now();
    if (!witnesses_.empty()) co_await witnesses_.open(deadline());
    open_connections();

    std::vector<net::awaitable<void>> tasks;
    tasks.push_back(steps_.run());
    tasks.push_back(run_rounds());
    tasks.push_back(ask_other_addresses());
    tasks.push_back(ask_over_http2());
    co_await net::run_all(std::move(tasks));
    co_await connections_.close();
    if (!at_addresses_.empty()) {
      std::move(at_addresses_.begin(), at_addresses_.end(), std::back_inserter(report_.experiments));
      co_await look_again();
    }
    conclude();
    report_.duration = SteadyClock::now() - started_;
    co_return std::move(report_);
  }

 private:
  [[nodiscard]] Deadline deadline() const { return started_ + scenario_.timeout; }

  void open_connections() {
    const net::Authority edge = authority_of(scenario_.edge);
    connections_.prepare(edge, early_connections(scenario_), OpenedFor::step, exchanges_.deadline());
    if (settings_.spares == Spares::from_the_start) open_spares();
  }

  /// As many as the experiments that may still come can use.
  void open_spares() {
    if (experiments_ == Experiments::never) return;
    const std::size_t left = most_experiments - report_.experiments.size();
    const std::size_t unused_by_steps = steps_.have_begun() ? 0 : early_connections(scenario_);
    connections_.prepare(authority_of(scenario_.edge), unused_by_steps + std::min(left, most_spares), OpenedFor::spare,
                         exchanges_.deadline());
    if (scenario_.direct) {
      connections_.prepare(authority_of(*scenario_.direct), std::min(left, most_direct_spares), OpenedFor::spare,
                           exchanges_.deadline());
    }
  }

  /// Asks attribution what else to try and tries it, until nothing is wanted and every step has ended.
  net::awaitable<void> run_rounds() {
    // Whoever remembers earlier runs wants to see all of this one first, and is in no hurry.
    if (settings_.settled) {
      co_await steps_.wait();
      co_await wait_for_http2();
    }
    for (int round = 0;;) {
      co_await steps_.settle();
      const bool final = steps_.have_ended();
      take_over_http2();
      co_await look_again();
      if (final && round == 0 && settings_.settled && settings_.settled(report_.steps, attribution_)) co_return;
      const bool going_on = experiments_ != Experiments::never && !report_.interrupted && round < most_rounds &&
                            SteadyClock::now() < exchanges_.deadline();
      const std::vector<Experiment> next = going_on ? choose() : std::vector<Experiment>();
      if (!next.empty()) {
        ++round;
        co_await run_experiments(next);
      } else if (!final) {
        co_await steps_.wait();
      } else if (over_http2_ == OverHttp2::under_way) {
        co_await wait_for_http2();
      } else if (over_http2_ == OverHttp2::nothing) {
        co_return;
      }
    }
  }

  /// Whether the edge offers HTTP/2, and WebSocket over it, is found out beside the steps. The WebSocket itself waits
  /// for their end: the health document counts sockets, and may not count this one.
  net::awaitable<void> ask_over_http2() {
    const std::optional<Experiment> experiment = engine::over_http2(scenario_);
    const bool wanted = scenario_.over_http2 == scenario::OverHttp2::as_browsers_do;
    if (!wanted || !experiment || experiments_ == Experiments::never) co_return;
    over_http2_ = OverHttp2::under_way;
    bool late = false;
    exchange::BeforeAsking before_asking = [this, &late]() -> net::awaitable<exchange::Ask> {
      const TimePoint begun = SteadyClock::now();
      co_await steps_.settle();
      late = SteadyClock::now() - begun > Connections::longest_wait;
      co_return late ? exchange::Ask::not_on_this_connection : exchange::Ask::now;
    };
    const auto& spec = std::get<exchange::UpgradeSpec>(experiment->request);
    exchange::ExchangeResult result;
    net::awaitable<void> exchange = exchanges_.upgrade_over_http2(spec, result, before_asking);
    co_await std::move(exchange);
    if (late || exchange::may_be_asked_again(result)) {
      result = {};
      net::awaitable<void> again = exchanges_.upgrade_over_http2(spec, result, {});
      co_await std::move(again);
    }
    describe(*experiment, http2_report_);
    take(std::move(result), http2_report_);
    redact(redactor_, http2_report_, mark_);
    over_http2_ = OverHttp2::ended;
    changed_.tell();
  }

  net::awaitable<void> wait_for_http2() {
    while (over_http2_ == OverHttp2::under_way) co_await changed_.wait(TimePoint::max());
  }

  void take_over_http2() {
    if (over_http2_ != OverHttp2::ended) return;
    report_.experiments.push_back(std::move(http2_report_));
    over_http2_ = OverHttp2::nothing;
  }

  /// Every other address of the name, where the scenario asks for it: beside the experiments and not counted as one.
  net::awaitable<void> ask_other_addresses() {
    const std::optional<std::size_t> base = base_step_of(scenario_);
    if (scenario_.resolve != scenario::Resolve::all || !base) co_return;
    co_await steps_.settle();
    const Evidence evidence = steps_.reports()[*base].evidence;
    std::vector<std::string> others;
    for (const std::string& address : evidence.resolved) {
      const bool connected = !evidence.address.empty();
      if (connected && address != evidence.address) others.push_back(address);
    }
    const std::vector<Experiment> experiments = at_each_address(scenario_, others);
    at_addresses_.resize(experiments.size());
    std::vector<net::awaitable<void>> tasks;
    for (std::size_t at = 0; at < experiments.size(); ++at) {
      tasks.push_back(ask_address(experiments[at], std::get<UpgradeStep>(scenario_.steps[*base]), at_addresses_[at]));
    }
    co_await net::run_all(std::move(tasks));
  }

  net::awaitable<void> ask_address(const Experiment& experiment, const UpgradeStep& step, StepReport& report) {
    co_await run_experiment(experiment, report);
    report.unmet = unmet_by(report, before_verdict(step.expect));
    report.as_expected = report.unmet.empty();
  }

  net::awaitable<void> look_again() {
    report_.steps = steps_.reports();
    report_.interrupted = std::any_of(report_.steps.begin(), report_.steps.end(), was_cancelled);
    if (!witnesses_.empty()) co_await witnesses_.collect(report_, deadline());
    attribution_ =
        attribution::attribute({report_.steps, report_.experiments, report_.upstream, report_.witnesses, nullptr});
  }

  [[nodiscard]] std::size_t invalid_so_far() const {
    const auto is_invalid = [](const StepReport& step) { return step.credential == CredentialUse::invalid; };
    return static_cast<std::size_t>(std::count_if(report_.steps.begin(), report_.steps.end(), is_invalid) +
                                    std::count_if(report_.experiments.begin(), report_.experiments.end(), is_invalid));
  }

  /// The wanted experiments that were not made yet and can be made, within the bounds of a run.
  std::vector<Experiment> choose() {
    std::vector<Experiment> chosen;
    const std::size_t made = report_.experiments.size() + (over_http2_ == OverHttp2::nothing ? 0 : 1);
    std::size_t invalid = invalid_so_far();
    const std::size_t invalid_allowed = experiments_ == Experiments::gentle ? 0 : most_invalid;
    if (!scenario_.hops.empty() && wants_hops()) chosen = at_each_hop(scenario_);
    for (const ExperimentKind kind : attribution_.wanted) {
      if (made + chosen.size() >= most_experiments) break;
      if (asked_.contains(kind)) continue;
      auto experiment = make_experiment(scenario_, kind, nonce_);
      if (!experiment) continue;
      if (experiment->credential == CredentialUse::invalid && ++invalid > invalid_allowed) continue;
      asked_.insert(kind);
      chosen.push_back(std::move(*experiment));
    }
    return chosen;
  }

  /// Once, where the upgrade that ought to work does not.
  bool wants_hops() {
    const std::optional<std::size_t> base = base_step_of(scenario_);
    if (!base || report_.steps[*base].as_expected || !asked_.insert(ExperimentKind::hop_valid).second) return false;
    auto& wanted = attribution_.wanted;
    if (std::find(wanted.begin(), wanted.end(), ExperimentKind::direct_valid) == wanted.end()) {
      wanted.insert(wanted.begin(), ExperimentKind::direct_valid);
    }
    return true;
  }

  net::awaitable<void> run_experiments(const std::vector<Experiment>& experiments) {
    progress("experiments");
    const std::size_t first = report_.experiments.size();
    report_.experiments.resize(first + experiments.size());
    std::vector<net::awaitable<void>> tasks;
    for (std::size_t at = 0; at < experiments.size(); ++at) {
      tasks.push_back(run_experiment(experiments[at], report_.experiments[first + at]));
    }
    tasks.push_back(open_more_spares());
    co_await net::run_all(std::move(tasks));
  }

  /// For the next round, beside this one, whose experiments have taken theirs by now.
  net::awaitable<void> open_more_spares() {
    open_spares();
    co_return;
  }

  static void describe(const Experiment& experiment, StepReport& report) {
    const bool upgrade = std::holds_alternative<exchange::UpgradeSpec>(experiment.request);
    report.name = std::string(name(experiment.kind));
    report.kind = upgrade ? StepKind::upgrade : StepKind::http;
    report.experiment = experiment.kind;
    report.credential = experiment.credential;
    report.hop = experiment.hop;
    report.as_expected = true;
  }

  net::awaitable<void> run_experiment(const Experiment& experiment, StepReport& report) {
    describe(experiment, report);
    exchange::ExchangeResult result;
    if (const auto* upgrade = std::get_if<exchange::UpgradeSpec>(&experiment.request)) {
      exchange::UpgradeSpec spec = *upgrade;
      if (experiment.credential == CredentialUse::invalid) await_refusal(spec, scenario_.timeout);
      net::awaitable<void> exchange = exchanges_.upgrade(std::move(spec), result);
      co_await std::move(exchange);
    } else if (const auto* http = std::get_if<exchange::HttpSpec>(&experiment.request)) {
      net::awaitable<void> exchange = exchanges_.get(*http, result);
      co_await std::move(exchange);
      if (result.evidence.response) report.health = read_health(*result.evidence.response);
    }
    take(std::move(result), report);
    redact(redactor_, report, mark_);
  }

  /// The upgrade over HTTP/2 is no less wanted than the step that it repeats, where the edge offers it.
  void hold_against_step(StepReport& made) {
    const std::size_t base = *base_step_of(scenario_);
    const auto& http2 = made.evidence.http2;
    if (!report_.steps[base].as_expected || !http2 || !http2->connect_protocol) return;
    if (attribution::was_cut_short(made, report_.steps[base])) return;
    made.unmet = unmet_by(made, before_verdict(std::get<UpgradeStep>(scenario_.steps[base]).expect));
    made.as_expected = made.unmet.empty();
  }

  void conclude() {
    for (std::size_t at = 0; at < report_.steps.size(); ++at) {
      StepReport& step = report_.steps[at];
      step.verdict = attribution_.of_steps[at];
      if (const auto* upgrade = std::get_if<UpgradeStep>(&scenario_.steps[at])) {
        step.unmet = unmet_by(step, upgrade->expect);
        step.as_expected = step.unmet.empty();
        for (std::string& sentence : step.unmet) sentence = redactor_(sentence);
      }
    }
    for (StepReport& made : report_.experiments) {
      if (made.experiment == ExperimentKind::http2_websocket) hold_against_step(made);
    }
    const auto as_expected = [](const StepReport& step) { return step.as_expected; };
    report_.pass = !report_.interrupted && std::all_of(report_.steps.begin(), report_.steps.end(), as_expected) &&
                   std::all_of(report_.experiments.begin(), report_.experiments.end(), as_expected);
    give_verdicts(report_, std::move(attribution_));
  }

  void progress(std::string_view what) const {
    if (settings_.on_progress) settings_.on_progress(what);
  }

  const Scenario& scenario_;
  RunSettings settings_;
  Experiments experiments_;
  TimePoint started_;
  std::string mark_;
  std::string nonce_;
  Redactor redactor_;
  Witnesses witnesses_;
  net::Changes changed_;
  Connections connections_;
  Exchanges exchanges_;
  Steps steps_;
  Report report_;
  attribution::Attribution attribution_;
  std::set<ExperimentKind> asked_;
  std::vector<StepReport> at_addresses_;
  OverHttp2 over_http2_ = OverHttp2::nothing;
  StepReport http2_report_;
};

}  // namespace

net::awaitable<Report> run_scenario(net::Connector& connector, const Scenario& scenario, RunSettings settings) {
  Run run(connector, scenario, std::move(settings));
  co_return co_await run.run();
}

}  // namespace wsprobe::engine
