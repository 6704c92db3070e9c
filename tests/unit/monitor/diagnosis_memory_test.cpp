#include "monitor/diagnosis_memory.hpp"

#include <gtest/gtest.h>

namespace wsprobe::monitor {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1000h};

std::vector<StepReport> refused(int status) {
  StepReport step;
  step.name = "valid-token";
  step.kind = StepKind::upgrade;
  step.outcome = Rejected{};
  step.evidence.response.emplace();
  step.evidence.response->head.status = status;
  return {step};
}

attribution::Attribution open_verdict() {
  attribution::Attribution found;
  found.of_steps.resize(1);
  found.of_steps[0].emplace();
  found.wanted = {ExperimentKind::plain_get};
  return found;
}

/// What a run with experiments came to.
Report diagnosed(CauseId cause, const std::vector<StepReport>& steps) {
  Report report;
  report.steps = steps;
  report.steps[0].verdict.emplace();
  report.steps[0].verdict->cause = cause;
  report.verdict.cause = cause;
  report.verdict.emitter = Emitter::backend;
  report.experiments.resize(1);
  return report;
}

class DiagnosisMemoryTest : public testing::Test {
 protected:
  bool settled(const std::vector<StepReport>& steps, TimePoint now) {
    found = open_verdict();
    return memory.settled(steps, found, now);
  }

  Allowance shared{100, 1s};
  DiagnosisMemory memory{shared};
  attribution::Attribution found;
};

TEST_F(DiagnosisMemoryTest, ExperimentsWhenTheAnswersChange) {
  EXPECT_FALSE(settled(refused(403), start));
  memory.learn(diagnosed(CauseId::proxy_rewrote_path, refused(403)), start);
  EXPECT_TRUE(settled(refused(403), start + 30s));
  EXPECT_FALSE(settled(refused(502), start + 60s));
}

TEST_F(DiagnosisMemoryTest, GivesBackWhatWasFoundWhileTheAnswersAreTheSame) {
  ASSERT_FALSE(settled(refused(403), start));
  memory.learn(diagnosed(CauseId::proxy_rewrote_path, refused(403)), start);
  ASSERT_TRUE(settled(refused(403), start + 30s));
  EXPECT_TRUE(memory.recalled());
  EXPECT_EQ(found.overall.cause, Cause(CauseId::proxy_rewrote_path));
  EXPECT_EQ(found.overall.emitter, Emitter::backend);
  ASSERT_TRUE(found.of_steps[0]);
  EXPECT_EQ(found.of_steps[0]->cause, Cause(CauseId::proxy_rewrote_path));
  ASSERT_EQ(found.overall.reasons.size(), 1U);
  EXPECT_NE(found.overall.reasons[0].fact.find("answered as at"), std::string::npos);
  // Another answer is not explained by it.
  settled(refused(404), start + 31s);
  EXPECT_FALSE(memory.recalled());
  EXPECT_EQ(found.overall.cause, Cause(CauseId::undetermined));
}

TEST_F(DiagnosisMemoryTest, AsksAgainAfterAWhileAndSoonerWhereItIsOpen) {
  ASSERT_FALSE(settled(refused(403), start));
  memory.learn(diagnosed(CauseId::proxy_rewrote_path, refused(403)), start);
  EXPECT_TRUE(settled(refused(403), start + 29min));
  EXPECT_FALSE(settled(refused(403), start + 30min));
  memory.learn(diagnosed(CauseId::undetermined, refused(403)), start + 30min);
  EXPECT_TRUE(settled(refused(403), start + 34min));
  EXPECT_FALSE(settled(refused(403), start + 35min));
}

TEST_F(DiagnosisMemoryTest, DoesNotExperimentWithEveryFlap) {
  int experiments = 0;
  for (int run = 0; run < 100; ++run) {
    const std::vector<StepReport> steps = refused(run % 2 == 0 ? 403 : 502);
    const TimePoint now = start + run * 1s;
    if (settled(steps, now)) continue;
    ++experiments;
    memory.learn(diagnosed(CauseId::undetermined, steps), now);
  }
  EXPECT_EQ(experiments, 3);
}

TEST_F(DiagnosisMemoryTest, AllTogetherDoNotFlood) {
  Allowance few(5, 1s);
  int experiments = 0;
  for (int scenario = 0; scenario < 100; ++scenario) {
    DiagnosisMemory one(few);
    attribution::Attribution open = open_verdict();
    if (!one.settled(refused(403), open, start)) ++experiments;
  }
  EXPECT_EQ(experiments, 5);
}

TEST_F(DiagnosisMemoryTest, LearnsNothingFromARunThatWasStopped) {
  ASSERT_FALSE(settled(refused(403), start));
  Report stopped = diagnosed(CauseId::proxy_rewrote_path, refused(403));
  stopped.interrupted = true;
  memory.learn(stopped, start);
  EXPECT_FALSE(settled(refused(403), start + 1s));
  EXPECT_FALSE(memory.recalled());
}

TEST_F(DiagnosisMemoryTest, WhatEveryRunAsksForDoesNotMakeAnOldDiagnosisNew) {
  ASSERT_FALSE(settled(refused(403), start));
  memory.learn(diagnosed(CauseId::proxy_rewrote_path, refused(403)), start);
  ASSERT_TRUE(settled(refused(403), start + 20min));
  memory.learn(diagnosed(CauseId::proxy_rewrote_path, refused(403)), start + 20min);
  EXPECT_FALSE(settled(refused(403), start + 30min));
}

TEST_F(DiagnosisMemoryTest, ARunThatMadeNoneForWantOfAllowanceIsNotRemembered) {
  Allowance none(0, 1h);
  DiagnosisMemory poor(none);
  found = open_verdict();
  ASSERT_TRUE(poor.settled(refused(403), found, start));
  poor.learn(diagnosed(CauseId::undetermined, refused(403)), start);
  found = open_verdict();
  EXPECT_TRUE(poor.settled(refused(403), found, start + 1s));
  EXPECT_FALSE(poor.recalled());
}

TEST(Signature, TellsApartWhatAVerdictRestsOn) {
  const attribution::Attribution found = open_verdict();
  const std::string plain = signature_of(refused(403), found);
  EXPECT_EQ(plain, signature_of(refused(403), found));
  EXPECT_NE(plain, signature_of(refused(404), found));
  std::vector<StepReport> closed = refused(403);
  closed[0].outcome = Rejected{Rejected::How::close_after_101};
  EXPECT_NE(plain, signature_of(closed, found));
  std::vector<StepReport> failed = refused(403);
  failed[0].outcome = Failed{make_error(Phase::tls, Reason::tls_expired)};
  EXPECT_NE(plain, signature_of(failed, found));
  attribution::Attribution other = found;
  other.overall.cause = CauseId::auth_rejected;
  EXPECT_NE(plain, signature_of(refused(403), other));
}

}  // namespace
}  // namespace wsprobe::monitor
