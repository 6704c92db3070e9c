// Whether the page is at fault: only for a reason that stands in it, or for a URL that does not work while the
// service's own does. A second name of the service is no fault.
#include "attribution/frontend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::attribution {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto* wanted = "wss://api.example.com/api/ws";
constexpr auto* elsewhere = "wss://old.example.com/api/ws";

enum class Edge : std::uint8_t { silent, refuses, accepts };

/// An upgrade of the scenario's own, then the page.
struct World {
  explicit World(Edge edge = Edge::accepts) {
    StepReport& upgrade = steps.emplace_back();
    upgrade.kind = StepKind::upgrade;
    upgrade.credential = CredentialUse::valid;
    upgrade.outcome = edge == Edge::silent    ? Outcome(Failed{make_error(Phase::connect, Reason::tcp_refused)})
                      : edge == Edge::refuses ? Outcome(Rejected{})
                                              : Outcome(Completed{});
    if (edge != Edge::silent) upgrade.evidence.response.emplace().head.status = edge == Edge::accepts ? 101 : 403;
    StepReport& step = steps.emplace_back();
    step.kind = StepKind::frontend;
    step.outcome = Completed{};
    FrontendFacts& page = step.frontend.emplace();
    page.page = "https://app.example.com/";
    page.from = "window.WS_BASE_URL";
    page.place = "https://app.example.com/config.js:3";
    page.wanted = wanted;
  }

  FrontendFacts& page() { return *steps.back().frontend; }

  World& opens(const std::string& url) {
    page().value = url.substr(0, url.find('/', 6));
    page().url = url;
    page().same_origin = url.starts_with("wss://api.example.com/");
    page().same_path = url.ends_with("/api/ws");
    return *this;
  }

  World& blocked(BrowserObstacle obstacle, const std::string& directive = {}) {
    page().answer = BrowserAnswer::blocked;
    page().obstacle = obstacle;
    page().directive = directive;
    page().sentence = "the browser says no";
    if (!directive.empty()) page().policies.push_back({directive, false, false, 0});
    return *this;
  }

  World& answered(int status, bool with_credential = false) {
    page().answer = BrowserAnswer::refused;
    page().attempt = FrontendAttempt{with_credential, false, status, std::nullopt};
    return *this;
  }

  World& unreachable(Reason reason = Reason::dns_not_found) {
    page().answer = BrowserAnswer::unreachable;
    page().attempt = FrontendAttempt{false, false, 0, make_error(Phase::resolve, reason)};
    return *this;
  }

  std::optional<Verdict> judged() const { return judge_frontend(steps.back(), {steps, {}, "", {}, nullptr}); }

  std::vector<StepReport> steps;
};

TEST(Frontend, APolicyThatForbidsTheServiceIsNamed) {
  World world;
  world.opens(wanted).blocked(BrowserObstacle::csp, "connect-src 'self'");
  world.page().wanted_is_allowed = false;
  const auto verdict = world.judged();
  EXPECT_EQ(verdict->cause, CauseId::frontend_csp_blocks);
  EXPECT_EQ(verdict->fault, Fault::frontend);
  EXPECT_EQ(verdict->emitter, Emitter::none);
  EXPECT_THAT(verdict->remedy, HasSubstr("    connect-src 'self'\n"));
  EXPECT_THAT(verdict->remedy, HasSubstr("    connect-src 'self' wss://api.example.com\n"));
  EXPECT_THAT(verdict->remedy, HasSubstr("the Content-Security-Policy header of https://app.example.com/"));
}

TEST(Frontend, ADefaultThatForbidsGetsAConnectSrc) {
  World world;
  world.opens(wanted).blocked(BrowserObstacle::csp, "default-src 'none'");
  world.page().wanted_is_allowed = false;
  world.page().policies[0] = {"default-src 'none'", false, true, 4};
  EXPECT_THAT(world.judged()->remedy, HasSubstr("    connect-src wss://api.example.com\n"));
  EXPECT_THAT(world.judged()->remedy, HasSubstr("the meta element in line 4"));
}

/// The policy is right, and the URL is not the service's.
TEST(Frontend, APolicyThatAllowsTheServiceIsNotToBeChanged) {
  World world;
  world.opens(elsewhere).blocked(BrowserObstacle::csp, "connect-src wss://api.example.com");
  EXPECT_EQ(world.judged()->cause, CauseId::frontend_wrong_url);
  EXPECT_THAT(world.judged()->remedy, HasSubstr("window.WS_BASE_URL = \"wss://api.example.com\";"));
}

TEST(Frontend, MixedContentIsAWrongUrl) {
  World world;
  world.opens("ws://api.example.com/api/ws").blocked(BrowserObstacle::mixed_content);
  EXPECT_EQ(world.judged()->cause, CauseId::frontend_wrong_url);
  EXPECT_THAT(world.judged()->summary, HasSubstr("the browser says no"));
}

TEST(Frontend, WhereTheServiceItselfIsWithoutEncryptionTheRemedyIsNotItsUrl) {
  World world;
  world.opens("ws://api.example.com/api/ws").blocked(BrowserObstacle::mixed_content);
  world.page().wanted = "ws://api.example.com/api/ws";
  EXPECT_THAT(world.judged()->remedy, HasSubstr("window.WS_BASE_URL = \"wss://api.example.com\";"));
  EXPECT_THAT(world.judged()->remedy, HasSubstr("by TLS for that: it is probed at ws://api.example.com/api/ws"));
}

TEST(Frontend, AVariableWithAPathOfItsOwnMayNotBeTheWholeUrl) {
  World world;
  world.opens("wss://api.example.com/v2").answered(404, true);
  EXPECT_LE(world.judged()->confidence, 0.7);
  world.page().from = "new WebSocket()";
  EXPECT_GE(world.judged()->confidence, 0.9);
}

TEST(Frontend, AHostThatIsNotThereIsAWrongUrl) {
  World world;
  world.opens(elsewhere).unreachable();
  const auto verdict = world.judged();
  EXPECT_EQ(verdict->cause, CauseId::frontend_wrong_url);
  EXPECT_THAT(verdict->remedy, HasSubstr("https://app.example.com/config.js:3"));
  EXPECT_GE(verdict->confidence, 0.9);
}

TEST(Frontend, WhereNothingAnswersItMayBeTheNetwork) {
  World world(Edge::silent);
  world.opens(elsewhere).unreachable();
  EXPECT_EQ(world.judged()->cause, CauseId::undetermined);
  EXPECT_EQ(world.judged()->fault, Fault::undetermined);
}

TEST(Frontend, WhatMayBeSoFromThisMachineOnlyTellsNothing) {
  for (const Reason reason : {Reason::timeout_connect, Reason::tcp_unreachable, Reason::tcp_not_permitted,
                              Reason::dns_server_failure, Reason::timeout_resolve, Reason::out_of_descriptors}) {
    World world;
    world.opens(elsewhere).unreachable(reason);
    EXPECT_EQ(world.judged()->cause, CauseId::undetermined) << name(reason);
  }
  for (const Reason reason : {Reason::dns_no_address, Reason::dns_bad_name, Reason::tcp_refused}) {
    World world;
    world.opens(elsewhere).unreachable(reason);
    EXPECT_EQ(world.judged()->cause, CauseId::frontend_wrong_url) << name(reason);
  }
}

TEST(Frontend, AnotherHostThatAnswersNotFoundIsAWrongUrl) {
  World world;
  world.opens(elsewhere).answered(404);
  EXPECT_EQ(world.judged()->cause, CauseId::frontend_wrong_url);
}

/// No host but the scenario's own is sent the credential, so its refusal may be right.
TEST(Frontend, ARefusalForWantOfACredentialTellsNothing) {
  for (const int status : {401, 403, 1008, 4401}) {
    World world;
    world.opens(elsewhere).answered(status);
    EXPECT_EQ(world.judged()->cause, CauseId::undetermined) << status;
    world.answered(status, true);
    EXPECT_EQ(world.judged()->cause, CauseId::frontend_wrong_url) << status;
  }
}

TEST(Frontend, AnotherPathOfAServiceThatIsDownTellsNothing) {
  World world(Edge::refuses);
  world.opens("wss://api.example.com/ws").answered(404, true);
  EXPECT_EQ(world.judged()->cause, CauseId::undetermined);
  World healthy;
  healthy.opens("wss://api.example.com/ws").answered(404, true);
  EXPECT_EQ(healthy.judged()->cause, CauseId::frontend_wrong_url);
}

TEST(Frontend, WhatIsNotKnownIsSaidWithWhatStandsInTheScripts) {
  World world;
  world.page().problem = "the script needs document.querySelector";
  world.page().literals = {"wss://a.example.com (app.js:7)"};
  const auto verdict = world.judged();
  EXPECT_EQ(verdict->cause, CauseId::undetermined);
  EXPECT_EQ(verdict->reasons.front().fact, "the script needs document.querySelector");
  EXPECT_EQ(verdict->reasons.back().fact, "in the scripts: wss://a.example.com (app.js:7)");
}

TEST(Frontend, WhatIsAsExpectedIsNotJudged) {
  World world;
  world.opens(wanted);
  world.steps.back().as_expected = true;
  EXPECT_FALSE(world.judged());
}

// ---- beside another verdict ----

TEST(Frontend, IsNamedBesideAnotherVerdictOnce) {
  World world(Edge::refuses);
  world.opens(elsewhere).unreachable();
  Attribution found;
  found.of_steps = {std::nullopt, world.judged()};
  found.overall.summary = "The proxy changes the path.";
  found.overall.remedy = "Take try_files away.";
  const Input input{world.steps, {}, "", {}, nullptr};
  name_frontends(input, found);
  EXPECT_THAT(found.overall.summary,
              HasSubstr("The proxy changes the path. Besides, for another reason: The page tells"));
  EXPECT_THAT(found.overall.remedy, HasSubstr("Take try_files away.\n\nAnd for the page (frontend_wrong_url): "));
  Attribution alone;
  alone.of_steps = {std::nullopt, world.judged()};
  alone.overall = *world.judged();
  name_frontends(input, alone);
  EXPECT_THAT(alone.overall.summary, Not(HasSubstr("Besides")));
}

TEST(Frontend, WhatIsOpenIsNotNamedBesideAnotherVerdict) {
  World world(Edge::silent);
  world.opens(elsewhere).unreachable();
  Attribution found;
  found.of_steps = {std::nullopt, world.judged()};
  found.overall.summary = "x";
  name_frontends({world.steps, {}, "", {}, nullptr}, found);
  EXPECT_EQ(found.overall.summary, "x");
}

}  // namespace
}  // namespace wsprobe::attribution
