// What answered, when it was not HTTP/1.x.
#pragma once

#include <string>
#include <string_view>

namespace wsprobe::wire {

/// One clause about the first bytes of a peer: "a TLS alert: the port wants TLS", "an SSH banner ...", with an escaped
/// excerpt where the protocol is unknown.
[[nodiscard]] std::string describe_foreign_bytes(std::string_view bytes);

/// The bytes may be the beginning of a known protocol's greeting: with a few more it could be named.
[[nodiscard]] bool may_be_cut(std::string_view bytes);

}  // namespace wsprobe::wire
