// One sentence for a tired person: who said no, whose fault it is, why; in words as sure as the evidence.
#pragma once

#include <string>

#include "attribution/causes.hpp"

namespace wsprobe::attribution {

[[nodiscard]] std::string summary_of(const Pattern& pattern, const Verdict& verdict, const Conclusion& conclusion);

/// The same for the run as a whole: says it where the health document is green while the upgrade fails.
[[nodiscard]] std::string overall_summary(const Pattern& pattern, const Verdict& verdict);

}  // namespace wsprobe::attribution
