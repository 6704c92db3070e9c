// Reports in the history are compressed: JSON shrinks to an eighth.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsprobe::monitor {

/// zlib's format (RFC 1950). None where there is no memory.
[[nodiscard]] std::optional<std::string> compress(std::string_view text);

/// None where it is not what compress() made, or would be larger than 64 MiB.
[[nodiscard]] std::optional<std::string> decompress(std::string_view compressed);

}  // namespace wsprobe::monitor
