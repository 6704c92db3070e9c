// What holds whatever comes in: no order of steps, no repetition and no gap may change a claim or bring it down.
#include <algorithm>
#include <bit>
#include <random>

#include <gtest/gtest.h>

#include "unit/attribution/deployments.hpp"

namespace wsprobe::attribution::test {
namespace {

struct Claim {
  Emitter emitter;
  Fault fault;
  Cause cause;
  double confidence;
  std::string summary;
  friend bool operator==(const Claim&, const Claim&) = default;
};

Claim claim_of(const Verdict& verdict) {
  return {verdict.emitter, verdict.fault, verdict.cause, verdict.confidence, verdict.summary};
}

Claim claim_about(const std::string& name, const std::vector<StepReport>& steps,
                  const std::vector<StepReport>& experiments) {
  const Attribution attribution = attribute({steps, experiments, ""});
  for (std::size_t at = 0; at < steps.size(); ++at) {
    if (steps[at].name == name && attribution.of_steps[at]) return claim_of(*attribution.of_steps[at]);
  }
  return {};
}

TEST(Properties, nothing_at_all_is_a_verdict_with_a_reason) {
  const Attribution attribution = attribute({});
  EXPECT_EQ(attribution.overall.cause, Cause(CauseId::undetermined));
  EXPECT_FALSE(attribution.overall.reasons.empty());
  EXPECT_TRUE(attribution.wanted.empty());
}

TEST(Properties, results_are_parallel_to_the_input_and_never_without_reasons) {
  for (const Deployment& deployment : load_all_deployments()) {
    const Attribution attribution = attribute({deployment.steps, deployment.experiments, ""});
    ASSERT_EQ(attribution.of_steps.size(), deployment.steps.size());
    ASSERT_EQ(attribution.of_experiments.size(), deployment.experiments.size());
    std::vector<Verdict> all{attribution.overall};
    for (const auto* group : {&attribution.of_steps, &attribution.of_experiments}) {
      for (const auto& verdict : *group) {
        if (verdict) all.push_back(*verdict);
      }
    }
    for (const Verdict& verdict : all) {
      EXPECT_FALSE(verdict.reasons.empty()) << deployment.name;
      EXPECT_FALSE(verdict.summary.empty()) << deployment.name;
      EXPECT_GE(verdict.confidence, 0) << deployment.name;
      EXPECT_LE(verdict.confidence, 0.99) << deployment.name;
    }
  }
}

TEST(Properties, the_same_input_gives_the_same_answer) {
  for (const Deployment& deployment : load_deployments("caddy")) {
    const Input input{deployment.steps, deployment.experiments, ""};
    EXPECT_EQ(claim_of(attribute(input).overall), claim_of(attribute(input).overall)) << deployment.name;
  }
}

TEST(Properties, the_order_of_steps_and_experiments_does_not_matter) {
  std::mt19937 random(7);
  for (const Deployment& deployment : load_all_deployments()) {
    std::vector<StepReport> steps = deployment.steps;
    std::vector<StepReport> experiments = deployment.experiments;
    std::shuffle(steps.begin(), steps.end(), random);
    std::shuffle(experiments.begin(), experiments.end(), random);
    for (const char* name : {"valid", "invalid"}) {
      EXPECT_EQ(claim_about(name, steps, experiments), claim_about(name, deployment.steps, deployment.experiments))
          << deployment.name;
    }
  }
}

TEST(Properties, repetition_makes_nothing_surer) {
  for (const Deployment& deployment : load_all_deployments()) {
    std::vector<StepReport> steps = deployment.steps;
    std::vector<StepReport> experiments = deployment.experiments;
    steps.insert(steps.end(), deployment.steps.begin(), deployment.steps.end());
    experiments.insert(experiments.end(), deployment.experiments.begin(), deployment.experiments.end());
    EXPECT_EQ(claim_about("valid", steps, experiments), claim_about("valid", deployment.steps, deployment.experiments))
        << deployment.name;
  }
}

TEST(Properties, whatever_is_missing_nothing_becomes_wrong) {
  for (const Deployment& deployment : load_all_deployments()) {
    const std::size_t count = deployment.experiments.size();
    for (unsigned subset = 0; subset < (1U << count); ++subset) {
      // All and none are replayed elsewhere; the middle is much like its edges and takes long.
      const int made = std::popcount(subset);
      if (made > 2 && made + 1 < static_cast<int>(count)) continue;
      std::vector<StepReport> experiments;
      for (std::size_t at = 0; at < count; ++at) {
        if ((subset >> at) & 1U) experiments.push_back(deployment.experiments[at]);
      }
      const Attribution attribution = attribute({deployment.steps, experiments, ""});
      const Scores valid = score(*attribution.of_steps[1], deployment.valid);
      const Scores invalid = score(*attribution.of_steps[2], deployment.invalid);
      for (const Scores& scores : {valid, invalid}) {
        ASSERT_FALSE(scores.emitter == Score::wrong || scores.fault == Score::wrong || scores.cause == Score::wrong)
            << deployment.name << " with the experiments of mask " << subset << "\n  "
            << attribution.of_steps[1]->summary << "\n  " << attribution.of_steps[2]->summary;
      }
    }
  }
}

TEST(Properties, a_step_alone_is_judged_without_the_others) {
  for (const Deployment& deployment : load_all_deployments()) {
    for (std::size_t at : {std::size_t{1}, std::size_t{2}}) {
      const std::vector<StepReport> alone{deployment.steps[at]};
      const Attribution attribution = attribute({alone, {}, ""});
      const Scores scores = score(*attribution.of_steps[0], at == 1 ? deployment.valid : deployment.invalid);
      EXPECT_FALSE(scores.emitter == Score::wrong || scores.fault == Score::wrong || scores.cause == Score::wrong)
          << deployment.name << "\n  " << attribution.of_steps[0]->summary;
    }
  }
}

}  // namespace
}  // namespace wsprobe::attribution::test
