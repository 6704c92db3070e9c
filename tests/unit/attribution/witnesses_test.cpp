// What logs settle, and what they do not.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/lines.hpp"
#include "unit/attribution/scene.hpp"

namespace wsprobe::attribution::test {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

LogRecord line(int status, std::string target = "/api/ws", std::string format = "hypercorn") {
  LogRecord record;
  record.source = "app.log";
  record.owner = LogOwner::backend;
  record.format = std::move(format);
  record.method = "GET";
  record.target = std::move(target);
  record.status = status;
  record.marked = true;
  return record;
}

LogRecord proxy_line(int status, std::string format, std::string flags, std::optional<int> upstream = std::nullopt) {
  LogRecord record = line(status, "/api/ws", std::move(format));
  record.source = "proxy.log";
  record.owner = LogOwner::proxy;
  record.flags = std::move(flags);
  record.upstream_status = upstream;
  return record;
}

LogRecord counted(LogRecord record) {
  record.marked = false;
  return record;
}

/// A refusal whose bytes are nobody's in particular.
const std::string bare_403 = answer("403 Forbidden", "", "");

Verdict judge(const Scene& scene, std::string_view step, std::string problem = "", std::string format = "hypercorn") {
  const std::vector<WitnessReport> logs{{"app.log", LogOwner::backend, std::move(format), std::move(problem), 1, 1, 1}};
  const Attribution attribution = attribute({scene.steps(), scene.experiments(), "backend:8000", logs});
  for (std::size_t at = 0; at < scene.steps().size(); ++at) {
    if (scene.steps()[at].name == step) return attribution.of_steps[at].value_or(Verdict());
  }
  return {};
}

testing::Matcher<SupportingFact> says(const std::string& words) {
  return Field(&SupportingFact::fact, HasSubstr(words));
}

TEST(Witnesses, TheApplicationsOwnLineShowsThatItRefused) {
  Scene scene;
  scene.health(green_health).valid(accepted_101).invalid(bare_403);
  scene.last().logged = {line(403)};
  const Verdict verdict = judge(scene, "invalid-token");
  EXPECT_EQ(verdict.emitter, Emitter::backend);
  EXPECT_EQ(verdict.cause, Cause(CauseId::auth_rejected));
  EXPECT_THAT(verdict.reasons, Contains(says("has this request with the status 403, found by this run's mark")));
}

TEST(Witnesses, ARefusalOfTheApplicationIsItsOwnThoughTheProxyReplacedTheBytes) {
  Scene scene;
  scene.health(green_health).valid(accepted_101).invalid(caddy_403);
  scene.last().logged = {line(403)};
  const Verdict verdict = judge(scene, "invalid-token");
  EXPECT_EQ(verdict.emitter, Emitter::backend);
  EXPECT_EQ(verdict.cause, Cause(CauseId::auth_rejected));
}

TEST(Witnesses, ALineThatWasOnlyCountedDoesNotOutweighTheBytes) {
  Scene scene;
  scene.health(green_health).valid(caddy_403).invalid(caddy_403);
  scene.last().logged = {counted(line(403))};
  EXPECT_NE(judge(scene, "invalid-token").emitter, Emitter::backend);
}

TEST(Witnesses, APathThatNobodyAskedForProvesTheRewrite) {
  Scene scene;
  scene.health(health_not_found).valid(passed_403_s);
  scene.last().logged = {line(403, "/index.html?token=[redacted:valid]")};
  scene.invalid(passed_403_s);
  const Verdict verdict = judge(scene, "valid-token");
  EXPECT_EQ(verdict.cause, Cause(CauseId::proxy_rewrote_path));
  EXPECT_EQ(verdict.fault, Fault::proxy);
  EXPECT_EQ(verdict.emitter, Emitter::backend);
  EXPECT_GT(verdict.confidence, 0.95);
  EXPECT_THAT(verdict.summary, HasSubstr("/index.html"));
}

TEST(Witnesses, APrefixThatIsTakenAwayFromTheGreenHealthPathTooIsMeantToBe) {
  Scene scene;
  scene.health(green_health);
  scene.last().logged = {line(200, "/system/health")};
  scene.valid(passed_403_s);
  scene.last().logged = {line(403, "/ws")};
  scene.invalid(passed_403_s);
  EXPECT_NE(judge(scene, "valid-token").cause, Cause(CauseId::proxy_rewrote_path));
}

TEST(Witnesses, APrefixThatIsTakenAwayFromTheSocketAloneIsNot) {
  Scene scene;
  scene.health(green_health);
  scene.last().logged = {line(200, "/api/system/health")};
  scene.valid(passed_403_s);
  scene.last().logged = {line(403, "/ws")};
  scene.invalid(passed_403_s);
  EXPECT_EQ(judge(scene, "valid-token").cause, Cause(CauseId::proxy_rewrote_path));
}

TEST(Witnesses, ARewriteThatTheValidCredentialSurvivesIsNotTheCause) {
  Scene scene;
  scene.health(green_health).valid(accepted_101).invalid(passed_403_s);
  scene.last().logged = {line(403, "/ws")};
  EXPECT_EQ(judge(scene, "invalid-token").cause, Cause(CauseId::auth_rejected));
}

Scene denied_with_log(int others) {
  Scene scene;
  scene.health(green_health);
  if (others > 0) scene.last().logged = {line(200, "/api/system/health")};
  scene.valid(bare_403).invalid(bare_403);
  const ExperimentKind kinds[] = {ExperimentKind::plain_root, ExperimentKind::plain_control_path,
                                  ExperimentKind::control_path};
  for (int at = 1; at < others; ++at) {
    scene.experiment(kinds[at - 1], plain_404);
    scene.last().logged = {line(404, "/api/nobody")};
  }
  return scene;
}

TEST(Witnesses, WhatIsMissingFromALogThatHasTheRestDidNotArrive) {
  const Verdict verdict = judge(denied_with_log(4), "valid-token");
  EXPECT_EQ(verdict.emitter, Emitter::proxy);
  EXPECT_THAT(verdict.reasons, Contains(says("has 4 other requests of this run and not this one")));
}

TEST(Witnesses, ALogWithoutAnyOfOurRequestsIsEvidenceOfNothing) {
  EXPECT_THAT(judge(denied_with_log(0), "valid-token").reasons, Not(Contains(says("not this one"))));
}

TEST(Witnesses, ALogThatLacksWhatOnlyTheApplicationAnswersIsNotTheOnlyOne) {
  Scene scene;
  scene.health(green_health);  // of another replica
  scene.valid(bare_403).invalid(bare_403);
  for (const ExperimentKind kind : {ExperimentKind::plain_root, ExperimentKind::plain_control_path}) {
    scene.experiment(kind, plain_404);
    scene.last().logged = {line(404, "/api/nobody")};
  }
  EXPECT_THAT(judge(scene, "valid-token").reasons, Not(Contains(says("not this one"))));
}

TEST(Witnesses, AnAnswerThatTheLogHasElsewhereIsNotMissed) {
  Scene scene = denied_with_log(3);
  scene.experiment(ExperimentKind::control_path, bare_403);
  scene.last().logged = {line(403, "/api/nobody")};
  EXPECT_THAT(judge(scene, "valid-token").reasons, Not(Contains(says("not this one"))));
}

TEST(Witnesses, ALogWithAProblemIsEvidenceOfNothing) {
  EXPECT_THAT(judge(denied_with_log(4), "valid-token", "not everything could be read").reasons,
              Not(Contains(says("not this one"))));
}

TEST(Witnesses, UvicornMayWriteItsWebSocketLinesElsewhere) {
  Scene scene = denied_with_log(3);  // none of an upgrade
  const Pattern pattern = scene.pattern("valid-token");
  Pattern heard = pattern;
  const std::vector<WitnessReport> uvicorn{{"app.log", LogOwner::backend, "uvicorn", "", 1, 1, 1}};
  const std::vector<WitnessReport> other{{"app.log", LogOwner::backend, "hypercorn", "", 1, 1, 1}};
  heard.witnesses = uvicorn;
  const double of_uvicorn = witnesses(heard).at(0).weight;
  heard.witnesses = other;
  EXPECT_LT(witnesses(heard).at(0).weight, of_uvicorn);
  EXPECT_GT(of_uvicorn, -2.5);
}

TEST(Witnesses, AStatusThatIsNotAlwaysLoggedIsNotMissed) {
  Scene scene;
  scene.health(green_health);
  scene.last().logged = {line(200, "/api/system/health")};
  scene.valid(answer("500 Internal Server Error", "", ""));
  EXPECT_THAT(judge(scene, "valid-token").reasons, Not(Contains(says("not this one"))));
}

TEST(Witnesses, AnUpgradeThatArrivedAsAPlainRequestWasStripped) {
  Scene scene;
  scene.health(green_health).valid(plain_404);
  scene.last().logged = {line(404, "/api/ws", "uvicorn")};
  scene.invalid(plain_404);
  const Verdict verdict = judge(scene, "valid-token");
  EXPECT_EQ(verdict.cause, Cause(CauseId::upgrade_stripped));
  EXPECT_EQ(verdict.fault, Fault::proxy);
}

TEST(Witnesses, AnApplicationThatCannotSpeakWebSocketSaysSo) {
  Scene scene;
  scene.health(green_health).valid(plain_404);
  scene.last().logged = {line(404, "/api/ws", "uvicorn")};
  scene.last().logged[0].flags = "no WebSocket support";
  const Verdict verdict = judge(scene, "valid-token");
  EXPECT_EQ(verdict.fault, Fault::backend);
  EXPECT_NE(verdict.cause, Cause(CauseId::upgrade_stripped));
}

TEST(Witnesses, TheProxyPutAnotherAnswerInThePlaceOfARefusal) {
  Scene scene;
  scene.health(green_health).valid(accepted_101).invalid(answer("404 Not Found", "Content-Type: text/html\r\n", "x"));
  scene.last().logged = {line(403)};
  const Verdict verdict = judge(scene, "invalid-token");
  EXPECT_EQ(verdict.cause, Cause(CauseId::auth_rejected));
  EXPECT_EQ(verdict.fault, Fault::none);
  EXPECT_NE(verdict.emitter, Emitter::backend);
}

TEST(Witnesses, HAProxySaysItselfThatItRefused) {
  Scene scene;
  scene.health(green_health).valid(bare_403);
  scene.last().logged = {proxy_line(403, "haproxy", "PR--", 0)};
  scene.invalid(bare_403);
  const Verdict verdict = judge(scene, "valid-token");
  EXPECT_EQ(verdict.emitter, Emitter::proxy);
  EXPECT_EQ(verdict.fault, Fault::proxy);
}

TEST(Witnesses, HAProxySaysThatItCouldNotConnect) {
  Scene scene;
  scene.health(green_health).valid(answer("503 Service Unavailable", "", ""));
  scene.last().logged = {proxy_line(503, "haproxy", "SC--")};
  EXPECT_EQ(judge(scene, "valid-token").cause, Cause(CauseId::upstream_unreachable));
}

TEST(Witnesses, ThatSomeUpstreamAnsweredDoesNotNameTheApplication) {
  Scene scene;
  scene.health(green_health).valid(bare_403);
  scene.last().logged = {proxy_line(403, "haproxy", "----")};
  scene.invalid(bare_403);
  EXPECT_NE(judge(scene, "valid-token").emitter, Emitter::proxy);
  Scene other;
  other.health(green_health).valid(bare_403);
  other.last().logged = {proxy_line(403, "json", "", 403)};
  const std::vector<Finding> findings = witnesses(other.pattern("valid-token"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_LT(findings[0].weight, 2.5);
}

TEST(Witnesses, NginxWritesItsOwn502WhereAnUpstreamsStatusStands) {
  Scene scene;
  scene.health(green_health).valid(answer("502 Bad Gateway", "", ""));
  scene.last().logged = {proxy_line(502, "json", "", 502)};
  EXPECT_TRUE(witnesses(scene.pattern("valid-token")).empty());
}

TEST(Witnesses, LogsThatContradictEachOtherAreWorthTheDifference) {
  Scene scene;
  scene.health(green_health).valid(bare_403);
  scene.last().logged = {line(403), proxy_line(403, "haproxy", "PR--", 0)};
  const Findings findings = witnesses(scene.pattern("valid-token"));
  ASSERT_EQ(findings.size(), 2U);
  for (const Finding& finding : findings) EXPECT_LT(std::abs(finding.weight), 2.5) << finding.sentence;
  EXPECT_FALSE(is_logged_refusal(scene.pattern("valid-token")));
}

}  // namespace
}  // namespace wsprobe::attribution::test
