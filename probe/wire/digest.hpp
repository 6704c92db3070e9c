// SHA-1 and base64 as the opening handshake wants them; websocketpp's, behind one door (ws_frames.cpp).
#pragma once

#include <string>
#include <string_view>

namespace wsprobe::wire {

/// The 20 bytes of the digest.
[[nodiscard]] std::string sha1(std::string_view text);
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace wsprobe::wire
