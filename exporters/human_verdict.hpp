// The part of the human report that comes first: headline, claims, remedy and reasons.
#pragma once

#include <cstdint>

#include "core/report.hpp"
#include "exporters/page.hpp"

namespace wsprobe::exporters {

/// A terminal of 80 columns has so many lines.
inline constexpr int screen_lines = 24;

enum class Room : std::uint8_t { one_screen, unbounded };

/// What did not fit.
struct VerdictRest {
  bool remedy = false;
  bool reasons = false;
};

/// Reasons stand in the order of their weight, those that speak against the verdict marked. The first paragraph of the
/// remedy and the first reason are there however long they are.
[[nodiscard]] VerdictRest write_verdict(Page& page, const Report& report, Room room);

/// Those parts again, whole.
void write_verdict_rest(Page& page, const Report& report, const VerdictRest& rest);

/// Only headline and summary: for a run with nothing to explain.
void write_headline(Page& page, const Report& report);

}  // namespace wsprobe::exporters
