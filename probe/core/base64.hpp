// Base64 (RFC 4648, section 4), for bytes that have to travel as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsprobe {

[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// Strict: padded to whole groups of four, no other characters, no bits left over. None where it is not that.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace wsprobe
