// Caddy's JSON (https://caddyserver.com/docs/json/) as servers with routes.
#pragma once

#include <string>
#include <vector>

#include "lint/caddy_routes.hpp"
#include "lint/document.hpp"

namespace wsprobe::lint::caddy {

/// The servers of apps.http, or of what stands at the root in its place (a part of the configuration, as the admin API
/// gives it: an `http` app, one server, a list of routes).
[[nodiscard]] std::vector<Server> servers_of_json(const Source& source, const Node& root);

/// "3s", "1m30s" as Go writes them, or nanoseconds as a number.
[[nodiscard]] std::optional<Duration> go_duration(std::string_view text);

}  // namespace wsprobe::lint::caddy
