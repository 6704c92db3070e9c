// One WebSocket exchange: open, handshake, judge the answer, run the session, close cleanly.
#pragma once

#include <string>
#include <vector>

#include "core/secret.hpp"
#include "exchange/http_exchange.hpp"
#include "exchange/session.hpp"
#include "wire/ws_frames.hpp"

namespace wsprobe::exchange {

struct UpgradeSpec {
  Target target;
  std::vector<wire::RequestField> fields;  ///< besides Host and the handshake: Origin, Cookie, Authorization
  std::vector<Text> subprotocols;          ///< tokens travel here too
  std::vector<std::string> extensions;     ///< offers as they are written; only permessage-deflate can be used
  SessionSpec session;
  wire::DecoderLimits limits;
  wire::SessionLimits session_limits;
  std::string websocket_version = "13";  ///< experiments send 99
  /// Run once when the messages are through, beside the pings and the hold, which lasts at least until it returns.
  std::function<net::awaitable<void>()> while_held;
  /// Run once beside our closing handshake, from when our close frame has been sent; not where the peer closes first.
  std::function<net::awaitable<void>()> while_closing;
};

/// Completed: 101 and the session went as asked. Rejected: another response, read to its end, or a close frame of the
/// peer with a refusing code that is not the echo of ours. Failed: everything else, with phase and reason; an expected
/// message that did not come is timeout_message, a close with another code before the session was over is closed_early.
/// `opener` has to outlive the call. Throws nothing.
///
/// Even where the session asks for nothing (no message, ping or hold), a rejection right after the 101 is looked for:
/// the close handshake is made and the peer's code decides. A close frame that the peer sent before it read ours
/// carries the peer's own code; an echo carries ours.
net::awaitable<ExchangeResult> upgrade_exchange(net::Opener& opener, UpgradeSpec spec, Deadline deadline);

/// The same into `result`, which has to outlive the call: while it runs, `result.evidence` says how far it has come.
net::awaitable<void> upgrade_exchange_into(net::Opener& opener, UpgradeSpec spec, Deadline deadline,
                                           ExchangeResult& result);

}  // namespace wsprobe::exchange
