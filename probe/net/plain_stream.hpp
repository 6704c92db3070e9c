// A Stream straight on a socket.
#pragma once

#include "net/socket.hpp"
#include "net/stream.hpp"

namespace wsprobe::net {

class PlainStream final : public Stream {
 public:
  explicit PlainStream(SocketPtr socket) : socket_(std::move(socket)) {}

  awaitable<Result<std::size_t>> read_some(std::span<std::byte> into, Phase phase, Deadline deadline) override;
  awaitable<Result<void>> write(std::span<const std::byte> bytes, Phase phase, Deadline deadline) override;
  [[nodiscard]] bool is_quiet() override;
  void close() override { socket_->close(); }

 private:
  SocketPtr socket_;
};

}  // namespace wsprobe::net
