// Who wrote these bytes: the sum over the lines of evidence against a threshold.
#pragma once

#include "attribution/lines.hpp"

namespace wsprobe::attribution {

/// Below this sum nobody is named. Odds of e^2.5, twelve to one; no refusal of the measured deployments that was
/// named at this threshold was named wrongly (tests/unit/attribution/replay_test.cpp).
inline constexpr double emitter_threshold = 2.5;

struct Authorship {
  Emitter emitter = Emitter::undetermined;
  double log_odds = 0;  ///< positive: backend
  Findings findings;    ///< all of them, also what speaks against
  [[nodiscard]] double confidence() const;
};

/// For an exchange with a response, or with a close after a 101; `none` where there was neither.
[[nodiscard]] Authorship judge_author(const Pattern& pattern);

}  // namespace wsprobe::attribution
