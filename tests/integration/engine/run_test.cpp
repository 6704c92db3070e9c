// run_scenario() against the embedded deployment and against peers that hang or that send back what they were sent.
#include "engine/run.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "demo/deployment.hpp"
#include "exporters/json.hpp"
#include "net/listener.hpp"
#include "net/tasks.hpp"
#include "support/run_task.hpp"

namespace wsprobe::engine {
namespace {

using demo::Deployment;
using demo::Incident;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr auto grace = milliseconds(250);  // what a run may take beyond its timeout

scenario::Url loopback(std::uint16_t port) {
  scenario::Url url;
  url.scheme = "ws";
  url.host = "127.0.0.1";
  url.port = port;
  url.port_given = true;
  return url;
}

scenario::UpgradeStep upgrade_step(const std::string& name, const Text& token, CredentialUse credential,
                                   Expected expected) {
  scenario::UpgradeStep step;
  step.name = name;
  step.path = "/api/ws";
  step.query = {{"token", token}};
  step.credential = credential;
  step.expect.answer = expected;
  return step;
}

/// Health, the valid upgrade (held, so that the witness counts) and the invalid one.
scenario::Scenario scenario_of(std::uint16_t port, const std::string& token) {
  scenario::Scenario scenario;
  scenario.name = "test";
  scenario.edge = loopback(port);
  const auto secret = std::make_shared<const Secret>("valid", token);
  scenario.secrets = {secret};
  scenario.valid.append(secret);
  scenario.invalid = "wsprobe-invalid-4f1c";
  scenario.steps.emplace_back(scenario::HealthStep{});
  scenario::UpgradeStep valid = upgrade_step("valid", scenario.valid, CredentialUse::valid, Expected::accepted);
  valid.ping = 1;
  valid.hold = milliseconds(1);
  scenario.steps.emplace_back(valid);
  scenario.steps.emplace_back(
      upgrade_step("invalid", scenario.invalid, CredentialUse::invalid, Expected::rejected_by_backend));
  return scenario;
}

struct Row {
  Incident incident;
  bool pass;
  CauseId cause;
  Fault fault;
  Emitter emitter;
};

class Incidents : public testing::TestWithParam<Row> {};

TEST_P(Incidents, AreNamed) {
  const Row& row = GetParam();
  asio::io_context context(1);
  const auto deployment = Deployment::start(context, row.incident);
  ASSERT_TRUE(deployment);
  scenario::Scenario scenario = scenario_of((*deployment)->proxy_port(), (*deployment)->token());
  scenario.direct = loopback((*deployment)->backend_port());
  net::Connector connector(context, {});
  const Report report = test::run_task(context, run_scenario(connector, scenario, {}));
  const std::string json = exporters::to_json(report);

  EXPECT_EQ(report.pass, row.pass) << json;
  EXPECT_EQ(name(report.verdict.cause), name(row.cause)) << json;
  EXPECT_EQ(name(report.verdict.fault), name(row.fault)) << json;
  EXPECT_EQ(name(report.verdict.emitter), name(row.emitter)) << json;
  EXPECT_FALSE(report.verdict.reasons.empty());
  EXPECT_FALSE(report.interrupted);
  EXPECT_LE(report.experiments.size(), 12U);
  EXPECT_THAT(json, Not(HasSubstr((*deployment)->token())));
  for (const StepReport& step : report.steps) EXPECT_EQ(step.as_expected, step.unmet.empty()) << step.name;
}

INSTANTIATE_TEST_SUITE_P(
    Demo, Incidents,
    testing::Values(
        Row{Incident::healthy, true, CauseId::healthy, Fault::none, Emitter::backend},
        Row{Incident::try_files, false, CauseId::proxy_rewrote_path, Fault::proxy, Emitter::backend},
        // The application answers an unknown route as it does a refused token: from outside the two are the same.
        Row{Incident::wrong_token, false, CauseId::undetermined, Fault::undetermined, Emitter::backend},
        Row{Incident::proxy_403, false, CauseId::proxy_denied, Fault::proxy, Emitter::proxy},
        Row{Incident::upgrade_stripped, false, CauseId::upgrade_stripped, Fault::proxy, Emitter::backend},
        Row{Incident::backend_down, false, CauseId::upstream_unreachable, Fault::backend, Emitter::proxy}),
    [](const auto& row) {
      std::string word(demo::name(row.param.incident));
      std::replace(word.begin(), word.end(), '-', '_');
      return word;
    });

TEST(Witness, CountsOurSocketWhileItIsHeld) {
  asio::io_context context(1);
  const auto deployment = Deployment::start(context, Incident::healthy);
  ASSERT_TRUE(deployment);
  const scenario::Scenario scenario = scenario_of((*deployment)->proxy_port(), (*deployment)->token());
  net::Connector connector(context, {});
  const Report report = test::run_task(context, run_scenario(connector, scenario, {}));
  ASSERT_EQ(report.steps.size(), 3U);
  ASSERT_TRUE(report.steps[1].witness);
  EXPECT_EQ(report.steps[1].witness->before, 0);
  EXPECT_EQ(report.steps[1].witness->during, 1);
  EXPECT_EQ(report.steps[1].witness->after, 0);
}

/// A server that reads what it is sent and does what the test says with it.
class Peers : public testing::Test {
 protected:
  void SetUp() override {
    auto bound = net::Listener::bind(context_, "127.0.0.1", 0);
    ASSERT_TRUE(bound) << describe(bound.error());
    listener_ = std::move(*bound);
  }

  /// Every request is answered by `answer` of its head; an empty answer is silence.
  void serve(std::function<std::string(const std::string& head)> answer) {
    answer_ = std::move(answer);
    net::spawn(context_, accept());
  }

  Report run(const scenario::Scenario& scenario) {
    return test::run_task(context_, run_scenario(connector_, scenario, {}));
  }

  asio::io_context context_{1};
  net::Connector connector_{context_, {}};
  std::unique_ptr<net::Listener> listener_;
  std::function<void()> on_request_;

 private:
  net::awaitable<void> accept() {
    while (auto stream = co_await listener_->accept()) net::spawn(context_, converse(std::move(*stream)));
  }

  net::awaitable<void> converse(net::StreamPtr stream) {
    const Deadline deadline = SteadyClock::now() + std::chrono::seconds(10);
    std::string head;
    std::array<std::byte, 4096> buffer{};
    while (head.find("\r\n\r\n") == std::string::npos) {
      const auto got = co_await stream->read_some(buffer, Phase::request, deadline);
      if (got.value_or(0) == 0) co_return;
      head.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
    if (on_request_) on_request_();
    const std::string bytes = answer_(head);
    if (bytes.empty()) {
      static_cast<void>(co_await stream->read_some(buffer, Phase::request, deadline));  // until the client goes
    } else {
      static_cast<void>(co_await stream->write(std::as_bytes(std::span(bytes)), Phase::response, deadline));
    }
    stream->close();
  }

  std::function<std::string(const std::string&)> answer_;
};

TEST_F(Peers, ASecretThatIsSentBackIsNowhereInTheReport) {
  const std::string token = "s3cret-T0ken-77";
  serve([&](const std::string&) {
    const std::string body = "{\"status\":\"" + token + "\",\"detail\":\"no " + token + "\"}";
    return "HTTP/1.1 403 no " + token + "\r\nLocation: /login?token=" + token + "\r\nX-Token: " + token +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  });
  const Report report = run(scenario_of(listener_->port(), token));
  const std::string json = exporters::to_json(report);
  EXPECT_THAT(json, Not(HasSubstr(token)));
  EXPECT_THAT(json, HasSubstr("[redacted:valid]"));
  EXPECT_FALSE(report.pass);
}

TEST_F(Peers, AHangingPeerDoesNotOutlastTheTimeout) {
  serve([](const std::string&) { return std::string(); });
  scenario::Scenario scenario = scenario_of(listener_->port(), "s3cret-T0ken-77");
  scenario.timeout = milliseconds(300);
  const TimePoint began = SteadyClock::now();
  const Report report = run(scenario);
  EXPECT_LT(SteadyClock::now() - began, scenario.timeout + grace);
  EXPECT_FALSE(report.pass);
  EXPECT_FALSE(report.interrupted);
  for (const StepReport& step : report.steps) {
    const auto* failed = std::get_if<Failed>(&step.outcome);
    ASSERT_NE(failed, nullptr) << step.name;
    EXPECT_EQ(name(failed->error.reason), "timeout_first_byte") << step.name;
  }
}

TEST_F(Peers, AHangingStepDoesNotTakeTheTimeOfTheOthers) {
  serve([](const std::string& head) {
    return head.starts_with("GET /api/system/health") ? std::string() : "HTTP/1.1 404 Not Found\r\n\r\n";
  });
  scenario::Scenario scenario = scenario_of(listener_->port(), "s3cret-T0ken-77");
  scenario.timeout = milliseconds(600);
  const Report report = run(scenario);
  ASSERT_EQ(report.steps.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<Failed>(report.steps[0].outcome));
  EXPECT_TRUE(std::holds_alternative<Rejected>(report.steps[1].outcome));
  EXPECT_TRUE(std::holds_alternative<Rejected>(report.steps[2].outcome));
}

TEST_F(Peers, ACancelledRunReturnsAtOnceWithWhatThereIs) {
  serve([](const std::string&) { return std::string(); });
  on_request_ = [this] { connector_.cancel(); };
  scenario::Scenario scenario = scenario_of(listener_->port(), "s3cret-T0ken-77");
  const TimePoint began = SteadyClock::now();
  const Report report = run(scenario);
  EXPECT_LT(SteadyClock::now() - began, std::chrono::seconds(2)) << "the timeout is ten seconds";
  EXPECT_TRUE(report.interrupted);
  EXPECT_FALSE(report.pass);
  EXPECT_EQ(report.steps.size(), 3U);
  EXPECT_TRUE(report.experiments.empty());
}

}  // namespace
}  // namespace wsprobe::engine
