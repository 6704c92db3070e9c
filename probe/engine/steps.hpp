// The steps of a scenario.
//
// They start in their order, each when those before it have ended, so that what the health document counted before the
// upgrade was counted before it. Upgrades are made together, except two that each want to be counted. A step that hangs
// must not take the others' time: after a while its successors start beside it, and experiments do not wait for it.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/redactor.hpp"
#include "core/report.hpp"
#include "engine/exchanges.hpp"
#include "net/changes.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::engine {

/// What a run wants to be told of its steps.
struct StepEvents {
  std::function<void(std::string_view name)> begins;
  std::function<void()> unexpected;  ///< a step ended, and not as expected
};

class Steps {
 public:
  /// All have to outlive this.
  Steps(const scenario::Scenario& scenario, Exchanges& exchanges, net::Changes& changed, const Redactor& redactor,
        StepEvents events);

  /// All of them, to their ends.
  net::awaitable<void> run();

  /// At least one has.
  [[nodiscard]] bool have_begun() const;
  [[nodiscard]] bool have_ended() const;
  /// Returns when all have ended.
  net::awaitable<void> wait();
  /// The same, but does not wait for steps that have been without an answer for long.
  net::awaitable<void> settle();

  /// As far as it is known now: a step that still waits for its answer is reported as what it would be if none came.
  /// Redacted; without verdicts.
  [[nodiscard]] std::vector<StepReport> reports() const;

 private:
  struct Step {
    StepReport report;
    exchange::ExchangeResult result;
    std::optional<TimePoint> began;
    bool ended = false;
  };

  net::awaitable<void> run_step(std::size_t at);
  net::awaitable<void> run_health(const scenario::HealthStep& step, Step& into);
  net::awaitable<void> run_http(const scenario::HttpStep& step, Step& into);
  net::awaitable<void> run_upgrade(const scenario::UpgradeStep& step, Step& into);
  net::awaitable<void> run_frontend(const scenario::FrontendStep& step, Step& into);

  [[nodiscard]] bool may_start(std::size_t at) const;
  [[nodiscard]] bool is_counted(const scenario::UpgradeStep& step) const;
  [[nodiscard]] bool hangs(const Step& step, TimePoint now) const;

  net::awaitable<void> count_during(ConnectionWitness& witness);
  net::awaitable<void> count_after(ConnectionWitness& witness);
  net::awaitable<std::optional<std::int64_t>> count_connections();

  const scenario::Scenario& scenario_;
  Exchanges& exchanges_;
  net::Changes& changed_;
  const Redactor& redactor_;
  StepEvents events_;
  Duration patience_;  // how long a step may keep the others waiting
  std::deque<Step> steps_;
  std::optional<std::int64_t> connections_before_;
};

/// How long an accepted invalid credential is given to be refused after all: an application that looks the token up
/// before it closes with 4401 must not pass for one that lets everybody in.
void await_refusal(exchange::UpgradeSpec& spec, Duration timeout);

/// Moves what came of an exchange into its report.
void take(exchange::ExchangeResult result, StepReport& report);

}  // namespace wsprobe::engine
