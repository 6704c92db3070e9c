// Access logs: one line of a proxy's or an application's log, taken apart.
//
// There is no one format. What nearly all have in common is the request line in quotation marks with the status behind
// it; what stands before is the program's, the log driver's and the init system's affair, and is looked at only for the
// client and the time. HAProxy and the JSON loggers have forms of their own. Everything in a line but its form was
// written by whoever sent the request: it is data, and bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/report.hpp"

namespace wsprobe::witness {

/// X(enumerator, name in reports, whose log it is where the scenario does not say).
#define WSPROBE_LOG_FORMATS(X)             \
  X(uvicorn, "uvicorn", backend)           \
  X(hypercorn, "hypercorn", backend)       \
  X(aiohttp, "aiohttp", backend)           \
  X(combined, "combined", unknown)         \
  X(common, "common", unknown)             \
  X(ingress_nginx, "ingress-nginx", proxy) \
  X(traefik, "traefik", proxy)             \
  X(traefik_json, "traefik-json", proxy)   \
  X(haproxy, "haproxy", proxy)             \
  X(haproxy_tcp, "haproxy-tcp", proxy)     \
  X(caddy, "caddy", proxy)                 \
  X(json, "json", unknown)

enum class LogFormat : std::uint8_t {
#define WSPROBE_ENUMERATOR(name, text, owner) name,
  WSPROBE_LOG_FORMATS(WSPROBE_ENUMERATOR)
#undef WSPROBE_ENUMERATOR
};

[[nodiscard]] std::string_view name(LogFormat format);
/// Programs that only ever serve applications, or only ever stand before them. nginx, Apache and gunicorn write alike.
[[nodiscard]] LogOwner usual_owner(LogFormat format);

/// How the program took the request, where its log says so.
enum class Took : std::uint8_t { not_said, as_websocket, as_plain };

/// How an upstream's status stands in a line: many programs write "-" where they asked nobody.
enum class Upstream : std::uint8_t {
  not_said,   ///< the format has no place for it
  not_asked,  ///< there is a place, and it says that nobody was asked
  answered,   ///< upstream_status has it
};

struct AccessLine {
  LogFormat format = LogFormat::common;
  std::string method;  ///< empty where it is not said
  std::string target;  ///< as it is written there, query and all
  int status = 0;      ///< 0: not said
  Took took = Took::not_said;
  Upstream upstream = Upstream::not_said;
  int upstream_status = 0;  ///< of the last upstream that was asked
  std::string flags;        ///< HAProxy's termination state ("PR--"); what Caddy says went wrong
  std::string server;       ///< which upstream was chosen, where it is said
  std::string user_agent;
  std::string client;
  std::string time;  ///< as it is written there
};

/// Longer lines are not looked at.
inline constexpr std::size_t longest_line = 32 * 1024;

/// None where the line is not one of an access log that is known here. Colours of terminals and the prefixes of docker,
/// docker compose, journalctl and syslog are passed over.
[[nodiscard]] std::optional<AccessLine> parse_access_line(std::string_view line);

/// uvicorn and its like, when they cannot speak WebSocket at all and take an upgrade for an ordinary request.
[[nodiscard]] bool says_upgrades_are_not_supported(std::string_view line);

}  // namespace wsprobe::witness
