// The families of formats; parse_access_line() asks them in turn. Each gives none for a line that is not its own.
#pragma once

#include "witness/access_log.hpp"

namespace wsprobe::witness {

/// The request in quotation marks: uvicorn, hypercorn, aiohttp, gunicorn, nginx, Apache, Traefik.
[[nodiscard]] std::optional<AccessLine> parse_quoted_request(std::string_view line);
/// HAProxy's `option httplog` and `option tcplog`.
[[nodiscard]] std::optional<AccessLine> parse_haproxy(std::string_view line);
/// Caddy (the console encoder too), Traefik, and the keys that people give nginx.
[[nodiscard]] std::optional<AccessLine> parse_json(std::string_view line);

/// What stands where an upstream's status is printed: "403", "-", "", "502, 200".
void read_upstream_status(std::string_view text, AccessLine& into);

}  // namespace wsprobe::witness
