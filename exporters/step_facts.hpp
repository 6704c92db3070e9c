// What several exporters read out of a report in the same way.
#pragma once

#include <optional>

#include "core/report.hpp"

namespace wsprobe::exporters {

/// The first step that asks for a plain response, or null.
[[nodiscard]] const StepReport* first_http(const Report& report);

/// The upgrade that ought to work: the first that is expected to be accepted, else the first with the valid
/// credential, else the first; null without one.
[[nodiscard]] const StepReport* main_upgrade(const Report& report);

/// 0 without an answer.
[[nodiscard]] int status_of(const StepReport& step);

/// A 101 that was not taken back by a close that refuses.
[[nodiscard]] bool was_accepted(const StepReport& step);

[[nodiscard]] bool was_rejected(const StepReport& step);

/// An upgrade with an invalid credential that was accepted and held, and was not meant to be.
[[nodiscard]] bool let_in(const StepReport& step);

/// Whether the target's scheme is wss or https.
[[nodiscard]] bool uses_tls(const Report& report);

/// Of the chain the peer sent, verified or not; none where there was none to see.
[[nodiscard]] std::optional<WallTime> earliest_certificate_end(const StepReport& step);

[[nodiscard]] double unix_seconds(WallTime time);

/// The median round trip of the answered pings.
[[nodiscard]] std::optional<Duration> median_ping(const StepReport& step);

}  // namespace wsprobe::exporters
