// One address, two ways of asking for a WebSocket: HTTP/1.1 with Upgrade, and HTTP/2 with extended CONNECT (RFC 8441).
#pragma once

#include "attribution/attribution.hpp"

namespace wsprobe::attribution {

/// Compares the upgrade over HTTP/2 (the experiment http2_websocket) with the step it repeats. Where the step was
/// accepted and the edge offers WebSocket over HTTP/2 without being able to do it, the verdict becomes that: browsers
/// use what is offered. Otherwise it is said in the reasons how the edge speaks HTTP/2, and in the summary where the
/// upgrade is accepted over HTTP/2 alone.
void name_transports(const Input& input, Attribution& attribution);

/// The exchange over HTTP/2, the last one of a run, was cancelled or ended for want of time: it was waited for less
/// than half a second, or less than four times as long as `usual` took for the same. That says nothing about the edge.
[[nodiscard]] bool was_cut_short(const StepReport& over, const StepReport& usual);

}  // namespace wsprobe::attribution
