// An HTTP/1.1 server that nobody can hold up: everything a client may do is bounded in time and size.
//
// One coroutine a connection. A client that says nothing costs a descriptor and a few kilobytes; where all places are
// taken, the connection that has been silent for longest makes room, so that whoever has something to ask is heard.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "net/asio.hpp"
#include "net/tls_server.hpp"
#include "web/request.hpp"
#include "web/response.hpp"

namespace wsprobe::web {

struct ServerLimits {
  RequestLimits request;
  std::size_t connections = 512;
  std::size_t streams = 64;                        ///< responses without an end, at the same time
  std::size_t requests = 10'000;                   ///< on one connection
  Duration head_time = std::chrono::seconds(10);   ///< for the handshake, and for a request from its first byte
  Duration idle_time = std::chrono::seconds(120);  ///< between requests, and before the first
  Duration write_time = std::chrono::seconds(30);
};

/// Must not throw. The request outlives the call.
using Handler = std::function<net::awaitable<Response>(const Request& request)>;

class Server {
 public:
  Server(asio::io_context& context, ServerLimits limits, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// `address` is a numeric IP; port 0 lets the system choose. May be called for several addresses. The port, or
  /// bad_configuration, local_error.
  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port);

  /// For connections from here on; null is plain HTTP. Asked again for each connection.
  void use_tls(std::function<std::shared_ptr<net::TlsServer>()> tls);

  /// No new connections; those without a request under way end at once, the others when they have been answered, and
  /// at `deadline` in any case.
  net::awaitable<void> drain(Deadline deadline);

  [[nodiscard]] std::size_t connections() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wsprobe::web
