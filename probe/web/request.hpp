// A request as a server reads it, sans-I/O (RFC 9112).
//
// Strict, because whoever reads leniently reads differently from the proxy in front: bare line feeds, folded lines,
// white space before a colon, two lengths or a transfer coding are refused, not repaired.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/evidence.hpp"

namespace wsprobe::web {

struct Request {
  std::string method;
  std::string path;   ///< percent-decoded, from "/"
  std::string query;  ///< as it came, without '?'
  std::vector<HeaderField> fields;
  std::string body;
  bool keep_alive = true;

  /// The first field of that name (any case), or null.
  [[nodiscard]] const std::string* find(std::string_view field_name) const;
  /// The first parameter of that name in the query, decoded; none where it is not there.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
};

struct RequestLimits {
  std::size_t line = 8 * 1024;
  std::size_t head = 16 * 1024;
  std::size_t fields = 100;
  std::size_t body = 64 * 1024;
};

class RequestParser {
 public:
  enum class State : std::uint8_t { head, body, complete, refused };

  explicit RequestParser(RequestLimits limits = {}) : limits_(limits) {}

  /// Takes what has arrived. What follows a complete request is kept for the next one.
  State feed(std::string_view bytes);
  [[nodiscard]] State state() const { return state_; }
  /// Nothing of a request has arrived.
  [[nodiscard]] bool is_untouched() const { return state_ == State::head && buffer_.empty(); }
  /// Once refused: 400, 413, 414, 431, 501 or 505.
  [[nodiscard]] int refusal() const { return refusal_; }
  /// Whether the client waits for "100 Continue" before it sends the body. True once.
  [[nodiscard]] bool take_expectation();
  /// The complete request. The parser goes on with what followed it: look at state() before reading more.
  [[nodiscard]] Request take();

 private:
  State advance();
  State read_head();
  State refuse(int status);
  /// 0, or the status of a refusal.
  int read_request_line(std::string_view line);
  int read_field(std::string_view line);
  int conclude_head();

  RequestLimits limits_;
  std::string buffer_;
  std::size_t searched_ = 0;
  State state_ = State::head;
  int refusal_ = 0;
  Request request_;
  std::size_t body_size_ = 0;
  bool old_version_ = false;  // HTTP/1.0
  bool expects_continue_ = false;
};

/// %XX decoded; `plus` is a space in queries. None where a sequence is broken.
enum class PlusSign : std::uint8_t { literal, space };
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, PlusSign plus);

}  // namespace wsprobe::web
