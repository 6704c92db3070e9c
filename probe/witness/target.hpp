// Request targets, as they were sent and as they are logged, made comparable.
#pragma once

#include <string>
#include <string_view>

#include "core/report.hpp"

namespace wsprobe::witness {

struct TargetParts {
  std::string path;   ///< percent-decoded
  std::string query;  ///< as it is written
};

/// "/path?query", or an absolute URL.
[[nodiscard]] TargetParts split_target(std::string_view target);

/// What was sent, with `[redacted:NAME]` in place of secrets, as a redacted log line has them.
[[nodiscard]] TargetParts target_of(const RequestFacts& request);

/// A path that a proxy may have made out of `sent`: the page of a frontend, or the same with a prefix less or more.
[[nodiscard]] bool may_be_rewritten(std::string_view sent, std::string_view seen);

}  // namespace wsprobe::witness
