// What steps and experiments send: an experiment changes one thing, and leaves the credential where it belongs.
#include "engine/requests.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace wsprobe::engine {
namespace {

constexpr const char* nonce = "wsprobe-control-1";
constexpr const char* token = "t0ken/+ &%";

Text secret(const std::string& name, const std::string& value) {
  Text text;
  text.append(std::make_shared<const Secret>(name, value));
  return text;
}

scenario::UpgradeStep upgrade_step(const Text& credential, CredentialUse use) {
  scenario::UpgradeStep step;
  step.path = "/ws";
  step.query = {{"token", credential}, {"room", "a b"}};
  step.headers = {{"X-Env", "latest-tests"}, {"Host", "edge.test"}, {"origin", "https://old.test"}};
  step.credential = use;
  return step;
}

scenario::Scenario scenario_of(scenario::UpgradeStep step) {
  scenario::Scenario scenario;
  scenario.edge.scheme = "wss";
  scenario.edge.host = "api.test";
  scenario.edge.port = 443;
  scenario.edge.path = "/api/";
  scenario.valid = secret("valid", token);
  scenario.invalid = "test";
  scenario.steps.emplace_back(std::move(step));
  return scenario;
}

scenario::Scenario valid_scenario() { return scenario_of(upgrade_step(secret("valid", token), CredentialUse::valid)); }

exchange::UpgradeSpec base() {
  const scenario::Scenario scenario = valid_scenario();
  return request_of(scenario, std::get<scenario::UpgradeStep>(scenario.steps[0]));
}

exchange::UpgradeSpec experiment(const scenario::Scenario& scenario, ExperimentKind kind) {
  const auto made = make_experiment(scenario, kind, nonce);
  return made ? std::get<exchange::UpgradeSpec>(made->request) : exchange::UpgradeSpec{};
}

/// Everything a spec sends, as text.
std::string sent(const exchange::UpgradeSpec& spec) {
  std::string out = spec.target.host_field + " " + spec.target.path + "?" + spec.target.query.reveal() + "\n";
  for (const wire::RequestField& field : spec.fields) out += field.name + ": " + field.value.reveal() + "\n";
  for (const Text& protocol : spec.subprotocols) out += protocol.reveal() + "\n";
  for (const exchange::MessageSpec& message : spec.session.messages) out += message.send->reveal() + "\n";
  return out + spec.websocket_version;
}

TEST(RequestOf, JoinsPathsAndEncodesTheQuery) {
  const exchange::UpgradeSpec spec = base();
  EXPECT_EQ(spec.target.path, "/api/ws");
  EXPECT_EQ(spec.target.query.reveal(), "token=t0ken%2F%2B%20%26%25&room=a%20b");
  EXPECT_EQ(spec.target.query.redacted(), "token=${valid}&room=a%20b");
  EXPECT_EQ(spec.target.host_field, "edge.test") << "a Host header replaces the URL's";
}

TEST(RequestOf, AHostHeaderNeverCarriesASecret) {
  scenario::UpgradeStep step = upgrade_step(secret("valid", token), CredentialUse::valid);
  step.headers = {{"Host", secret("valid", token)}};
  EXPECT_EQ(request_of(valid_scenario(), step).target.host_field, "${valid}");
}

TEST(RequestOf, AnOriginReplacesTheOneAmongTheHeaders) {
  scenario::UpgradeStep step = upgrade_step(secret("valid", token), CredentialUse::valid);
  step.origin = "https://new.test";
  const exchange::UpgradeSpec spec = request_of(valid_scenario(), step);
  ASSERT_EQ(spec.fields.size(), 2U);
  EXPECT_EQ(spec.fields[1].name, "Origin");
  EXPECT_EQ(spec.fields[1].value.reveal(), "https://new.test");
}

TEST(NoCredential, LeavesOutTheCredentialAndNothingElse) {
  exchange::UpgradeSpec expected = base();
  expected.target.query = "room=a%20b";
  EXPECT_EQ(sent(experiment(valid_scenario(), ExperimentKind::no_credential)), sent(expected));
}

TEST(NoCredential, FindsALiteralInvalidOneAsAWholeTokenOnly) {
  scenario::UpgradeStep step = upgrade_step("test", CredentialUse::invalid);
  step.headers.emplace_back("Authorization", "Bearer test");
  step.subprotocols = {"chat", "test"};
  const exchange::UpgradeSpec spec = experiment(scenario_of(step), ExperimentKind::no_credential);
  EXPECT_EQ(spec.target.query.reveal(), "room=a%20b");
  ASSERT_EQ(spec.fields.size(), 2U) << sent(spec);
  EXPECT_EQ(spec.fields[0].value.reveal(), "latest-tests");
  ASSERT_EQ(spec.subprotocols.size(), 1U);
  EXPECT_EQ(spec.subprotocols[0].reveal(), "chat");
}

TEST(NoCredential, AWordThatIsAlsoTheInvalidCredentialStaysInAValidRequest) {
  scenario::UpgradeStep step = upgrade_step(secret("valid", token), CredentialUse::valid);
  step.headers.emplace_back("X-Stage", "test");
  const exchange::UpgradeSpec spec = experiment(scenario_of(step), ExperimentKind::no_credential);
  ASSERT_EQ(spec.fields.size(), 3U) << sent(spec);
  EXPECT_EQ(spec.fields[2].value.reveal(), "test");
}

TEST(NoCredential, IsNotForACredentialThatIsSentAsAMessage) {
  scenario::UpgradeStep step = upgrade_step("x", CredentialUse::valid);
  step.messages.push_back({secret("valid", token), {}});
  EXPECT_FALSE(make_experiment(scenario_of(step), ExperimentKind::no_credential, nonce));
}

TEST(Experiments, ChangeOneThing) {
  const scenario::Scenario scenario = valid_scenario();
  exchange::UpgradeSpec other_path = base();
  other_path.target.path = std::string("/api/") + nonce;
  EXPECT_EQ(sent(experiment(scenario, ExperimentKind::control_path)), sent(other_path));

  exchange::UpgradeSpec other_version = base();
  other_version.websocket_version = "99";
  EXPECT_EQ(sent(experiment(scenario, ExperimentKind::websocket_version)), sent(other_version));

  exchange::UpgradeSpec invalid = base();
  invalid.target.query = "token=test&room=a%20b";
  EXPECT_EQ(sent(experiment(scenario, ExperimentKind::invalid_again)), sent(invalid));
}

TEST(Experiments, OverHttp2AskTheSameAndAPing) {
  scenario::Scenario scenario = valid_scenario();
  std::get<scenario::UpgradeStep>(scenario.steps[0]).hold = std::chrono::seconds(3);
  const auto made = over_http2(scenario);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->kind, ExperimentKind::http2_websocket);
  EXPECT_EQ(made->credential, CredentialUse::valid);
  const auto& spec = std::get<exchange::UpgradeSpec>(made->request);
  EXPECT_EQ(sent(spec), sent(base()));
  EXPECT_EQ(spec.session.pings, 1);
  EXPECT_EQ(spec.session.hold, Duration::zero()) << "the application counts sockets";
}

TEST(Experiments, OverHttp2NoPingWhereARefusalIsExpected) {
  scenario::Scenario scenario = valid_scenario();
  std::get<scenario::UpgradeStep>(scenario.steps[0]).expect.answer = Expected::rejected;
  EXPECT_EQ(std::get<exchange::UpgradeSpec>(over_http2(scenario)->request).session.pings, 0);
}

TEST(Experiments, OverHttp2NeedTlsAndACredentialThatIsNotTheInvalidOne) {
  scenario::Scenario plain = valid_scenario();
  plain.edge.scheme = "ws";
  EXPECT_FALSE(over_http2(plain));
  EXPECT_FALSE(over_http2(scenario_of(upgrade_step(Text("test"), CredentialUse::invalid))));
  scenario::Scenario none = valid_scenario();
  none.steps.clear();
  EXPECT_FALSE(over_http2(none));
}

TEST(Experiments, NeedSomethingToVary) {
  const scenario::Scenario scenario = valid_scenario();
  for (const ExperimentKind kind :
       {ExperimentKind::direct_valid, ExperimentKind::direct_invalid, ExperimentKind::direct_health}) {
    EXPECT_FALSE(make_experiment(scenario, kind, nonce)) << name(kind) << " without a direct address";
  }
  scenario::Scenario without_upgrade = scenario;
  without_upgrade.steps = {scenario::HealthStep{}};
  EXPECT_FALSE(make_experiment(without_upgrade, ExperimentKind::plain_get, nonce));
}

}  // namespace
}  // namespace wsprobe::engine
