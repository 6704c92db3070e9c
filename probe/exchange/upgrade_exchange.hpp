// One WebSocket exchange: open, handshake, judge the answer, run the session, close cleanly.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/secret.hpp"
#include "exchange/http_exchange.hpp"
#include "wire/ws_frames.hpp"

namespace wsprobe::exchange {

/// What a message of the peer has to be.
struct ExpectText { std::string text; };
/// Each pointer has to lead to a scalar that reads as the given text (see wire::JsonDocument::scalar_at).
struct ExpectJson { std::vector<std::pair<std::string, std::string>> values; };
/// RE2-free: ECMAScript syntax (std::regex), searched in at most 4 KiB of the message.
struct ExpectRegex { std::string pattern; };
using MessageExpectation = std::variant<std::monostate, ExpectText, ExpectJson, ExpectRegex>;

/// Something to send (if any) and something to wait for (if any). Messages that do not match are passed over until
/// the deadline; the last one is kept as evidence.
struct MessageSpec {
  std::optional<Text> send;
  MessageExpectation expect;
};

struct SessionSpec {
  std::vector<MessageSpec> messages;
  int pings = 0;          ///< round trips, one after the other; 0..1000
  Duration hold{};        ///< stay connected for so long after messages and pings
  int close_code = 1000;  ///< what we close with
};

struct UpgradeSpec {
  Target target;
  std::vector<wire::RequestField> fields;  ///< besides Host and the handshake (Origin, Cookie, Authorization ...)
  std::vector<Text> subprotocols;  ///< tokens travel here too
  SessionSpec session;
  wire::DecoderLimits limits;
  wire::SessionLimits session_limits;
  std::string websocket_version = "13";  ///< experiments send 99
  /// Run once while the socket is held open; the hold lasts at least until it returns.
  std::function<net::awaitable<void>()> while_held;
};

/// Completed: 101 and the session went as asked. Rejected: another response, or a close frame of the peer with a
/// refusing code before the session was done. Failed: everything else, with phase and reason; an expected message that
/// did not come is timeout_message, a polite close (1000, 1001) before the session was done is closed_early.
///
/// Even where the session asks for nothing (no message, ping or hold), a rejection right after the 101 is looked for:
/// the close handshake is made, and a peer that sent its own close first is told from one that echoes ours by its code.
/// A peer that never echoes our close is noted in the evidence (CloseFacts::echoed) and is no failure.
net::awaitable<ExchangeResult> upgrade_exchange(net::Opener& opener, UpgradeSpec spec, Deadline deadline);

/// Codes with which an application refuses after accepting: 1002, 1003, 1007, 1008, 1011..1014, 3000..4999
/// (RFC 6455 section 7.4; 3000 and up are the application's own).
[[nodiscard]] bool refuses(int close_code);

}  // namespace wsprobe::exchange
