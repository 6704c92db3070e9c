// {"status":403, ...}, alone on the line or behind a prefix (Caddy's console encoder, docker compose).
//
// Caddy 2.6 and nginx 1.22 were measured; Traefik's keys are from its documentation, the others are what loggers of web
// frameworks commonly use.
#include <array>
#include <utility>

#include "wire/json_document.hpp"
#include "witness/formats.hpp"
#include "witness/scanner.hpp"

namespace wsprobe::witness {
namespace {

using wire::JsonDocument;

constexpr std::size_t longest_flags = 120;

template <std::size_t count>
std::string first_of(const JsonDocument& document, const std::array<std::string_view, count>& pointers) {
  for (const std::string_view pointer : pointers) {
    if (auto text = document.string_at(pointer)) return *std::move(text);
  }
  return {};
}

int status_at(const JsonDocument& document, std::string_view pointer) {
  return status_in(document.scalar_at(pointer).value_or(""));
}

/// A Caddy log line; the loggers of errors say what went wrong inside Caddy itself.
std::optional<AccessLine> read_caddy(const JsonDocument& document, std::string_view before) {
  if (!document.has("/request/uri") || !document.has("/request/method")) return std::nullopt;
  AccessLine line;
  line.format = LogFormat::caddy;
  line.method = document.string_at("/request/method").value_or("");
  line.target = document.string_at("/request/uri").value_or("");
  line.status = status_at(document, "/status");
  line.user_agent = document.string_at("/request/headers/User-Agent/0").value_or("");
  line.client = first_of(document, std::array<std::string_view, 2>{"/request/remote_ip", "/request/remote_addr"});
  line.time = document.scalar_at("/ts").value_or("");
  // It says 0 where the connection was taken over.
  const bool switched = line.status == 0 && document.has("/resp_headers/Sec-Websocket-Accept");
  if (switched) line.status = 101;
  const std::string logger = document.string_at("/logger").value_or(std::string(before));
  if (logger.find("http.log.error") != std::string::npos) {
    std::string what = document.string_at("/msg").value_or("");
    if (what.empty()) what = document.string_at("/error").value_or("an error");
    line.flags = what.substr(0, longest_flags);
  }
  return line;
}

std::optional<AccessLine> read_traefik(const JsonDocument& document) {
  if (!document.has("/DownstreamStatus") || !document.has("/RequestPath")) return std::nullopt;
  AccessLine line;
  line.format = LogFormat::traefik_json;
  line.method = document.string_at("/RequestMethod").value_or("");
  line.target = document.string_at("/RequestPath").value_or("");
  line.status = status_at(document, "/DownstreamStatus");
  line.upstream_status = status_at(document, "/OriginStatus");
  line.upstream = line.upstream_status != 0 ? Upstream::answered : Upstream::not_asked;
  line.server = first_of(document, std::array<std::string_view, 3>{"/ServiceURL", "/ServiceAddr", "/ServiceName"});
  line.user_agent = document.string_at("/request_User-Agent").value_or("");
  line.client = first_of(document, std::array<std::string_view, 2>{"/ClientAddr", "/ClientHost"});
  line.time = first_of(document, std::array<std::string_view, 2>{"/StartUTC", "/time"});
  return line;
}

/// "GET /path HTTP/1.1" in one string.
void read_request_string(const std::string& request, AccessLine& line) {
  Scanner words(request);
  const auto method = words.word();
  const auto target = words.word();
  if (!method || !target || !is_method(*method) || !is_target(*target)) return;
  line.method = *method;
  line.target = *target;
}

std::optional<AccessLine> read_any(const JsonDocument& document) {
  AccessLine line;
  line.format = LogFormat::json;
  read_request_string(document.string_at("/request").value_or(""), line);
  if (line.target.empty()) {
    line.method = first_of(document, std::array<std::string_view, 5>{"/request_method", "/method", "/http_method",
                                                                     "/req/method", "/verb"});
    line.target = first_of(document, std::array<std::string_view, 7>{"/request_uri", "/uri", "/url", "/path",
                                                                     "/req/url", "/request_path", "/http_path"});
  }
  for (const std::string_view pointer :
       {"/status", "/status_code", "/http_status", "/statusCode", "/res/statusCode", "/response_status"}) {
    if (line.status == 0) line.status = status_at(document, pointer);
  }
  if (!is_target(line.target) || line.status == 0) return std::nullopt;
  if (const auto upstream = document.scalar_at("/upstream_status")) read_upstream_status(*upstream, line);
  line.user_agent = first_of(document, std::array<std::string_view, 5>{"/http_user_agent", "/user_agent", "/agent",
                                                                       "/userAgent", "/req/headers/user-agent"});
  line.client = first_of(document, std::array<std::string_view, 3>{"/remote_addr", "/client_ip", "/client"});
  line.time =
      first_of(document, std::array<std::string_view, 4>{"/time", "/timestamp", "/time_iso8601", "/@timestamp"});
  return line;
}

}  // namespace

std::optional<AccessLine> parse_json(std::string_view text) {
  const std::size_t open = text.find('{');
  if (open == std::string_view::npos || !text.ends_with('}')) return std::nullopt;
  const auto document = JsonDocument::parse(text.substr(open));
  if (!document) return std::nullopt;
  if (auto line = read_caddy(*document, text.substr(0, open))) return line;
  if (auto line = read_traefik(*document)) return line;
  return read_any(*document);
}

}  // namespace wsprobe::witness
