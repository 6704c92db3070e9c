// What Apache forwards: where to, with or without the upgrade, and how long a silent WebSocket stays open.
#pragma once

#include <string>
#include <vector>

#include "lint/apache_text.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::apache {

/// A URL as ProxyPass, BalancerMember and [P] write it.
struct Target {
  std::string scheme;     ///< lower case
  std::string authority;  ///< "app:8000"
  std::string path;       ///< "" where there is none
};

[[nodiscard]] Target target_of(std::string_view url);

struct Forwarding {
  const Directive& by;                            ///< ProxyPass, ProxyPassMatch, RewriteRule
  std::string url;                                ///< with the path that the application is asked for
  const std::vector<const Directive*>& in_force;  ///< of the server and of the sections that hold for the path
  const Directive* changed_by = nullptr;          ///< a rewrite before it
};

void forward(const Forwarding& with, Walk& walk);

/// A ProxyPass of the WebSocket's own.
[[nodiscard]] Correction own_proxy_pass(const Walk& walk, std::string_view url);

}  // namespace wsprobe::lint::apache
