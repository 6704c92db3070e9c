// Follows the request of a WebSocket through one frontend of HAProxy and the backend that it chooses: tcp-request,
// http-request and redirect rules, use_backend, the backend's own rules, its servers, http-response rules.
#pragma once

#include <vector>

#include "lint/haproxy_text.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::haproxy {

/// A `frontend` or `listen` section, and the port of the bind that takes the request.
struct Entrance {
  const Section* section = nullptr;
  const Line* bind = nullptr;
  std::uint16_t port = 0;
  bool tls = false;
  std::vector<const Section*> rivals;  ///< that bind the same port and address
};

void follow(const std::vector<Section>& sections, const Entrance& entrance, const Question& question,
            const Deployment& deployment, Result& result);

/// "http" or "tcp"; tcp where nobody says.
[[nodiscard]] std::string mode_of(const std::vector<Section>& sections, const Section& section);

}  // namespace wsprobe::lint::haproxy
