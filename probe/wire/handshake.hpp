// The WebSocket opening handshake (RFC 6455 sections 4.1, 4.2.2), client side.
//
// The 101 is judged here, strictly and before any frame, because a lenient check turns something in between that says
// 101 into a false green.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/evidence.hpp"
#include "wire/deflate.hpp"
#include "wire/request_writer.hpp"

namespace wsprobe::wire {

/// Sec-WebSocket-Key of 16 random bytes (base64, 24 characters).
[[nodiscard]] std::string make_key(std::span<const std::byte, 16> random);

/// The Sec-WebSocket-Accept that answers `key`.
[[nodiscard]] std::string accept_for(std::string_view key);

struct Offer {
  std::string key;
  std::vector<Text> subprotocols;
  std::vector<std::string> extensions;  ///< as offered; none means none may come back
};

/// Host apart, the fields of the handshake in the order browsers use:
/// Connection, Upgrade, Sec-WebSocket-Version, Sec-WebSocket-Key, and the offers.
[[nodiscard]] std::vector<RequestField> handshake_fields(const Offer& offer);

struct Accepted {
  std::string subprotocol;
  std::string extensions;
  std::optional<DeflateParameters> deflate;  ///< where permessage-deflate is among the extensions
};

/// Judges a 101. One reason per way of being wrong (accept_missing, accept_wrong, accept_repeated, upgrade_header_bad,
/// connection_header_bad, subprotocol_bad, extension_bad, body_on_switch, http_version_unsupported).
[[nodiscard]] Result<Accepted> judge_switch(const ResponseHead& head, const Offer& offer);

/// The part of it that HTTP/2 has as well: the subprotocol and the extensions (subprotocol_bad, extension_bad).
[[nodiscard]] Result<Accepted> judge_choices(const ResponseHead& head, const Offer& offer);

}  // namespace wsprobe::wire
