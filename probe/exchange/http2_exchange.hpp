// The upgrade as a browser makes it over HTTP/2: TLS with h2 in the offer, the peer's SETTINGS, and, where those offer
// it, a WebSocket by extended CONNECT (RFC 8441).
//
// Browsers do not ask for HTTP/2 when they open a connection for a WebSocket. They use it where they have an HTTP/2
// connection to that origin already, from the page or from a fetch, and its server has advertised this. So an edge that
// advertises it without being able to do it works for some users and not for others.
#pragma once

#include <cstdint>
#include <functional>

#include "exchange/upgrade_exchange.hpp"

namespace wsprobe::exchange {

/// Whether the WebSocket is asked for once the peer's SETTINGS offer it.
enum class Ask : std::uint8_t { now, not_on_this_connection };
using BeforeAsking = std::function<net::awaitable<Ask>()>;

/// How far it goes is the peer's choice, and evidence says it:
/// - the peer does not choose h2: Completed; evidence.tls->alpn is what it chose, evidence.http2 is not set;
/// - it chooses h2 and does not offer WebSocket: Completed; evidence.http2->connect_protocol is false;
/// - it offers it and `before_asking` does not want to ask: Completed, without a response;
/// - it offers it: as upgrade_exchange(), where the acceptance is a response of class 2xx. Besides the failures of that
///   http2_reset, http2_goaway, http2_error and http2_limit.
/// Before it asks it asks `before_asking` (if any), which may take its time; a peer that is kept waiting may close.
/// `spec.target` has to be one of TLS. while_held and while_closing are not called. `opener` and `result` have to
/// outlive the call. Throws nothing.
net::awaitable<void> http2_upgrade_into(net::Opener& opener, UpgradeSpec spec, Deadline deadline,
                                        ExchangeResult& result, BeforeAsking before_asking = {});

/// Nothing was done with the request, and whoever asked may ask again on another connection, as browsers do: the peer
/// was about to end this one (RFC 9113 section 6.8), refused the stream (section 8.7), or closed before it answered.
[[nodiscard]] bool may_be_asked_again(const ExchangeResult& result);

}  // namespace wsprobe::exchange
