#include "attribution/causes.hpp"

#include <array>
#include <utility>

namespace wsprobe::attribution {
namespace {

constexpr std::array<CauseRow, 14> rows{shown_by_a_witness,  application_unhealthy, rate_limited,    redirected,
                                        plain_http_on_tls,   spa_fallback,          gateway,         upgrade_stripped,
                                        proxy_refusal,       application_error,     origin_rejected, path_rewritten,
                                        credential_rejected, route_missing};

}  // namespace

Conclusion decided(CauseId cause, Fault fault, double confidence, std::string why) {
  Conclusion conclusion;
  conclusion.cause = cause;
  conclusion.fault = fault;
  conclusion.confidence = confidence;
  conclusion.why = std::move(why);
  return conclusion;
}

void support(Conclusion& conclusion, std::string fact, double weight) {
  conclusion.reasons.push_back({std::move(fact), std::string(name(conclusion.cause.id)), weight});
}

Conclusion undecided(std::string why, std::vector<CauseId> candidates, std::string settle) {
  Conclusion conclusion;
  conclusion.why = std::move(why);
  conclusion.candidates = std::move(candidates);
  conclusion.settle = std::move(settle);
  return conclusion;
}

std::string settled_by(const Pattern& pattern, const std::string& what) {
  const bool tried = pattern.experiment(ExperimentKind::direct_valid) != nullptr;
  return tried ? what : what + ", or the same upgrade past the proxy (direct)";
}

Conclusion conclude(const Pattern& pattern, const Authorship& author) {
  if (accepted(pattern.subject)) return conclude_accepted(pattern);
  if (const Error* error = failure_of(pattern.subject)) return conclude_failure(pattern, *error);
  if (response_of(pattern.subject) == nullptr) {
    return undecided("nothing was answered and nothing was seen to fail", {}, "run the probe again");
  }
  const Case c{pattern, author};
  for (const CauseRow row : rows) {
    if (auto conclusion = row(c)) return *conclusion;
  }
  if (author.emitter == Emitter::backend) {
    if (auto conclusion = application_undecided(c)) return *conclusion;
  }
  return undecided("neither the shape of the answer nor the other answers tell who wrote it",
                   {CauseId::proxy_denied, CauseId::auth_rejected, CauseId::route_missing},
                   settled_by(pattern, "the log of the application (did this request arrive?)"));
}

}  // namespace wsprobe::attribution
