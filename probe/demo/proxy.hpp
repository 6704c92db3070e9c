// The demo's reverse proxy: what Caddy writes, with the faults that a configuration can give it.
#pragma once

#include <cstdint>
#include <string>

#include "core/evidence.hpp"
#include "demo/deployment.hpp"
#include "demo/request.hpp"
#include "net/connector.hpp"
#include "net/stream.hpp"

namespace wsprobe::demo {

class Proxy {
 public:
  Proxy(asio::io_context& context, Incident incident, std::uint16_t upstream_port);

  /// Serves one connection to its end. The proxy has to outlive it.
  net::awaitable<void> serve(net::StreamPtr client);
  /// Ends every connection to the upstream.
  void stop() { connector_.cancel(); }

 private:
  net::awaitable<void> forward(net::Stream& client, ServerRequest request);

  net::Connector connector_;
  Incident incident_;
  std::uint16_t upstream_port_;
};

}  // namespace wsprobe::demo
