// Two clocks, never mixed: the steady clock measures durations and deadlines, the system clock only dates a report.
#pragma once

#include <chrono>

namespace wsprobe {

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;
using Duration = SteadyClock::duration;
using WallTime = std::chrono::system_clock::time_point;

/// The moment by which an operation has to be over. One is made per run and handed down; each step takes the
/// earlier of its own and the run's.
using Deadline = TimePoint;

/// A duration as the decimal seconds that reports and metrics use.
[[nodiscard]] inline double to_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace wsprobe
