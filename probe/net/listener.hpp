// Accepting plain TCP connections as Streams: for the embedded demo deployment and the daemon's endpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "net/asio.hpp"
#include "net/socket.hpp"
#include "net/stream.hpp"

namespace wsprobe::net {

class Listener {
 public:
  /// `address` is a numeric IP; port 0 lets the system choose.
  static Result<std::unique_ptr<Listener>> bind(asio::io_context& context, const std::string& address,
                                                std::uint16_t port);
  ~Listener();

  [[nodiscard]] std::uint16_t port() const;
  /// The next connection, or `cancelled` after close().
  awaitable<Result<StreamPtr>> accept();
  /// The same, before anything is put on the socket: for a server that starts TLS there, or ends it from outside.
  awaitable<Result<SocketPtr>> accept_socket();
  /// Also cancels every stream that was accepted here.
  void close();

 private:
  class Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsprobe::net
