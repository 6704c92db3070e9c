// What the tests of exchanges share: requests, runs against a scripted peer, and one line that says how they ended.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "exchange/http_exchange.hpp"
#include "exchange/upgrade_exchange.hpp"
#include "support/scripted_stream.hpp"
#include "support/websocket_server.hpp"

namespace wsprobe::exchange::test {

using wsprobe::test::Ending;
using wsprobe::test::Opcode;
using wsprobe::test::Peer;
using wsprobe::test::WebSocketServer;

/// ws://edge.test/api/ws?token=${valid}
Target target();
HttpSpec get();
UpgradeSpec upgrade();
/// One message with an answer, two pings and a hold.
UpgradeSpec upgrade_with_session();

/// A peer that says `answer` when the request has come.
Peer answering(std::string answer, Ending ending = Ending::silence);
/// A peer that is a server; it closes the connection after its close frame. `server` has to outlive it.
Peer serving(WebSocketServer& server);

ExchangeResult run_http(Peer& peer, HttpSpec spec = get());
ExchangeResult run_upgrade(Peer& peer, UpgradeSpec spec = upgrade());

/// "completed", "rejected by response", "rejected by close", or "PHASE REASON" of a failure.
std::string ending_of(const Outcome& outcome);
/// Everything of a result that has to be the same however the peer's bytes were cut; not so the excerpts of an answer
/// that could not be read, which show what had come by then.
std::string digest_of(const ExchangeResult& result);
/// Spans follow one another without overlapping, lie within the whole, and leave no negative rest.
void expect_accounted(const Timeline& times);
/// An error of this phase ended in a span of this phase.
void expect_phase_timed(const ExchangeResult& result);

}  // namespace wsprobe::exchange::test
