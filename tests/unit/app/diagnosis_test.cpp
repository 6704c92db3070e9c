#include "app/diagnosis.hpp"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::app {
namespace {

using scenario::HealthStep;
using scenario::Scenario;
using scenario::UpgradeStep;
using testing::HasSubstr;
using testing::Not;

scenario::Environment environment(std::map<std::string, std::string> variables = {},
                                  std::map<std::string, std::string> files = {}) {
  scenario::Environment out;
  out.variable = [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  out.read_file = [files](const std::string& path) -> tl::expected<std::string, std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return tl::unexpected(std::string("no such file"));
    return found->second;
  };
  out.random_mark = [] { return std::string("wsprobe-invalid-0123456789abcdef"); };
  return out;
}

DiagnoseOptions options_for(const std::string& url) {
  DiagnoseOptions options;
  options.url_text = url;
  options.url = *scenario::parse_url(url, {"ws", "wss"});
  return options;
}

DirectOption direct_at(const std::string& url) { return {url, *scenario::parse_url(url, {"ws", "wss"})}; }

const SecretPtr token = std::make_shared<const Secret>("valid", "good-token");

Scenario made(const DiagnoseOptions& options, const SecretPtr& with = token) {
  auto scenario = make_diagnosis(options, with, environment());
  if (!scenario) {
    ADD_FAILURE() << scenario.error().message;
    return {};
  }
  return std::move(*scenario);
}

const UpgradeStep& upgrade(const Scenario& scenario, std::size_t at) {
  return std::get<UpgradeStep>(scenario.steps.at(at));
}

TEST(Diagnosis, AsksForHealthThenWithAValidThenWithAnInvalidToken) {
  const Scenario scenario = made(options_for("wss://h/api/ws?room=a%20b&v=1"));
  ASSERT_EQ(scenario.steps.size(), 3U);
  EXPECT_EQ(std::get<HealthStep>(scenario.steps[0]).path, "/api/system/health");
  EXPECT_EQ(upgrade(scenario, 1).name, "valid-token");
  EXPECT_EQ(upgrade(scenario, 1).expect.answer, Expected::accepted);
  EXPECT_EQ(upgrade(scenario, 1).ping, 1);
  EXPECT_EQ(upgrade(scenario, 2).name, "invalid-token");
  EXPECT_EQ(upgrade(scenario, 2).expect.answer, Expected::rejected);
  EXPECT_EQ(scenario.edge.display(), "wss://h/");

  const auto& query = upgrade(scenario, 1).query;
  ASSERT_EQ(query.size(), 3U);
  EXPECT_EQ(query[0].second.reveal(), "a b");
  EXPECT_EQ(query[2].first, "token");
  EXPECT_EQ(query[2].second.reveal(), "good-token");
  EXPECT_EQ(query[2].second.redacted(), "${valid}");
  EXPECT_EQ(upgrade(scenario, 2).query[2].second.reveal(), "wsprobe-invalid-0123456789abcdef");
  ASSERT_EQ(scenario.secrets.size(), 1U);
}

TEST(Diagnosis, WithoutATokenExpectsNothingOfTheFirstUpgrade) {
  const Scenario scenario = made(options_for("wss://h/ws"), nullptr);
  EXPECT_EQ(upgrade(scenario, 1).name, "no-token");
  EXPECT_EQ(upgrade(scenario, 1).expect.answer, Expected::anything);
  EXPECT_EQ(upgrade(scenario, 1).credential, CredentialUse::none);
  EXPECT_TRUE(upgrade(scenario, 1).query.empty());
}

TEST(Diagnosis, PutsTheTokenWhereTheApplicationLooks) {
  DiagnoseOptions options = options_for("wss://h/ws");
  options.token_place = {TokenPlace::Kind::header, "Authorization"};
  EXPECT_EQ(upgrade(made(options), 1).headers.front().second.reveal(), "Bearer good-token");
  options.token_place = {TokenPlace::Kind::header, "X-Token"};
  EXPECT_EQ(upgrade(made(options), 1).headers.front().second.reveal(), "good-token");
  options.token_place = {TokenPlace::Kind::cookie, "sid"};
  EXPECT_EQ(upgrade(made(options), 1).headers.front().first, "Cookie");
  EXPECT_EQ(upgrade(made(options), 1).headers.front().second.redacted(), "sid=${valid}");
  options.token_place = {TokenPlace::Kind::subprotocol, "bearer"};
  const Scenario offered_beside = made(options);
  ASSERT_EQ(upgrade(offered_beside, 1).subprotocols.size(), 2U);
  EXPECT_EQ(upgrade(offered_beside, 1).subprotocols[1].reveal(), "good-token");
  options.token_place = {TokenPlace::Kind::subprotocol, "bearer."};
  const Scenario joined = made(options);
  ASSERT_EQ(upgrade(joined, 1).subprotocols.size(), 1U);
  EXPECT_EQ(upgrade(joined, 1).subprotocols[0].reveal(), "bearer.good-token");
}

TEST(Diagnosis, RefusesATokenInTheUrl) {
  for (const char* url : {"wss://h/ws?token=hunter2", "wss://h/ws?a=1&access_token=hunter2"}) {
    const auto scenario = make_diagnosis(options_for(url), token, environment());
    ASSERT_FALSE(scenario) << url;
    EXPECT_EQ(scenario.error().message, "a token in the URL can be read by others on this machine");
    EXPECT_THAT(scenario.error().help, HasSubstr("--token-env"));
    EXPECT_THAT(scenario.error().help, Not(HasSubstr("hunter2")));
  }
}

TEST(Diagnosis, RefusesAHeaderInTheTokensPlace) {
  DiagnoseOptions options = options_for("wss://h/ws");
  options.token_place = {TokenPlace::Kind::header, "X-Token"};
  options.probe.headers = {{"x-token", "hunter2"}};
  EXPECT_EQ(make_diagnosis(options, token, environment()).error().message,
            "--header: `x-token` would take the place of the token");
  options.token_place = {TokenPlace::Kind::cookie, "sid"};
  options.probe.headers = {{"Cookie", "a=b"}};
  EXPECT_FALSE(make_diagnosis(options, token, environment()));
}

TEST(Diagnosis, DirectIsTheServiceWithoutThePath) {
  for (const char* direct : {"ws://10.0.0.5:8000", "ws://10.0.0.5:8000/api/ws"}) {
    DiagnoseOptions options = options_for("wss://h/api/ws");
    options.direct = {direct_at(direct)};
    EXPECT_EQ(made(options).direct->display(), "ws://10.0.0.5:8000/");
  }
  DiagnoseOptions options = options_for("wss://h/api/ws");
  options.direct = {direct_at("ws://10.0.0.5:8000/ws")};
  EXPECT_FALSE(make_diagnosis(options, token, environment()));
}

TEST(Diagnosis, SeveralDirectsAreHopsAndTheLastIsTheApplication) {
  DiagnoseOptions options = options_for("wss://h/api/ws");
  options.direct = {direct_at("ws://outer:1"), direct_at("ws://inner:2/api/ws"), direct_at("ws://app:3")};
  options.witnesses = {{"/var/log/a.log", {}, LogOwner::proxy}};
  options.probe.resolve = scenario::Resolve::all;
  const Scenario scenario = made(options);
  ASSERT_EQ(scenario.hops.size(), 2U);
  EXPECT_EQ(scenario.hops[0].display(), "ws://outer:1/");
  EXPECT_EQ(scenario.hops[1].display(), "ws://inner:2/");
  EXPECT_EQ(scenario.direct->display(), "ws://app:3/");
  EXPECT_EQ(scenario.witnesses.front().owner, LogOwner::proxy);
  EXPECT_EQ(scenario.resolve, scenario::Resolve::all);

  options.direct[1] = direct_at("ws://inner:2/ws");
  EXPECT_EQ(make_diagnosis(options, token, environment()).error().value, "ws://inner:2/ws");
}

TEST(Diagnosis, OwnInvalidTokenIsUsed) {
  DiagnoseOptions options = options_for("wss://h/ws");
  options.invalid_token = "wrong";
  EXPECT_EQ(upgrade(made(options), 2).query.front().second.reveal(), "wrong");
}

TEST(ReadToken, ComesFromAFileWithoutItsLineEnd) {
  DiagnoseOptions options;
  options.token_file = "/run/token";
  const auto read = read_token(options, environment({}, {{"/run/token", "good-token\n"}}));
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)->reveal(), "good-token");
  EXPECT_EQ((*read)->name(), "valid");
}

TEST(ReadToken, ComesFromAVariable) {
  DiagnoseOptions options;
  options.token_variable = "T";
  EXPECT_EQ((*read_token(options, environment({{"T", "good-token"}})))->reveal(), "good-token");
  const auto missing = read_token(options, environment());
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("T"));
  EXPECT_EQ(missing.error().option, "--token-env");
}

TEST(ReadToken, IsNullWhereNoneIsNamed) { EXPECT_EQ(*read_token(DiagnoseOptions{}, environment()), nullptr); }

TEST(NoteMissingToken, SaysWhatWasNotTested) {
  Report report;
  note_missing_token(report);
  EXPECT_TRUE(report.verdict.reasons.empty());
  EXPECT_THAT(report.notes, testing::ElementsAre(HasSubstr("not tested")));
}

}  // namespace
}  // namespace wsprobe::app
