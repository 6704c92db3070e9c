// nginx's limits and access rules in front of whatever answers.
#pragma once

#include <optional>

#include "lint/nginx_context.hpp"
#include "lint/nginx_site.hpp"

namespace wsprobe::lint::nginx {

struct Refusal {
  const Directive* by = nullptr;
  int status = 403;
};

/// Finds what limits and credentials do; a refusal that meets every client ends the request.
[[nodiscard]] std::optional<Refusal> check_access(const Http& http, const Chain& chain, Walk& walk);

}  // namespace wsprobe::lint::nginx
