// What a handler answers with.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/evidence.hpp"
#include "net/asio.hpp"

namespace wsprobe::web {

/// Where a response is written that has no end of its own (server-sent events).
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// False: the client is gone, or the server is shutting down.
  virtual net::awaitable<bool> write(std::string text) = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<HeaderField> fields;  ///< besides those that every response has; same name: this one counts
  /// In place of `body`: writes until it is done; the connection ends with it.
  std::function<net::awaitable<void>(BodyWriter&)> stream;
};

[[nodiscard]] Response text_response(int status, std::string body);
[[nodiscard]] Response html_response(int status, std::string body);
[[nodiscard]] Response json_response(int status, std::string body);
[[nodiscard]] Response redirect(std::string path);

[[nodiscard]] std::string_view reason_phrase(int status);

/// "Mon, 23 Nov 2026 02:03:46 GMT"
[[nodiscard]] std::string http_date(WallTime time);

/// Status line and fields. `fields` stand before those that every response has, and in place of them.
struct HeadOptions {
  bool keep_alive = true;
  std::size_t length = 0;  ///< of the body; not sent with a stream
  WallTime now{};
};
[[nodiscard]] std::string write_head(const Response& response, const HeadOptions& options);

}  // namespace wsprobe::web
