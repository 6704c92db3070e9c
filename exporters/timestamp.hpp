// Points of wall time as text, always UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace wsprobe::exporters {

/// ISO 8601 with milliseconds: "2026-11-23T03:36:33.042Z".
[[nodiscard]] std::string iso_timestamp(WallTime time);

/// What iso_timestamp() writes, and nothing else; of the years 1678 to 2261, which WallTime can hold.
[[nodiscard]] std::optional<WallTime> parse_timestamp(std::string_view text);

/// "2026-11-23".
[[nodiscard]] std::string iso_date(WallTime time);

}  // namespace wsprobe::exporters
