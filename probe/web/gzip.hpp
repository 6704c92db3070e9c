// Compression of a response body, RFC 1952.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsprobe::web {

/// Whether an Accept-Encoding field lets gzip be sent: it is named, and not with q=0.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

/// None where zlib has no memory.
[[nodiscard]] std::optional<std::string> gzip(std::string_view text);

}  // namespace wsprobe::web
