// As much of an HTTP server as the demo needs: one request a connection, read within bounds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/evidence.hpp"
#include "net/stream.hpp"

namespace wsprobe::demo {

struct ServerRequest {
  std::string method;
  std::string path;   ///< without the query
  std::string query;  ///< without '?'
  std::vector<HeaderField> fields;

  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] bool wants_websocket() const;
};

/// None where the peer sent no readable head of at most 16 KiB in time. Bytes after the head are not read.
net::awaitable<std::optional<ServerRequest>> read_request(net::Stream& stream);

/// A response with these fields in this order; the body's length is up to the caller.
[[nodiscard]] std::string write_response(std::string_view status_line, const std::vector<HeaderField>& fields,
                                         std::string_view body);

net::awaitable<bool> send_all(net::Stream& stream, std::string text);

/// "Mon, 23 Nov 2026 02:03:46 GMT"
[[nodiscard]] std::string http_date();

}  // namespace wsprobe::demo
