// The byte stream inside an HTTP/2 stream, so that a WebSocket session need not know what carries it.
#pragma once

#include "exchange/read_buffer.hpp"
#include "net/stream.hpp"
#include "wire/http2_session.hpp"

namespace wsprobe::exchange {

class Http2Stream final : public net::Stream {
 public:
  explicit Http2Stream(net::StreamPtr below) : below_(std::move(below)) {}

  [[nodiscard]] wire::Http2Session& session() { return session_; }

  /// Sends what the session has to send.
  net::awaitable<Result<void>> flush(Phase phase, Deadline deadline);
  /// Waits for bytes of the peer, hands them to the session and sends its answers. Besides what Stream and Http2Session
  /// say: closed_without_close_frame where the peer has closed the connection.
  net::awaitable<Result<void>> receive(Phase phase, Deadline deadline);

  /// The bytes of the one HTTP/2 stream. Its reset is reset_in_session, and so is a connection that ends without it.
  /// Not at the same time as a write.
  net::awaitable<Result<std::size_t>> read_some(std::span<std::byte> into, Phase phase, Deadline deadline) override;
  /// What the peer's window does not take yet is sent while reading.
  net::awaitable<Result<void>> write(std::span<const std::byte> bytes, Phase phase, Deadline deadline) override;
  [[nodiscard]] bool is_quiet() override { return !session_.has_unread() && below_->is_quiet(); }
  void close() override { below_->close(); }

 private:
  net::StreamPtr below_;
  wire::Http2Session session_;
  ReadBuffer buffer_;
};

}  // namespace wsprobe::exchange
