#include "engine/steps.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "engine/expectations.hpp"
#include "engine/frontend.hpp"
#include "engine/health.hpp"
#include "engine/http_values.hpp"
#include "engine/redaction.hpp"
#include "engine/requests.hpp"
#include "net/tasks.hpp"

namespace wsprobe::engine {
namespace {

using scenario::FrontendStep;
using scenario::HealthStep;
using scenario::HttpStep;
using scenario::Scenario;
using scenario::UpgradeStep;

constexpr auto refusal_grace = std::chrono::seconds(1);

/// An application notices a socket, and the end of one, in its own time.
constexpr auto time_to_notice = std::chrono::milliseconds(50);

/// To a peer that is so far away, the question how many sockets there are is sent so long after our close frame, rather
/// than a round trip later when its echo has come.
constexpr auto far_away = std::chrono::milliseconds(20);
constexpr auto head_start = std::chrono::milliseconds(10);

Duration patience_of(const Scenario& scenario) {
  const Duration share = scenario.timeout / static_cast<int>(scenario.steps.size() + 1);
  return std::min<Duration>(share, std::chrono::seconds(2));
}

void meet(StepReport& report, std::vector<std::string> unmet) {
  report.unmet = std::move(unmet);
  report.as_expected = report.unmet.empty();
}

void shorten_body(Response& response) {
  constexpr std::size_t kept = wire::DecoderLimits{}.body_kept;
  if (response.body.size() > kept) response.body.resize(kept);
}

bool rose(const ConnectionWitness& witness) {
  return witness.during && (!witness.before || *witness.during > *witness.before);
}

/// The phase that was begun and has not ended.
Phase phase_under_way(const Timeline& times) {
  for (std::size_t at = 0; at < phase_count; ++at) {
    const auto phase = static_cast<Phase>(at);
    const Span& span = times.span(phase);
    if (span.begin && !span.end) return phase;
  }
  return Phase::connect;
}

}  // namespace

Steps::Steps(const Scenario& scenario, Exchanges& exchanges, net::Changes& changed, const Redactor& redactor,
             StepEvents events)
    : scenario_(scenario),
      exchanges_(exchanges),
      changed_(changed),
      redactor_(redactor),
      events_(std::move(events)),
      patience_(patience_of(scenario)),
      steps_(scenario.steps.size()) {
  struct Describe {
    StepReport& report;
    void operator()(const HealthStep& step) const { describe(step.name, StepKind::health, Expected::response); }
    void operator()(const HttpStep& step) const { describe(step.name, StepKind::http, Expected::response); }
    void operator()(const FrontendStep& step) const { describe(step.name, StepKind::frontend, Expected::response); }
    void operator()(const UpgradeStep& step) const {
      describe(step.name, StepKind::upgrade, step.expect.answer);
      report.credential = step.credential;
    }
    void describe(const std::string& name, StepKind kind, Expected expected) const {
      report.name = name;
      report.kind = kind;
      report.expected = expected;
    }
  };
  for (std::size_t at = 0; at < steps_.size(); ++at) std::visit(Describe{steps_[at].report}, scenario_.steps[at]);
}

net::awaitable<void> Steps::run() {
  std::vector<net::awaitable<void>> tasks;
  for (std::size_t at = 0; at < steps_.size(); ++at) tasks.push_back(run_step(at));
  co_await net::run_all(std::move(tasks));
}

net::awaitable<void> Steps::run_step(std::size_t at) {
  const TimePoint latest_start = SteadyClock::now() + patience_ * static_cast<int>(at);
  while (!may_start(at) && SteadyClock::now() < latest_start) co_await changed_.wait(latest_start);
  Step& into = steps_[at];
  into.began = SteadyClock::now();
  if (events_.begins) events_.begins(into.report.name);
  changed_.tell();
  const scenario::Step& step = scenario_.steps[at];
  if (const auto* health = std::get_if<HealthStep>(&step)) {
    co_await run_health(*health, into);
  } else if (const auto* http = std::get_if<HttpStep>(&step)) {
    co_await run_http(*http, into);
  } else if (const auto* upgrade = std::get_if<UpgradeStep>(&step)) {
    co_await run_upgrade(*upgrade, into);
  } else if (const auto* frontend = std::get_if<FrontendStep>(&step)) {
    co_await run_frontend(*frontend, into);
  }
  redact(redactor_, into.report, exchanges_.mark());
  into.ended = true;
  if (!into.report.as_expected && events_.unexpected) events_.unexpected();
  changed_.tell();
}

bool Steps::may_start(std::size_t at) const {
  const auto* upgrade = std::get_if<UpgradeStep>(&scenario_.steps[at]);
  for (std::size_t before = 0; before < at; ++before) {
    if (steps_[before].ended) continue;
    const auto* other = std::get_if<UpgradeStep>(&scenario_.steps[before]);
    const bool beside = upgrade != nullptr && other != nullptr && !(is_counted(*upgrade) && is_counted(*other));
    if (!beside || !steps_[before].began) return false;
  }
  return true;
}

/// `active_connections` is asked for while the step's socket is held.
bool Steps::is_counted(const UpgradeStep& step) const {
  return step.hold > Duration::zero() && health_step_of(scenario_) != nullptr;
}

bool Steps::hangs(const Step& step, TimePoint now) const {
  const Evidence& evidence = step.result.evidence;
  return step.began && !step.ended && now >= *step.began + patience_ && !evidence.response && !evidence.session;
}

bool Steps::have_begun() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const Step& step) { return step.began.has_value(); });
}

bool Steps::have_ended() const {
  return std::all_of(steps_.begin(), steps_.end(), [](const Step& step) { return step.ended; });
}

net::awaitable<void> Steps::wait() {
  while (!have_ended()) co_await changed_.wait(TimePoint::max());
}

net::awaitable<void> Steps::settle() {
  for (;;) {
    const TimePoint now = SteadyClock::now();
    TimePoint look_again = TimePoint::max();
    bool settled = true;
    for (const Step& step : steps_) {
      if (step.ended || hangs(step, now)) continue;
      settled = false;
      if (step.began && now < *step.began + patience_) look_again = std::min(look_again, *step.began + patience_);
    }
    if (settled) co_return;
    co_await changed_.wait(look_again);
  }
}

std::vector<StepReport> Steps::reports() const {
  std::vector<StepReport> reports;
  for (const Step& step : steps_) {
    StepReport& report = reports.emplace_back(step.report);
    if (step.ended) continue;
    report.evidence = step.result.evidence;
    const Phase phase = phase_under_way(report.evidence.times);
    report.evidence.times.finish(SteadyClock::now());
    report.outcome = Failed{make_error(phase, timeout_in(phase))};
    redact(redactor_, report, exchanges_.mark());
  }
  return reports;
}

net::awaitable<void> Steps::run_health(const HealthStep& step, Step& into) {
  net::awaitable<void> exchange = exchanges_.get(request_of(scenario_, step), into.result);
  co_await std::move(exchange);
  StepReport& report = into.report;
  take(std::move(into.result), report);
  if (report.evidence.response) report.health = read_health(*report.evidence.response);
  if (report.health && !connections_before_) connections_before_ = report.health->active_connections;
  meet(report, unmet_by_health(report, step.expect));
}

net::awaitable<void> Steps::run_http(const HttpStep& step, Step& into) {
  net::awaitable<void> exchange = exchanges_.get(request_of(scenario_, step), into.result);
  co_await std::move(exchange);
  StepReport& report = into.report;
  take(std::move(into.result), report);
  std::vector<std::string> unmet = unmet_by(report, step.expect);
  ReadValues read = read_values(report, step.values, step.expect.statuses);
  std::move(read.unmet.begin(), read.unmet.end(), std::back_inserter(unmet));
  report.values = std::move(read.values);
  std::vector<std::string> out_of_bounds = unmet_by(report.values, step.expect.values);
  std::move(out_of_bounds.begin(), out_of_bounds.end(), std::back_inserter(unmet));
  // Read, a long document is no more worth keeping than any other.
  if (auto& response = report.evidence.response) shorten_body(*response);
  meet(report, std::move(unmet));
}

net::awaitable<void> Steps::run_upgrade(const UpgradeStep& step, Step& into) {
  exchange::UpgradeSpec spec = request_of(scenario_, step);
  if (step.credential == CredentialUse::invalid) await_refusal(spec, scenario_.timeout);
  ConnectionWitness witness{connections_before_, std::nullopt, std::nullopt};
  bool held = false;
  bool counted_after = false;
  if (is_counted(step)) {
    spec.while_held = [this, &witness, &held]() -> net::awaitable<void> {
      held = true;
      co_await count_during(witness);
    };
    spec.while_closing = [this, &witness, &held, &counted_after, &into]() -> net::awaitable<void> {
      if (!held || into.result.evidence.times.duration(Phase::connect).value_or(Duration{}) < far_away) co_return;
      counted_after = true;
      co_await net::wait_until(SteadyClock::now() + head_start);
      co_await count_after(witness);
    };
  }
  net::awaitable<void> exchange = exchanges_.upgrade(std::move(spec), into.result);
  co_await std::move(exchange);
  take(std::move(into.result), into.report);
  if (held) {
    if (!counted_after) co_await count_after(witness);
    into.report.witness = witness;
  }
  meet(into.report, unmet_by(into.report, before_verdict(step.expect)));
}

net::awaitable<void> Steps::run_frontend(const FrontendStep& step, Step& into) {
  StepReport& report = into.report;
  net::awaitable<void> visit = follow_browser(scenario_, step, exchanges_, into.result, report.frontend);
  co_await std::move(visit);
  take(std::move(into.result), report);
  if (auto& response = report.evidence.response) shorten_body(*response);
  if (report.frontend) {
    meet(report, unmet_by_frontend(scenario_, *report.frontend));
  } else {
    const auto* failed = std::get_if<Failed>(&report.outcome);
    meet(report, {fmt::format("the page cannot be had: {}",
                              failed != nullptr ? sentence(failed->error.reason) : "it has no address")});
  }
}

/// Counts once no other upgrade is under way whose socket could be taken for ours.
net::awaitable<void> Steps::count_during(ConnectionWitness& witness) {
  const TimePoint until = SteadyClock::now() + patience_;
  while (exchanges_.upgrades_under_way() > 1 && SteadyClock::now() < until) co_await changed_.wait(until);
  witness.during = co_await count_connections();
  if (!witness.during || rose(witness)) co_return;
  co_await net::wait_until(std::min(exchanges_.deadline(), SteadyClock::now() + time_to_notice));
  witness.during = co_await count_connections();
}

/// A count that never rose says nothing by not falling, and is not waited for.
net::awaitable<void> Steps::count_after(ConnectionWitness& witness) {
  for (int again = rose(witness) ? 3 : 0;; --again) {
    witness.after = co_await count_connections();
    if (again == 0 || !witness.after || *witness.after < *witness.during) co_return;
    co_await net::wait_until(std::min(exchanges_.deadline(), SteadyClock::now() + time_to_notice));
  }
}

net::awaitable<std::optional<std::int64_t>> Steps::count_connections() {
  exchange::ExchangeResult result;
  net::awaitable<void> exchange = exchanges_.get(request_of(scenario_, *health_step_of(scenario_)), result);
  co_await std::move(exchange);
  if (!std::holds_alternative<Completed>(result.outcome)) co_return std::nullopt;
  co_return read_health(*result.evidence.response).active_connections;
}

void await_refusal(exchange::UpgradeSpec& spec, Duration timeout) {
  const Duration grace = std::min<Duration>(refusal_grace, timeout / 4);
  spec.session.hold = std::max(spec.session.hold, grace);
}

void take(exchange::ExchangeResult result, StepReport& report) {
  report.evidence = std::move(result.evidence);
  report.outcome = std::move(result.outcome);
}

}  // namespace wsprobe::engine
