// The refusal's own bytes.
//
// A rule is a property of a response and what it says of the author. Names (Server) are the weakest: every product can
// be told to lie, and wsproto's refusals carry only what the proxy adds. Assembly is the strongest: in which order the
// fields were put, how the body was framed, which phrases stand in the status line. Nobody configures those.
#include "attribution/lines.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "attribution/proxy_habits.hpp"

namespace wsprobe::attribution {
namespace {

/// Whether a service that the proxy asks first (forward-auth) could have written a refusal that was passed on.
enum class Relay : std::uint8_t { excluded, possible };

struct View {
  const StepReport& step;
  const Response& response;
  const Response* sample = nullptr;  ///< a plain answer that the application is known to have written, or null
  GoProxy go = GoProxy::no;
  Relay relay = Relay::excluded;

  [[nodiscard]] const ResponseHead& head() const { return response.head; }
  [[nodiscard]] std::string_view body() const { return response.body; }
  [[nodiscard]] bool body_has(std::string_view text) const { return response.body.find(text) != std::string::npos; }
  [[nodiscard]] bool has(std::string_view name) const { return head().find(name) != nullptr; }
  [[nodiscard]] bool server_has(std::string_view text) const {
    const auto& fields = head().fields;
    return std::any_of(fields.begin(), fields.end(), [&](const HeaderField& field) {
      return equals_ignoring_case(field.name, "server") && contains_ignoring_case(field.value, text);
    });
  }
};

/// A Server value that neither the health answer nor a known WebSocket library writes: somebody else was asked.
bool names_a_stranger(const View& view) {
  if (view.sample == nullptr) return false;
  const auto known = servers_of(view.sample->head);
  const auto seen = servers_of(view.head());
  return std::any_of(seen.begin(), seen.end(), [&](const std::string& server) {
    const bool library = contains_ignoring_case(server, "websockets/");
    return !library && std::find(known.begin(), known.end(), server) == known.end();
  });
}

bool whole_body_is(const View& view, std::string_view text) {
  std::string_view body = view.body();
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
  return body == text;
}

bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }
bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// --- what backends write ---------------------------------------------------------------------------------------------

bool empty_reason(const View& view) { return view.head().status != 101 && view.head().reason_phrase.empty(); }

bool unframed_or_empty_chunks(const View& view) {
  const bool open_ended = view.response.framing == Framing::chunked || view.response.framing == Framing::until_close;
  return open_ended && has_empty_body(view.response) && view.head().version == "1.1";
}

/// Of these products it is known that they give their own answers a length; of others it is not.
bool gives_lengths(const View& view) {
  return view.go == GoProxy::yes || writes_as_nginx(view.response, view.sample) || view.server_has("apache");
}

bool empty_chunks(const View& view) { return unframed_or_empty_chunks(view) && gives_lengths(view); }
bool perhaps_empty_chunks(const View& view) { return unframed_or_empty_chunks(view) && !gives_lengths(view); }

bool handshake_words(const View& view) {
  const int status = view.head().status;
  return status >= 400 && (view.has("sec-websocket-accept") || view.has("sec-websocket-version"));
}

bool python_websockets(const View& view) { return view.server_has("websockets/") && view.server_has("python"); }

bool websockets_words(const View& view) {
  return starts_with(view.body(), "Failed to open a WebSocket connection") ||
         starts_with(view.body(), "Opening handshake failed") ||
         starts_with(view.body(), "Access denied: invalid or expired");
}

bool aiohttp_words(const View& view) {
  return content_type_of(view.response) == "text/plain" &&
         whole_body_is(view, fmt::format("{}: {}", view.head().status, view.head().reason_phrase));
}

bool aiohttp_handshake_words(const View& view) {
  return starts_with(view.body(), "No WebSocket UPGRADE hdr") || view.body_has("Server got itself in trouble");
}

bool starlette_json(const View& view) {
  return content_type_of(view.response) == "application/json" && starts_with(view.body(), "{\"detail\":");
}

bool starlette_not_found(const View& view) {
  return content_type_of(view.response) == "application/json" && whole_body_is(view, "{\"detail\":\"Not Found\"}");
}

bool node_ws_words(const View& view) {
  return content_type_of(view.response) == "text/html" && view.has("connection") && !view.has("date") &&
         whole_body_is(view, view.head().reason_phrase) && !view.body().empty();
}

/// Files that a proxy serves itself carry their length from the start, like forwarded answers.
bool is_a_file(const View& view) { return view.has("etag") || view.has("last-modified") || view.has("accept-ranges"); }

bool go_forwarded(const View& view) {
  return view.go == GoProxy::yes && copied_in_order(view.head()) && !names_a_stranger(view) && !is_a_file(view);
}

bool perhaps_go_forwarded(const View& view) {
  return view.go == GoProxy::perhaps && copied_in_order(view.head()) && !names_a_stranger(view) && !is_a_file(view);
}

bool nginx_forwarded(const View& view) {
  return writes_as_nginx(view.response, view.sample) && has_empty_body(view.response) &&
         view.response.framing == Framing::content_length && !is_a_file(view) && !view.has("location");
}

bool envoy_forwarded(const View& view) { return view.has("x-envoy-upstream-service-time"); }
bool kong_forwarded(const View& view) { return view.has("x-kong-upstream-latency"); }

bool proxy_status_received(const View& view) {
  const std::string* status = view.head().find("proxy-status");
  return status != nullptr && status->find("received-status=") != std::string::npos;
}

bool express_words(const View& view) {
  return view.body_has("<pre>Cannot GET ") ||
         whole_body_is(view, fmt::format("Cannot GET {}", view.step.evidence.request.path));
}

bool socketio_words(const View& view) {
  return starts_with(view.body(), "{\"code\":") && view.body_has("\"message\":") && view.head().status == 400;
}

bool tornado_words(const View& view) {
  return starts_with(view.body(), fmt::format("<html><title>{}: ", view.head().status));
}

// --- what proxies write ----------------------------------------------------------------------------------------------

bool go_made_itself(const View& view) {
  // Where an application sends no length and the proxy buffers, the proxy adds the length, but the application's Date
  // stays in its sorted place before Server.
  const int date = position_of(view.head(), "date");
  const int server = position_of(view.head(), "server");
  const bool copied_date = server >= 0 && date < server;
  return view.go != GoProxy::no && ends_with_date_and_length(view.head()) && !copied_date;
}

bool nginx_page(const View& view) {
  return view.body_has("<hr><center>nginx") || view.body_has("<hr><center>openresty") ||
         view.body_has("<hr><center>tengine");
}

/// nginx tags the files that it serves with their time and size in hexadecimal.
bool nginx_file(const View& view) {
  const std::string* tag = view.head().find("etag");
  if (tag == nullptr || !writes_as_nginx(view.response, view.sample)) return false;
  return ends_with(*tag, fmt::format("-{:x}\"", view.response.body_size));
}

/// HAProxy's pages: a heading with the status, one sentence, not to be cached.
bool haproxy_page(const View& view) {
  const std::string* caching = view.head().find("cache-control");
  return starts_with(view.body(), fmt::format("<html><body><h1>{} ", view.head().status)) &&
         ends_with(view.body(), "</body></html>\n") && caching != nullptr && *caching == "no-cache";
}

bool apache_page(const View& view) {
  const bool doctype =
      starts_with(view.body(), "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">") ||
      starts_with(view.body(),
                  "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">");
  return doctype && view.body_has(fmt::format("<html><head>\n<title>{} ", view.head().status));
}

/// Apache tags the files that it serves with their size and time in hexadecimal.
bool apache_file(const View& view) {
  const std::string* tag = view.head().find("etag");
  if (tag == nullptr || !view.server_has("apache")) return false;
  return tag->find(fmt::format("\"{:x}-", view.response.body_size)) != std::string::npos;
}

/// Lower-case length or type beside a capital Date: no program writes both, so one passed on what the other wrote.
/// Date, because fields that somebody adds by configuration have any case.
bool mixed_case(const View& view) {
  const int date = position_of(view.head(), "date");
  if (date < 0 || is_lower_in(view.head(), "date")) return false;
  return is_lower_in(view.head(), "content-length") || is_lower_in(view.head(), "content-type");
}

bool varnish_page(const View& view) { return view.body_has("Guru Meditation"); }
bool squid_error(const View& view) { return view.has("x-squid-error"); }
bool envoy_words(const View& view) {
  return starts_with(view.body(), "upstream connect error or disconnect/reset before headers") ||
         whole_body_is(view, "no healthy upstream") || whole_body_is(view, "RBAC: access denied") ||
         whole_body_is(view, "upstream request timeout") || whole_body_is(view, "Jwt is missing");
}
bool envoy_own(const View& view) { return view.server_has("envoy") && !view.has("x-envoy-upstream-service-time"); }
bool kong_words(const View& view) {
  return view.body_has("no Route matched with those values") ||
         view.body_has("failure to get a peer from the ring-balancer");
}
bool traefik_words(const View& view) {
  return whole_body_is(view, "404 page not found") && view.has("x-content-type-options") &&
         servers_of(view.head()).empty() && view.sample != nullptr && !servers_of(view.sample->head).empty();
}
bool go_plain_text_on_tls(const View& view) {
  return starts_with(view.body(), "Client sent an HTTP request to an HTTPS server.");
}
bool load_balancer(const View& view) {
  return view.server_has("awselb/") || view.server_has("Microsoft-Azure-Application-Gateway");
}
bool lighttpd_page(const View& view) {
  return view.server_has("lighttpd") && starts_with(view.body(), "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>");
}
bool proxy_status_error(const View& view) {
  const std::string* status = view.head().find("proxy-status");
  return status != nullptr && status->find("error=") != std::string::npos;
}

bool basic_challenge(const View& view) {
  const std::string* challenge = view.head().find("www-authenticate");
  return view.has("proxy-authenticate") || (challenge != nullptr && starts_with(lower(*challenge), "basic"));
}

struct Rule {
  std::string_view id;
  bool (*holds)(const View&);
  double weight;  ///< positive: the backend's
  std::string_view sentence;
};

/// Rules that only say "passed on, not made by the proxy": as strong as they are where nobody else can have been asked.
constexpr std::array<std::string_view, 2> passed_on{"go-forwarded", "empty-chunks"};
constexpr double weight_where_relayed = 1.0;

// Beside each rule: how many of the measured answers had the property, the application's against the proxy's, among
// 1346 and 556 with a status from 300 on (tests/data/deployments). Where the proxy's bytes stood in the place of an
// application's refusal, they are counted as the application's: that is what emitter.cpp guards against. "documented"
// stands for what was read and not measured. The weights are well below what the counts would allow.
constexpr std::array rules{
    // 70 : 0
    Rule{"empty-reason", empty_reason, 3.3,
         "the status line has no reason phrase, as applications write it and proxies do not"},
    // 204 : 0
    Rule{"empty-chunks", empty_chunks, 3.3,
         "the body is empty and was passed on without a length, which this proxy's own answers are not"},
    // 76 : 0
    Rule{"perhaps-empty-chunks", perhaps_empty_chunks, 1.5,
         "the body is empty and has no length, as applications write it by hand and most proxies do not"},
    // documented
    Rule{"handshake-words", handshake_words, 3.0, "the refusal speaks of the WebSocket handshake in its fields"},
    // 77 : 0
    Rule{"python-websockets", python_websockets, 4.0,
         "Server names Python's websockets library, which only writes answers to upgrades"},
    // documented
    Rule{"websockets-words", websockets_words, 3.5, "the body is that of Python's websockets library"},
    // 263 : 0
    Rule{"aiohttp-words", aiohttp_words, 3.5, "the body is the status line as text, as aiohttp writes it"},
    // 39 : 0
    Rule{"aiohttp-handshake", aiohttp_handshake_words, 4.0, "the body is aiohttp's own"},
    // 467 : 0
    Rule{"starlette-not-found", starlette_not_found, 3.0,
         "the body is exactly the JSON of Starlette's and FastAPI's 404"},
    // 467 : 32
    Rule{"starlette-json", starlette_json, 1.0,
         "the body is JSON in the form that FastAPI uses, which is easily imitated"},
    // documented
    Rule{"node-ws-words", node_ws_words, 2.0,
         "the refusal is written as Node's ws library does: Connection, Content-Type, the status as text"},
    // documented
    Rule{"express-words", express_words, 3.0, "the body is that of Express or Nest"},
    // documented
    Rule{"socketio-words", socketio_words, 3.0, "the body is that of Engine.IO"},
    // documented
    Rule{"tornado-words", tornado_words, 3.0, "the body is that of Tornado"},
    // 253 : 0
    Rule{"go-forwarded", go_forwarded, 3.5,
         "the length stands before Date: this proxy writes it there only when it copies an answer, and after Date when "
         "it makes one"},
    // 15 : 0
    Rule{"perhaps-go-forwarded", perhaps_go_forwarded, 1.8,
         "the length stands before Date, as in the other answers that this proxy copies"},
    // 59 : 0
    Rule{"nginx-forwarded", nginx_forwarded, 3.0, "nginx never makes an empty refusal of its own, it sends a page"},
    // 114 : 0
    Rule{"mixed-case", mixed_case, 1.5,
         "lower-case length or type among capital field names: written by one program, passed on by another"},
    // documented
    Rule{"envoy-forwarded", envoy_forwarded, 4.0, "x-envoy-upstream-service-time: the answer came from upstream"},
    // documented
    Rule{"kong-forwarded", kong_forwarded, 4.0, "X-Kong-Upstream-Latency: the answer came from upstream"},
    // documented
    Rule{"proxy-status-received", proxy_status_received, 4.5,
         "Proxy-Status (RFC 9209) says that the status was received from upstream"},

    // 6 : 112
    Rule{"go-own", go_made_itself, -4.5,
         "Date and Content-Length stand last, where this proxy puts what it makes itself; what it forwards has the "
         "length before Date"},
    // 0 : 157
    Rule{"nginx-page", nginx_page, -5.0, "the body is nginx's own error page"},
    // 4 : 8
    Rule{"nginx-file", nginx_file, -3.0, "the entity tag is that of a file which nginx serves itself"},
    // 0 : 89
    Rule{"haproxy-page", haproxy_page, -5.0, "the body is one of HAProxy's own error pages"},
    // documented
    Rule{"apache-file", apache_file, -3.0, "the entity tag is that of a file which Apache serves itself"},
    // 12 : 118
    Rule{"apache-page", apache_page, -4.0, "the body is Apache's own error page"},
    // documented
    Rule{"varnish-page", varnish_page, -4.5, "the body is Varnish's own error page"},
    // documented
    Rule{"squid-error", squid_error, -4.5, "X-Squid-Error: Squid made the answer"},
    // documented
    Rule{"envoy-words", envoy_words, -4.5, "the body is one of Envoy's own"},
    // documented
    Rule{"envoy-own", envoy_own, -3.0,
         "Server is envoy and x-envoy-upstream-service-time is missing, which forwarded answers carry"},
    // documented
    Rule{"kong-words", kong_words, -4.5, "the body is one of Kong's own"},
    // documented
    Rule{"traefik-words", traefik_words, -3.0,
         "the body is Go's default 404, without the Server that the application's answers carry here"},
    // 0 : 8
    Rule{"go-plain-on-tls", go_plain_text_on_tls, -4.5, "the TLS listener itself refuses plain HTTP"},
    // documented
    Rule{"load-balancer", load_balancer, -4.0, "Server names a cloud load balancer, which marks only its own answers"},
    // documented
    Rule{"lighttpd-page", lighttpd_page, -4.0, "the body is lighttpd's own error page"},
    // documented
    Rule{"proxy-status-error", proxy_status_error, -4.5,
         "Proxy-Status (RFC 9209) says that the proxy made this answer"},
    // 0 : 16
    Rule{"basic-challenge", basic_challenge, -2.0,
         "the answer asks for a user and a password, which is what proxies do"},
};

Findings apply(const View& view) {
  Findings findings;
  for (const Rule& rule : rules) {
    if (!rule.holds(view)) continue;
    const bool only_passed_on = std::find(passed_on.begin(), passed_on.end(), rule.id) != passed_on.end();
    if (only_passed_on && view.relay == Relay::possible) {
      findings.push_back(
          {Line::signature, weight_where_relayed,
           std::string(rule.sentence) + "; but a service that the proxy asks for leave may have written it"});
    } else {
      findings.push_back({Line::signature, rule.weight, std::string(rule.sentence)});
    }
  }
  return findings;
}

/// Proxies that relay the refusal of an authentication service write as Go does. Such a service is asked before the
/// request is looked at, so it refuses the plain GET alike.
Relay relay_of(const Pattern& pattern, const View& view) {
  if (view.go == GoProxy::no || pattern.subject->kind != StepKind::upgrade) return Relay::excluded;
  const int status = view.head().status;
  if (status >= 404 && status != 407) return Relay::excluded;
  const StepReport* plain = pattern.plain_twin();
  if (response_of(plain) != nullptr && status_of(plain) != status) return Relay::excluded;
  return Relay::possible;
}

double strongest(const Findings& findings) {
  double strongest = 0;
  for (const Finding& finding : findings) {
    if (std::abs(finding.weight) > std::abs(strongest)) strongest = finding.weight;
  }
  return strongest;
}

/// What the bytes of an answer say without anything to compare them with.
double weight_alone(const StepReport& answer) {
  const Response* response = response_of(&answer);
  if (response == nullptr || response->head.status < 300) return 0;
  return strongest(apply({answer, *response}));
}

}  // namespace

Findings signature(const Pattern& pattern) {
  const Response* response = response_of(pattern.subject);
  if (response == nullptr) return {};
  const Response* sample = application_sample(pattern);
  View view{*pattern.subject, *response, sample, go_proxy(pattern, sample)};
  view.relay = relay_of(pattern, view);
  return apply(view);
}

double signature_weight(const StepReport& answer, const Pattern& pattern) {
  const Response* response = response_of(&answer);
  if (response == nullptr || response->head.status < 300) return 0;
  const Response* sample = application_sample(pattern);
  return strongest(apply({answer, *response, sample, go_proxy(pattern, sample)}));
}

Findings status_alone(const Pattern& pattern) {
  const int status = status_of(pattern.subject);
  // 0 : 60 of the measured answers; applications that are gateways themselves exist.
  if (status != 502 && status != 504) return {};
  return {{Line::status, -3.0, "502 and 504 are what a gateway says of its upstream"}};
}

const Response* application_sample(const Pattern& pattern) {
  if (is_health_document(pattern.health)) return response_of(pattern.health);
  using Kind = ExperimentKind;
  for (const StepReport* step : {pattern.health, pattern.experiment(Kind::plain_get),
                                 pattern.experiment(Kind::plain_control_path), pattern.experiment(Kind::plain_root)}) {
    if (step != nullptr && weight_alone(*step) >= 2.5) return response_of(step);
  }
  return nullptr;
}

}  // namespace wsprobe::attribution
