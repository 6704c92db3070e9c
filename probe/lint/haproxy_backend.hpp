// What becomes of the request in the backend of HAProxy that it was given to: which servers may get it, in which
// protocol, and for how long a connection on which nothing passes is left open.
#pragma once

#include <vector>

#include "lint/haproxy_conditions.hpp"
#include "lint/haproxy_text.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::haproxy {

struct Forwarding {
  const std::vector<Section>& sections;
  const Section& frontend;
  const Section& backend;
  const Request& request;
  const Line* path_changed_by = nullptr;  ///< the last rule that changed the path
};

void forward(const Forwarding& with, Walk& walk);

/// The rule, but not for the WebSocket's path.
[[nodiscard]] Correction exempted(const Line& rule, const std::string& path);

}  // namespace wsprobe::lint::haproxy
