// The rule of a Traefik router: Host(`a`) && (PathPrefix(`/b`) || !ClientIP(`10.0.0.0/8`)), for one request. Versions 2
// and 3 differ in what a regular expression is; both are read.
#pragma once

#include <string>
#include <string_view>

#include "lint/question.hpp"
#include "lint/regex.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::traefik {

struct RuleJudgement {
  Tells holds = Tells::unknown;
  Condition condition;      ///< where it is unknown
  bool is_readable = true;  ///< false: not the grammar of a rule; Traefik leaves the router out
  /// It would hold, or might, for another path of the same host, which it names.
  bool is_of_the_host = false;
};

/// At most 4 KiB and 32 levels of parentheses.
[[nodiscard]] RuleJudgement judge_rule(std::string_view rule, const Question& question);

/// HostSNI of a TCP router. A rule for every name (`*`) is unknown: HTTP routers may come first.
[[nodiscard]] Tells takes_sni(std::string_view rule, const Question& question);

}  // namespace wsprobe::lint::traefik
