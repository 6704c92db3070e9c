// Reading the health document.
#pragma once

#include "core/evidence.hpp"
#include "core/report.hpp"

namespace wsprobe::engine {

/// What the document says. Nested decoys do not count: only the members at their own place, of their own type.
[[nodiscard]] HealthFacts read_health(const Response& response);

}  // namespace wsprobe::engine
