// ... "GET /path HTTP/1.1" 403 ...
//
// Measured on uvicorn 0.17, hypercorn 0.13, gunicorn 20.1, aiohttp 3.8, nginx 1.22 and Apache 2.4; newer uvicorn (the
// query in WebSocket lines), Traefik's and ingress-nginx's lines are from their documentation.
#include <utility>

#include "witness/formats.hpp"
#include "witness/scanner.hpp"

namespace wsprobe::witness {
namespace {

/// Strings in quotation marks that may come before the request line (an empty user, a virtual host).
constexpr int most_quotes_before = 3;

struct RequestLine {
  std::string_view method;
  std::string_view target;
  std::string_view version;  ///< empty: uvicorn's "WebSocket /path"
};

/// Targets hold no spaces, so there is exactly one way to read it.
std::optional<RequestLine> read_request_line(std::string_view text) {
  const std::size_t first = text.find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const std::string_view method = text.substr(0, first);
  const std::string_view after = text.substr(first + 1);
  const std::size_t second = after.find(' ');
  const RequestLine line{method, after.substr(0, second),
                         second == std::string_view::npos ? std::string_view() : after.substr(second + 1)};
  if (!is_target(line.target)) return std::nullopt;
  if (line.version.empty()) return method == "WebSocket" ? std::optional(line) : std::nullopt;
  const bool http = line.version.starts_with("HTTP/") && line.version.size() <= 8;
  const bool bare = line.version == "1.0" || line.version == "1.1" || line.version == "2" || line.version == "3";
  return is_method(method) && (http || bare) ? std::optional(line) : std::nullopt;
}

struct Found {
  std::string_view before;
  RequestLine request;
  std::string_view after;
};

std::optional<Found> find_request_line(std::string_view line) {
  std::size_t open = line.find('"');
  for (int tries = 0; tries <= most_quotes_before && open != std::string_view::npos; ++tries) {
    const std::size_t close = closing_quote(line, open + 1);
    if (close == std::string_view::npos) return std::nullopt;
    if (const auto request = read_request_line(line.substr(open + 1, close - open - 1))) {
      return Found{line.substr(0, open), *request, line.substr(close + 1)};
    }
    open = line.find('"', close + 1);
  }
  return std::nullopt;
}

std::string_view without_end(std::string_view text, std::string_view end) {
  return text.ends_with(end) ? text.substr(0, text.size() - end.size()) : std::string_view();
}

std::string_view last_word(std::string_view text) {
  const std::size_t end = text.find_last_not_of(' ');
  if (end == std::string_view::npos) return {};
  const std::size_t space = text.find_last_of(" \t", end);
  return text.substr(space == std::string_view::npos ? 0 : space + 1, end - space);
}

/// `127.0.0.1:51470 - "` and, up to 0.17 or so for WebSockets, `('127.0.0.1', 51470) - "`.
std::optional<AccessLine> read_uvicorn(const Found& found) {
  const std::string_view peer = without_end(found.before, " - ");
  if (peer.empty()) return std::nullopt;
  AccessLine line;
  line.format = LogFormat::uvicorn;
  if (const std::size_t open = peer.rfind('('); peer.ends_with(')') && open != std::string_view::npos) {
    line.client = peer.substr(open);
  } else {
    line.client = last_word(peer);
  }
  const bool websocket = found.request.version.empty();
  line.took = websocket ? Took::as_websocket : Took::as_plain;
  line.method = websocket ? "GET" : std::string(found.request.method);
  Scanner after(found.after);
  const std::string_view first = after.word().value_or("");
  line.status = websocket && first == "[accepted]" ? 101 : status_in(first);
  return line.status != 0 ? std::optional(std::move(line)) : std::nullopt;
}

/// Client and time stand before the request: `host ident user [time] "`; aiohttp has neither ident nor user.
bool read_origin(std::string_view before, AccessLine& line) {
  const std::size_t close = before.rfind(']');
  const std::size_t open = before.rfind('[', close);
  if (close == std::string_view::npos || open == std::string_view::npos) return false;
  line.time = before.substr(open + 1, close - open - 1);
  std::string_view head = before.substr(0, open);
  const std::string_view user = last_word(head);
  head = head.substr(0, static_cast<std::size_t>(user.data() - head.data()));
  const std::string_view ident = last_word(head);
  if (ident == "-" || user == "-") {
    head = head.substr(0, static_cast<std::size_t>(ident.data() - head.data()));
    line.client = last_word(head);
  } else {
    // Python's logging may put the logger's name directly before it.
    const std::size_t logger = user.rfind("access:");
    line.client = logger == std::string_view::npos ? user : user.substr(logger + 7);
    line.format = LogFormat::aiohttp;
  }
  return true;
}

/// `12 "router@docker" "http://10.0.0.2:80" 5ms` behind the user agent.
bool read_traefik(Scanner after, AccessLine& line) {
  const auto count = after.word();
  const auto router = after.quoted();
  const auto server = after.quoted();
  const auto duration = after.word();
  if (!count || !number_in(*count) || !router || !server || !duration || !duration->ends_with("ms")) return false;
  line.format = LogFormat::traefik;
  line.server = *server == "-" ? std::string() : std::string(*server);
  // It does not print what the server answered, but whether one was asked.
  if (line.server.empty()) line.upstream = Upstream::not_asked;
  return true;
}

/// `length time [namespace-service-port] [] address length time status identifier` behind the user agent.
bool read_ingress_nginx(Scanner after, AccessLine& line) {
  const auto length = after.word();
  const auto time = after.word();
  const auto upstream = after.word();
  const auto alternative = after.word();
  if (!length || !number_in(*length) || !time || !upstream || !upstream->starts_with('[') || !alternative ||
      !alternative->starts_with('[')) {
    return false;
  }
  std::string_view before_last;
  std::string_view last;
  int words = 0;
  while (const auto word = after.word()) {
    before_last = std::exchange(last, *word);
    ++words;
  }
  if (words < 5) return false;
  line.format = LogFormat::ingress_nginx;
  read_upstream_status(before_last, line);
  return true;
}

/// People add `upstream_status=403`, `us="403"` and the like at the end of nginx's lines.
void read_named_fields(std::string_view after, AccessLine& line) {
  for (const std::string_view key : {"upstream_status=", "upstream_status:", "us="}) {
    const std::size_t at = after.find(key);
    if (at == std::string_view::npos || (at > 0 && after[at - 1] != ' ')) continue;
    std::string_view value = after.substr(at + key.size());
    if (value.starts_with('"')) {
      const std::size_t end = value.find('"', 1);
      if (end == std::string_view::npos) return;
      value = value.substr(1, end - 1);
    } else {
      // "502, 200": a comma says that another follows.
      std::size_t end = value.find(' ');
      while (end != std::string_view::npos && end > 0 && value[end - 1] == ',') end = value.find(' ', end + 1);
      value = value.substr(0, end);
    }
    read_upstream_status(value, line);
    return;
  }
}

std::optional<AccessLine> read_common(const Found& found) {
  AccessLine line;
  if (!read_origin(found.before, line)) return std::nullopt;
  line.method = found.request.method;
  Scanner after(found.after);
  line.status = status_in(after.word().value_or(""));
  const auto size = after.word();
  if (line.status == 0 || !size) return std::nullopt;
  const bool is_aiohttp = line.format == LogFormat::aiohttp;
  const auto referer = after.quoted();
  const auto agent = referer ? after.quoted() : std::nullopt;
  if (agent) {
    line.user_agent = *agent;
    if (!is_aiohttp) line.format = LogFormat::combined;
    if (!read_traefik(after, line) && !read_ingress_nginx(after, line)) read_named_fields(after.rest(), line);
  } else {
    read_named_fields(after.rest(), line);
  }
  if (!found.request.version.starts_with("HTTP/")) line.format = LogFormat::hypercorn;
  return line;
}

}  // namespace

std::optional<AccessLine> parse_quoted_request(std::string_view text) {
  const auto found = find_request_line(text);
  if (!found) return std::nullopt;
  auto line = read_uvicorn(*found);
  if (!line && !found->request.version.empty()) line = read_common(*found);
  if (line) line->target = found->request.target;
  return line;
}

}  // namespace wsprobe::witness
