// What explains the pattern of answers: a cause, whose fault it is, and how sure.
//
// A cause is a row of a table, a row is a function that recognises its pattern or passes. Rows are asked in order, from
// the plainest to the most roundabout; the first that recognises its pattern answers. Where several causes leave the
// same pattern, the answer is `undetermined` with all of them named, and with what would tell them apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attribution/emitter.hpp"

namespace wsprobe::attribution {

struct Conclusion {
  Cause cause;
  Fault fault = Fault::undetermined;
  double confidence = 0;  ///< in the cause, the author taken as given
  std::string why;        ///< half a sentence that explains the answer: "no site of the proxy handles this path"
  std::vector<SupportingFact> reasons;
  std::vector<CauseId> candidates;  ///< where undetermined: what would look like this
  std::string settle;               ///< where undetermined: what would settle it
};

struct Case {
  const Pattern& pattern;
  const Authorship& author;
  [[nodiscard]] const StepReport& subject() const { return *pattern.subject; }
  [[nodiscard]] int status() const { return status_of(pattern.subject); }
  /// Only for subjects that have a response.
  [[nodiscard]] const Response& response() const { return *response_of(pattern.subject); }
};

using CauseRow = std::optional<Conclusion> (*)(const Case&);

/// For every exchange: transport failures, accepted upgrades, refusals, plain responses.
[[nodiscard]] Conclusion conclude(const Pattern& pattern, const Authorship& author);

// The rows, by the kind of answer they are for. All pure; each in the file of its kind.
[[nodiscard]] Conclusion conclude_failure(const Pattern& pattern, const Error& error);  // causes_failure.cpp
[[nodiscard]] Conclusion conclude_accepted(const Pattern& pattern);                     // causes_accepted.cpp
[[nodiscard]] std::optional<Conclusion> shown_by_a_witness(const Case& c);              // witnesses.cpp
[[nodiscard]] std::optional<Conclusion> rate_limited(const Case& c);                    // causes_any_author.cpp
[[nodiscard]] std::optional<Conclusion> redirected(const Case& c);
[[nodiscard]] std::optional<Conclusion> plain_http_on_tls(const Case& c);
[[nodiscard]] std::optional<Conclusion> spa_fallback(const Case& c);
[[nodiscard]] std::optional<Conclusion> gateway(const Case& c);
[[nodiscard]] std::optional<Conclusion> upgrade_stripped(const Case& c);
[[nodiscard]] std::optional<Conclusion> proxy_refusal(const Case& c);      // causes_proxy.cpp
[[nodiscard]] std::optional<Conclusion> application_error(const Case& c);  // causes_application.cpp
[[nodiscard]] std::optional<Conclusion> application_unhealthy(const Case& c);
[[nodiscard]] std::optional<Conclusion> origin_rejected(const Case& c);
[[nodiscard]] std::optional<Conclusion> path_rewritten(const Case& c);
[[nodiscard]] std::optional<Conclusion> credential_rejected(const Case& c);
[[nodiscard]] std::optional<Conclusion> route_missing(const Case& c);
[[nodiscard]] std::optional<Conclusion> application_undecided(const Case& c);

/// Whose fault it is that the proxy cannot reach the application, as far as the direct path tells.
[[nodiscard]] Fault fault_of_upstream(const Pattern& pattern);

/// The health answer is the application's "no such path".
[[nodiscard]] bool health_is_not_found(const Pattern& pattern);

/// A conclusion that names the cause. `confidence`: that the cause is right where the author is.
[[nodiscard]] Conclusion decided(CauseId cause, Fault fault, double confidence, std::string why);

/// `fact` speaks for the conclusion's cause; what weights mean: SupportingFact.
void support(Conclusion& conclusion, std::string fact, double weight);

/// A conclusion that names what could be.
[[nodiscard]] Conclusion undecided(std::string why, std::vector<CauseId> candidates, std::string settle);

/// What would settle a question: `what`, or the direct path where it has not been tried.
[[nodiscard]] std::string settled_by(const Pattern& pattern, const std::string& what);

}  // namespace wsprobe::attribution
