// The demo's application: what a FastAPI program on uvicorn answers.
//
// GET /api/system/health gives the health document; /api/ws is the only WebSocket route and wants the right token. As
// with uvicorn, an unknown WebSocket path is refused with the very bytes of a refused token, and a GET of the route
// without an upgrade is a 404 of the framework.
#pragma once

#include <string>

#include "demo/request.hpp"
#include "net/stream.hpp"

namespace wsprobe::demo {

class Application {
 public:
  explicit Application(std::string token) : token_(std::move(token)) {}

  /// Serves one connection to its end. The application has to outlive it.
  net::awaitable<void> serve(net::StreamPtr stream);

 private:
  net::awaitable<void> serve_websocket(net::Stream& stream, const ServerRequest& request);
  [[nodiscard]] std::string health_document() const;

  std::string token_;
  int active_connections_ = 0;
};

}  // namespace wsprobe::demo
