// What a run costs its peer: connections, invalid credentials, and what becomes of a step that hangs.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/run.hpp"
#include "peer.hpp"
#include "support/run_task.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Report run(asio::io_context& context, const scenario::Scenario& scenario, engine::RunSettings settings = {}) {
  net::Connector connector(context, {});
  return run_task(context, engine::run_scenario(connector, scenario, std::move(settings)));
}

std::size_t with_invalid_token(const Peer& peer) {
  return static_cast<std::size_t>(std::count_if(peer.heads.begin(), peer.heads.end(), [](const std::string& head) {
    return head.find("wsprobe-invalid-4f1c") != std::string::npos;
  }));
}

std::string refuse_all(const std::string& head) {
  return is_upgrade(head) ? with_status("403 Forbidden") : with_status("404 Not Found");
}

TEST(Connections, AHealthyRunOpensNoneThatItDoesNotUse) {
  asio::io_context context(1);
  Peer peer(context, well);
  const Report report = run(context, scenario_with_token(peer.url()));
  EXPECT_TRUE(report.pass) << report.verdict.summary;
  EXPECT_EQ(peer.connections, peer.heads.size());
}

TEST(Connections, OfOneWhoWaitsAreThereBeforeTheyAreNeeded) {
  asio::io_context context(1);
  Peer peer(context, well);
  engine::RunSettings settings;
  settings.spares = engine::Spares::from_the_start;
  const Report report = run(context, scenario_with_token(peer.url()), settings);
  EXPECT_TRUE(report.pass) << report.verdict.summary;
  const std::size_t of_steps = 2;
  const std::size_t of_counts = 2;  // while the socket is held, and after
  EXPECT_EQ(peer.connections, of_steps + of_counts + 8);
  EXPECT_LT(peer.heads.size(), peer.connections);
}

TEST(Connections, ThatThePeerHasClosedMeanwhileAreNotUsed) {
  asio::io_context context(1);
  Peer peer(context,
            [&](const std::string& head) { return head.find("health") != std::string::npos ? "" : refuse_all(head); });
  peer.patience = 50ms;
  scenario::Scenario scenario = usual_scenario(peer.url());
  scenario.timeout = 2s;
  const Report report = run(context, scenario);
  for (const std::size_t at : {1U, 2U}) EXPECT_EQ(name(report.steps[at].outcome), "rejected") << at;
  for (const StepReport& made : report.experiments) {
    EXPECT_FALSE(std::holds_alternative<Failed>(made.outcome)) << made.name;
  }
}

TEST(Connections, CostAsMuchTimeAsTheirOpeningTookWhereverTheyWaited) {
  asio::io_context context(1);
  Peer peer(context, refuse_all);
  const Report report = run(context, usual_scenario(peer.url()));
  for (const StepReport& step : report.steps) {
    Duration sum = step.evidence.times.unattributed();
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
      sum += step.evidence.times.duration(static_cast<Phase>(phase)).value_or(Duration{});
    }
    EXPECT_EQ(sum, step.evidence.times.total()) << step.name;
    EXPECT_GE(step.evidence.times.unattributed(), Duration{}) << step.name;
    EXPECT_TRUE(step.evidence.times.duration(Phase::connect)) << step.name;
  }
}

TEST(InvalidCredentials, AreSentThreeTimesAtMost) {
  asio::io_context context(1);
  Peer peer(context, refuse_all);
  const Report report = run(context, usual_scenario(peer.url()));
  EXPECT_FALSE(report.experiments.empty());
  EXPECT_LE(with_invalid_token(peer), 3U);
}

TEST(InvalidCredentials, AreSentByTheStepAloneWhereExperimentsAreGentle) {
  asio::io_context context(1);
  Peer peer(context, refuse_all);
  scenario::Scenario scenario = usual_scenario(peer.url());
  scenario.experiments = scenario::Experiments::gentle;
  const Report report = run(context, scenario);
  EXPECT_FALSE(report.experiments.empty());
  EXPECT_EQ(with_invalid_token(peer), 1U);
}

TEST(AHangingUpgrade, LeavesTimeForExperiments) {
  asio::io_context context(1);
  Peer peer(context, [](const std::string& head) { return is_upgrade(head) ? std::string() : well(head); });
  scenario::Scenario scenario = usual_scenario(peer.url());
  scenario.timeout = 2s;
  const Report report = run(context, scenario);
  EXPECT_EQ(name(report.verdict.cause), "timeout_first_byte");
  const auto plain = std::find_if(report.experiments.begin(), report.experiments.end(),
                                  [](const StepReport& made) { return made.experiment == ExperimentKind::plain_get; });
  ASSERT_NE(plain, report.experiments.end());
  EXPECT_EQ(name(plain->outcome), "completed");
}

TEST(AHangingUpgrade, IsReportedAsItEndedAndNotAsItWasTakenFor) {
  asio::io_context context(1);
  Peer peer(context, [](const std::string& head) { return is_upgrade(head) ? std::string() : well(head); });
  scenario::Scenario scenario = usual_scenario(peer.url());
  scenario.timeout = 1200ms;
  const Report report = run(context, scenario);
  for (const std::size_t at : {1U, 2U}) EXPECT_GE(report.steps[at].evidence.times.total(), 1s) << at;
}

TEST(EveryRequest, CarriesTheMarkOfTheRunAndANumberOfItsOwn) {
  asio::io_context context(1);
  Peer peer(context, refuse_all);
  static_cast<void>(run(context, usual_scenario(peer.url())));
  std::vector<std::string> agents;
  for (const std::string& head : peer.heads) agents.push_back(field_of(head, "User-Agent"));
  for (const std::string& agent : agents) {
    EXPECT_THAT(agent, testing::MatchesRegex("wsprobe/.* \\(run [0-9a-f]{12}-[0-9]{3}\\)"));
    EXPECT_EQ(agent.substr(0, agent.size() - 5), agents.front().substr(0, agent.size() - 5));
  }
  std::sort(agents.begin(), agents.end());
  EXPECT_EQ(std::adjacent_find(agents.begin(), agents.end()), agents.end());
}

}  // namespace
}  // namespace wsprobe::test
