// Every measured deployment through the attribution: a named emitter, fault or cause must never be wrong. How often one
// is named has a floor, so that prudence does not become silence.
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "attribution/products.hpp"
#include "unit/attribution/deployments.hpp"

namespace wsprobe::attribution::test {
namespace {

struct Tally {
  int correct = 0;
  int wrong = 0;
  int undetermined = 0;
  void count(Score score) {
    correct += score == Score::correct;
    wrong += score == Score::wrong;
    undetermined += score == Score::undetermined;
  }
  [[nodiscard]] double coverage() const {
    return static_cast<double>(correct) / std::max(1, correct + wrong + undetermined);
  }
};

struct Matrix {
  Tally emitter;
  Tally fault;
  Tally cause;
};

enum class Asked { steps_only, with_experiments };

bool verbose() { return std::getenv("WSPROBE_REPLAY_VERBOSE") != nullptr; }

const char* mark(Score score) { return score == Score::correct ? "" : score == Score::wrong ? "WRONG " : "? "; }

void count(Matrix& matrix, const Deployment& deployment, const Verdict& verdict, const Truth& truth) {
  const Scores scores = score(verdict, truth);
  const bool was_accepted = truth.outcome == "accepted" || truth.outcome == "accepted_cut";
  if (!was_accepted) matrix.emitter.count(scores.emitter);
  matrix.fault.count(scores.fault);
  matrix.cause.count(scores.cause);
  const auto wrong = [](Score score) { return score == Score::wrong; };
  EXPECT_FALSE(wrong(scores.emitter) || wrong(scores.fault) || wrong(scores.cause))
      << deployment.name << (truth.invalid ? " invalid" : " valid") << ": " << name(verdict.emitter) << "/"
      << name(verdict.fault) << "/" << name(verdict.cause) << " where " << truth.emitter << "/" << truth.causes.front()
      << " is true\n  " << verdict.summary;
  const bool open = (!was_accepted && scores.emitter != Score::correct) || scores.fault != Score::correct ||
                    scores.cause != Score::correct;
  if (verbose() && open) {
    std::cout << fmt::format("{:44} {:7} {}{}/{}{}/{}{} truth {}/{} conf {:.2f}\n", deployment.name,
                             truth.invalid ? "invalid" : "valid", mark(scores.emitter), name(verdict.emitter),
                             mark(scores.fault), name(verdict.fault), mark(scores.cause), name(verdict.cause),
                             truth.emitter, truth.causes.front(), verdict.confidence);
    for (const SupportingFact& fact : verdict.reasons)
      std::cout << fmt::format("      {:.1f} {} {}\n", fact.weight, fact.supports, fact.fact);
  }
}

Matrix replay(const std::vector<Deployment>& deployments, Asked asked, const Knowledge& knowledge = {}) {
  Matrix matrix;
  for (const Deployment& deployment : deployments) {
    const std::span<const StepReport> experiments =
        asked == Asked::steps_only ? std::span<const StepReport>() : deployment.experiments;
    const Attribution attribution = attribute({deployment.steps, experiments, "", {}, &knowledge});
    count(matrix, deployment, *attribution.of_steps[1], deployment.valid);
    count(matrix, deployment, *attribution.of_steps[2], deployment.invalid);
  }
  return matrix;
}

void print(const std::string& title, const Matrix& matrix) {
  std::cout << title << "\n";
  const auto row = [](const char* what, const Tally& tally) {
    std::cout << fmt::format("  {:8} correct {:4}  wrong {:3}  undetermined {:4}  coverage {:.3f}\n", what,
                             tally.correct, tally.wrong, tally.undetermined, tally.coverage());
  };
  row("emitter", matrix.emitter);
  row("fault", matrix.fault);
  row("cause", matrix.cause);
}

struct Floor {
  const char* proxy;
  Asked asked;
  double emitter;
  double fault;
  double cause;
};

class Replay : public testing::TestWithParam<Floor> {};

TEST_P(Replay, names_nothing_wrongly_and_enough) {
  const Floor& floor = GetParam();
  const Matrix matrix = replay(load_deployments(floor.proxy), floor.asked);
  print(fmt::format("{} {}", floor.proxy, floor.asked == Asked::steps_only ? "(three steps)" : "(with experiments)"),
        matrix);
  EXPECT_GE(matrix.emitter.coverage(), floor.emitter);
  EXPECT_GE(matrix.fault.coverage(), floor.fault);
  EXPECT_GE(matrix.cause.coverage(), floor.cause);
}

INSTANTIATE_TEST_SUITE_P(Deployments, Replay,
                         testing::Values(Floor{"caddy", Asked::steps_only, 0.42, 0.34, 0.43},
                                         Floor{"caddy", Asked::with_experiments, 0.66, 0.5, 0.58},
                                         Floor{"nginx", Asked::steps_only, 0.66, 0.5, 0.58},
                                         Floor{"nginx", Asked::with_experiments, 0.66, 0.5, 0.58},
                                         Floor{"haproxy", Asked::steps_only, 0.54, 0.5, 0.6},
                                         Floor{"haproxy", Asked::with_experiments, 0.56, 0.5, 0.6},
                                         Floor{"apache", Asked::steps_only, 0.74, 0.56, 0.66},
                                         Floor{"apache", Asked::with_experiments, 0.8, 0.58, 0.68}),
                         [](const testing::TestParamInfo<Floor>& row) {
                           return std::string(row.param.proxy) +
                                  (row.param.asked == Asked::steps_only ? "_three_steps" : "_with_experiments");
                         });

// Leave one product out: the deployments of a product, judged by somebody who has never heard of it.

struct Stranger {
  const char* program;                ///< as the cases call it
  std::vector<std::string> products;  ///< what is then not known
};

std::vector<Deployment> deployments_with(const std::string& program) {
  std::vector<Deployment> chosen;
  for (Deployment& deployment : load_all_deployments()) {
    const std::string name = "/" + deployment.name + "/";
    const bool has_it =
        name.find("/" + program + "/") != std::string::npos || name.find("/" + program + ":") != std::string::npos;
    if (has_it) chosen.push_back(std::move(deployment));
  }
  return chosen;
}

TEST(LeaveOneOut, a_product_that_nobody_knows_is_left_open_and_not_misjudged) {
  const std::vector<Stranger> strangers{{"caddy", {"caddy", "go"}},
                                        {"nginx", {"nginx", "ingress-nginx"}},
                                        {"haproxy", {"haproxy"}},
                                        {"apache", {"apache"}},
                                        {"uvicorn-websockets", {"websockets", "starlette"}},
                                        {"uvicorn-wsproto", {"wsproto", "starlette"}},
                                        {"node-ws", {"node-ws", "express"}},
                                        {"aiohttp", {"aiohttp"}}};
  std::cout << fmt::format("{:20} {:>28} {:>28}\n", "emitter of", "known", "a stranger");
  for (const Stranger& stranger : strangers) {
    const std::vector<Deployment> deployments = deployments_with(stranger.program);
    ASSERT_FALSE(deployments.empty()) << stranger.program;
    const Tally known = replay(deployments, Asked::with_experiments).emitter;
    const Tally unknown = replay(deployments, Asked::with_experiments, {stranger.products}).emitter;
    const auto cell = [](const Tally& tally) {
      return fmt::format("{:4} right {:2} wrong {:3} open", tally.correct, tally.wrong, tally.undetermined);
    };
    std::cout << fmt::format("{:20} {:>28} {:>28}\n", stranger.program, cell(known), cell(unknown));
    EXPECT_EQ(unknown.wrong, 0) << stranger.program;
    EXPECT_LE(unknown.correct, known.correct) << stranger.program;
  }
}

TEST(LeaveOneOut, without_any_signature_what_is_named_is_right) {
  Knowledge none;
  for (const Product& product : all_products()) none.without.emplace_back(product.id);
  const Matrix matrix = replay(load_all_deployments(), Asked::with_experiments, none);
  print("without any product", matrix);
  EXPECT_EQ(matrix.emitter.wrong, 0);
  EXPECT_GT(matrix.emitter.correct, 0);
}

}  // namespace
}  // namespace wsprobe::attribution::test
