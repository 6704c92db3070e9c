// HMAC-SHA-256 (RFC 2104): a text that can be recognised later without being kept.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace wsprobe::net {

using Digest = std::array<std::byte, 32>;

[[nodiscard]] Digest keyed_digest(const Digest& key, std::string_view text);

}  // namespace wsprobe::net
