// The measured deployments (tests/data/deployments), as steps and experiments, with the truth about them.
#pragma once

#include <string>
#include <vector>

#include "unit/attribution/scene.hpp"

namespace wsprobe::attribution::test {

/// What is true of one upgrade.
struct Truth {
  std::string outcome;              ///< accepted, accepted_closed, accepted_cut, rejected, aborted, no_response
  std::string emitter;              ///< proxy, backend, none
  std::vector<std::string> causes;  ///< the cause, then others that are true as well
  bool invalid = false;             ///< of the invalid credential
};

struct Deployment {
  std::string name;
  std::vector<StepReport> steps;                ///< health, valid, invalid
  std::vector<StepReport> experiments;          ///< those that were captured
  std::vector<std::string> step_authors;        ///< parallel: proxy, backend, none
  std::vector<std::string> experiment_authors;  ///< parallel
  Truth valid;
  Truth invalid;
};

/// The deployments of one proxy: "caddy", "nginx", "haproxy", "apache".
[[nodiscard]] std::vector<Deployment> load_deployments(const std::string& proxy);
[[nodiscard]] std::vector<Deployment> load_all_deployments();

/// How a claim compares with the truth.
enum class Score { correct, wrong, undetermined };
struct Scores {
  Score emitter;
  Score fault;
  Score cause;
};
[[nodiscard]] Scores score(const Verdict& verdict, const Truth& truth);

}  // namespace wsprobe::attribution::test
