// What to try next: the experiments that would tell apart the explanations that are still open.
#pragma once

#include <vector>

#include "attribution/causes.hpp"

namespace wsprobe::attribution {

/// Most telling first, none that was made already; empty when everything is explained or nothing more would help.
[[nodiscard]] std::vector<ExperimentKind> wanted_for(const Pattern& pattern, const Verdict& verdict);

}  // namespace wsprobe::attribution
