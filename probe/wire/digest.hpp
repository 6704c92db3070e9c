// SHA-1 as the opening handshake wants it; websocketpp's, behind one door (ws_frames.cpp).
#pragma once

#include <string>
#include <string_view>

namespace wsprobe::wire {

/// The 20 bytes of the digest.
[[nodiscard]] std::string sha1(std::string_view text);

}  // namespace wsprobe::wire
