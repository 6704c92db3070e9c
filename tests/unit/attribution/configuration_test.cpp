// What a configuration foretells, held against what was seen: only the very cause confirms, only a request that came
// past clears, and everything else stays open.
#include "attribution/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::attribution {
namespace {

using testing::HasSubstr;

/// A run of one upgrade with the valid credential, and a configuration with findings.
struct World {
  explicit World(int status, bool as_expected = false) {
    StepReport& step = report.steps.emplace_back();
    step.kind = StepKind::upgrade;
    step.credential = CredentialUse::valid;
    step.as_expected = as_expected;
    step.outcome = Completed{};
    if (status != 0) step.evidence.response.emplace().head.status = status;
    step.verdict.emplace();
  }

  World& saw(CauseId cause, Emitter emitter = Emitter::undetermined, double confidence = 0.95) {
    for (Verdict* verdict : {&*report.steps.front().verdict, &report.verdict}) {
      verdict->cause = cause;
      verdict->emitter = emitter;
      verdict->confidence = confidence;
    }
    return *this;
  }

  World& finds(CauseId cause, std::string only_if = {}, FindingSeverity severity = FindingSeverity::error) {
    ConfigurationFinding& finding = configuration.findings.emplace_back();
    finding.cause = cause;
    finding.only_if = std::move(only_if);
    finding.severity = severity;
    finding.at = {"Caddyfile", 4, 2, {}, {}};
    return *this;
  }

  const ConfigurationFinding& judged(std::size_t index = 0) {
    hold_against(configuration, report);
    return configuration.findings.at(index);
  }

  Report report;
  Configuration configuration;
};

TEST(Configuration, TheVeryCauseConfirms) {
  World world(403);
  world.saw(CauseId::proxy_rewrote_path).finds(CauseId::proxy_rewrote_path);
  EXPECT_EQ(world.judged().state, FindingState::confirmed);
  EXPECT_THAT(world.judged().evidence, HasSubstr("proxy_rewrote_path (95 % sure)"));
}

TEST(Configuration, AnotherCauseLeavesItOpen) {
  World world(403);
  world.saw(CauseId::proxy_denied).finds(CauseId::upgrade_stripped);
  EXPECT_EQ(world.judged().state, FindingState::undecided);
  EXPECT_THAT(world.judged().evidence, HasSubstr("proxy_denied instead"));
}

TEST(Configuration, WhatACdnWritesIsNotThisProxys) {
  World world(403);
  world.saw(CauseId::proxy_denied, Emitter::cdn).finds(CauseId::proxy_denied);
  EXPECT_NE(world.judged().state, FindingState::confirmed);
}

TEST(Configuration, ACertainFindingLeavesNothingToThoseThatDepend) {
  World world(403);
  world.saw(CauseId::proxy_denied).finds(CauseId::proxy_denied).finds(CauseId::proxy_denied, "it rains");
  EXPECT_EQ(world.judged(0).state, FindingState::confirmed);
  EXPECT_EQ(world.judged(1).state, FindingState::undecided);
}

TEST(Configuration, AFindingThatDependsIsConfirmedWhereNoOtherExplains) {
  World world(403);
  world.saw(CauseId::proxy_denied).finds(CauseId::proxy_denied, "the address is not in 10.0.0.0/8");
  EXPECT_EQ(world.judged().state, FindingState::confirmed);
}

TEST(Configuration, WhatMayBeItFits) {
  World world(403);
  world.saw(CauseId::undetermined).finds(CauseId::proxy_denied).finds(CauseId::redirected);
  world.report.steps.front().verdict->reasons = {{"could be: proxy_denied, auth_rejected", "undetermined", 0}};
  EXPECT_EQ(world.judged(0).state, FindingState::fits);
  EXPECT_EQ(world.judged(1).state, FindingState::undecided);
}

TEST(Configuration, AnOpenWebSocketClears) {
  World world(101, true);
  world.saw(CauseId::healthy).finds(CauseId::proxy_rewrote_path);
  EXPECT_EQ(world.judged().state, FindingState::cleared);
  EXPECT_THAT(world.judged().evidence, HasSubstr("the proxy does not run this text"));
}

TEST(Configuration, AnOpenWebSocketClearsWhatRunsInOtherWords) {
  World world(101, true);
  world.saw(CauseId::healthy).finds(CauseId::proxy_rewrote_path);
  world.configuration.sources = {{"Caddyfile", "caddy-json", ConfigurationSource::From::running}};
  EXPECT_THAT(world.judged().evidence, testing::Not(HasSubstr("does not run")));
}

/// What one open WebSocket cannot tell.
TEST(Configuration, AnOpenWebSocketDoesNotClearWhatItCannotTell) {
  for (const CauseId cause : {CauseId::rate_limited, CauseId::idle_timeout, CauseId::undetermined}) {
    World world(101, true);
    world.saw(CauseId::healthy).finds(cause);
    EXPECT_EQ(world.judged().state, FindingState::undecided) << name(cause);
  }
  World elsewhere(101, true);
  elsewhere.saw(CauseId::healthy).finds(CauseId::proxy_denied, "the client's address is not in 10.0.0.0/8");
  EXPECT_EQ(elsewhere.judged().state, FindingState::undecided);
}

TEST(Configuration, AnOpenWebSocketWithCredentialsDoesNotClearAQuestionForThem) {
  World world(101, true);
  world.saw(CauseId::healthy).finds(CauseId::proxy_auth_required);
  world.report.steps.front().evidence.request.fields = {{"authorization", "***"}};
  EXPECT_EQ(world.judged().state, FindingState::undecided);
  world.report.steps.front().evidence.request.fields.clear();
  EXPECT_EQ(world.judged().state, FindingState::cleared);
}

TEST(Configuration, ARefusalAtAnotherAddressClearsNothing) {
  World world(101, true);
  world.saw(CauseId::healthy).finds(CauseId::proxy_denied);
  StepReport& other = world.report.experiments.emplace_back();
  other.experiment = ExperimentKind::other_address;
  other.evidence.response.emplace().head.status = 403;
  EXPECT_EQ(world.judged().state, FindingState::undecided);
}

TEST(Configuration, WhatTheHealthDocumentSuffersIsNotTheWebSockets) {
  World world(101, true);
  world.saw(CauseId::healthy).finds(CauseId::upstream_unreachable);
  world.report.verdict.cause = CauseId::upstream_unreachable;
  EXPECT_EQ(world.judged().state, FindingState::cleared);
}

TEST(Configuration, TheApplicationsOwnAnswerCameThroughTheProxy) {
  World world(403);
  world.saw(CauseId::auth_rejected, Emitter::backend, 0.97)
      .finds(CauseId::proxy_denied)
      .finds(CauseId::proxy_rewrote_path);
  EXPECT_EQ(world.judged(0).state, FindingState::cleared);
  EXPECT_EQ(world.judged(1).state, FindingState::undecided);
  World unsure(403);
  unsure.saw(CauseId::undetermined, Emitter::backend, 0.7).finds(CauseId::proxy_denied);
  EXPECT_EQ(unsure.judged().state, FindingState::undecided);
}

TEST(Configuration, NothingWasSeenWithoutAnAnswer) {
  World world(0);
  world.saw(CauseId::transport).finds(CauseId::proxy_denied);
  world.report.steps.front().outcome = Failed{};
  EXPECT_EQ(world.judged().state, FindingState::undecided);
  EXPECT_THAT(world.judged().evidence, HasSubstr("no answer came"));
}

}  // namespace
}  // namespace wsprobe::attribution
