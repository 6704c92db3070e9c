// HTTP/2 (RFC 9113), client side, sans-I/O, for one WebSocket by extended CONNECT (RFC 8441), on nghttp2.
//
// nghttp2 is confined to http2_session.cpp. It keeps the protocol; the bounds on what a peer may send are ours as far
// as nghttp2 has none: all frames, those that carry no data, all bytes, and the size of the response's head.
//
// A server that offers WebSocket over HTTP/2 says so in its SETTINGS. There is then no 101 and no key: a request with
// `:method: CONNECT` and `:protocol: websocket` is accepted with a 200, and the stream's DATA are the frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/evidence.hpp"
#include "wire/request_writer.hpp"

namespace wsprobe::wire {

struct Http2Limits {
  std::size_t head_bytes = 64 * 1024;            ///< names and values of one head, before compression
  std::size_t fields = 256;                      ///< of one head
  std::size_t interim_responses = 16;            ///< 1xx before the final response
  std::uint64_t frames = 100'000;                ///< of one connection
  std::uint64_t frames_without_data = 1000;      ///< SETTINGS, PING, WINDOW_UPDATE and the like
  std::uint64_t input_bytes = 33 * 1024 * 1024;  ///< of one connection; a session's own bound lies below
  std::size_t unread_bytes = 1024 * 1024;        ///< of the stream; flow control keeps honest peers far below
  std::size_t unsent_bytes = 1024 * 1024;        ///< that the peer's window does not let us send
};

/// The stream that asks for a WebSocket.
struct Http2Connect {
  std::string scheme = "https";
  std::string authority;             ///< what HTTP/1.1 has in Host
  Text path;                         ///< with the query
  std::vector<RequestField> fields;  ///< any case; those that belong to an HTTP/1.1 connection are left out
};

class Http2Session {
 public:
  explicit Http2Session(Http2Limits limits = {});
  ~Http2Session();
  Http2Session(Http2Session&&) noexcept;
  Http2Session& operator=(Http2Session&&) noexcept;

  /// Takes all bytes. Errors: http2_error, http2_limit, http2_goaway, http2_reset, head_too_large, too_many_fields,
  /// too_many_interim; the phase is first_byte until the response's head is complete, then message. After an error it
  /// stays failed. A stream that the peer resets is an error here only before it was answered.
  Result<void> feed(std::span<const std::byte> bytes);

  /// What has to be sent now: the preface at first, then whatever feed(), connect() and send() led to.
  [[nodiscard]] std::string take_output();

  /// The peer's first SETTINGS came.
  [[nodiscard]] bool has_settings() const { return facts().settings; }
  [[nodiscard]] const Http2Facts& facts() const;

  /// Once, after the peer's SETTINGS.
  Result<void> connect(const Http2Connect& request);

  /// The final response's head is complete. Its `raw` is what it would look like in HTTP/1.1, with "HTTP/2" in front.
  [[nodiscard]] bool head_done() const;
  [[nodiscard]] const ResponseHead& head() const;
  [[nodiscard]] const std::vector<int>& interim_statuses() const;

  /// The stream's bytes that have come and were not read yet, moved into `into`; how many.
  std::size_t read(std::span<std::byte> into);
  [[nodiscard]] bool has_unread() const;
  /// The peer has ended the stream in order: nothing comes after what is unread.
  [[nodiscard]] bool ended() const;
  /// The stream is gone without such an end: the code, in words, or empty.
  [[nodiscard]] const std::string& broken() const;

  /// Queues bytes of the stream. Errors: session_output_limit.
  Result<void> send(std::string_view bytes);
  /// Ends the connection in order (GOAWAY); nothing may be asked after it.
  void finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsprobe::wire
