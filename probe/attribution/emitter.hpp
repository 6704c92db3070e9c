// Who wrote these bytes: the sum over the lines of evidence against a threshold.
#pragma once

#include "attribution/lines.hpp"

namespace wsprobe::attribution {

/// Below this sum nobody is named. Odds of e^2.5, twelve to one; no refusal of the measured deployments that was
/// named at this threshold was named wrongly (tests/unit/attribution/replay_test.cpp).
inline constexpr double emitter_threshold = 2.5;

/// Hints alone name nobody, however many there are: what they are hints of, an application can be built to do as well
/// (asking for a password, answering every method alike). One finding at least has to be this strong.
inline constexpr double least_fact = 1.8;

struct Authorship {
  Emitter emitter = Emitter::undetermined;
  double log_odds = 0;  ///< positive: backend
  Findings findings;    ///< all of them, also what speaks against
  [[nodiscard]] double confidence() const;
};

/// For an exchange with a response, or with a close after a 101; `none` where there was neither.
[[nodiscard]] Authorship judge_author(const Pattern& pattern);

}  // namespace wsprobe::attribution
