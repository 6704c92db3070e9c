// Lines of evidence: who wrote the bytes of one refusal.
//
// Each line looks at the refusal from its own side and gives findings. A finding is a sentence and a natural log of a
// likelihood ratio, P(seen | the backend wrote it) / P(seen | the proxy wrote it): positive for the backend. Lines are
// taken as independent and add up; findings inside one line are not independent, so only the strongest counts.
//
// Where a weight was measured, the counts stand beside it (rules_*.cpp, differences.cpp); the others come from the
// products' documentation and say so. All are held below what the counts would allow, because the next deployment is
// not one of those.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attribution/pattern.hpp"

namespace wsprobe::attribution {

enum class Line : std::uint8_t { signature, status, comparison, differences, direct, witness };

struct Finding {
  Line line = Line::signature;
  double weight = 0;  ///< natural log of the likelihood ratio; positive: backend, negative: proxy
  std::string sentence;
  std::string_view
      product{};  ///< whose habit it is, as products.hpp calls it; empty where it is nobody's in particular
};
using Findings = std::vector<Finding>;

/// The refusal's own bytes, read with what the health answer shows of the proxy's habits.
[[nodiscard]] Findings signature(const Pattern& pattern);
/// What the status alone says.
[[nodiscard]] Findings status_alone(const Pattern& pattern);
/// Answers of this deployment whose author is known.
[[nodiscard]] Findings comparison(const Pattern& pattern);
/// The same question, changed in one thing.
[[nodiscard]] Findings differences(const Pattern& pattern);
/// The same question, asked past the proxy.
[[nodiscard]] Findings direct_path(const Pattern& pattern);

/// What the logs of the application and of the proxy say of this very exchange.
[[nodiscard]] Findings witnesses(const Pattern& pattern);
/// The application's log has this exchange, by its mark, with the status that the client got: the refusal is the
/// application's, whoever wrote the bytes.
[[nodiscard]] bool is_logged_refusal(const Pattern& pattern);
/// A log shows that the answer was made before the request came to the application.
[[nodiscard]] bool is_shown_not_to_arrive(const Pattern& pattern);

/// The strongest signature of any response of the deployment, on the same scale; 0 where it has none.
[[nodiscard]] double signature_weight(const StepReport& answer, const Pattern& pattern);

/// A plain HTTP answer that the application is known to have written, as it looks after the proxy has passed it on: the
/// health document, or else an answer whose body is a known framework's. Null where there is none.
[[nodiscard]] const Response* application_sample(const Pattern& pattern);

}  // namespace wsprobe::attribution
