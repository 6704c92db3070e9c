// Points of wall time as text, always UTC.
#pragma once

#include <string>

#include "core/clock.hpp"

namespace wsprobe::exporters {

/// ISO 8601 with milliseconds: "2026-11-23T03:36:33.042Z".
[[nodiscard]] std::string iso_timestamp(WallTime time);

/// "2026-11-23".
[[nodiscard]] std::string iso_date(WallTime time);

}  // namespace wsprobe::exporters
