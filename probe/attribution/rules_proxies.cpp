// What proxies that people run themselves write of their own, and what they add to what they pass on.
#include <array>

#include <fmt/format.h>

#include "attribution/rules.hpp"

namespace wsprobe::attribution {
namespace {

// --- Go
// ---------------------------------------------------------------------------------------------------------------

/// A Server value that neither the health answer nor a known WebSocket library writes: somebody else was asked.
bool names_a_stranger(const View& view) {
  if (view.sample == nullptr) return false;
  const auto known = servers_of(view.sample->head);
  for (const std::string& server : servers_of(view.head())) {
    bool found = contains_ignoring_case(server, "websockets/");
    for (const std::string& name : known) found = found || name == server;
    if (!found) return true;
  }
  return false;
}

bool copied(const View& view) { return copied_in_order(view.head()) && !names_a_stranger(view) && !view.is_a_file(); }

bool go_forwarded(const View& view) { return view.go == GoProxy::yes && copied(view); }
bool perhaps_go_forwarded(const View& view) { return view.go == GoProxy::perhaps && copied(view); }

/// Date and Content-Length at the end, and Date not where a copied one would stand: an application that sends no length
/// gets one from a buffering proxy, but its Date stays in its sorted place before Server.
bool made_by_go(const View& view) {
  const int date = position_of(view.head(), "date");
  const int server = position_of(view.head(), "server");
  const bool copied_date = server >= 0 && date < server;
  return ends_with_date_and_length(view.head()) && !copied_date;
}

/// A proxy that buffers makes the same of an answer which a program wrote by hand, without a length and a Date. Such a
/// program writes so to upgrades only, so the plain GET tells.
bool go_own(const View& view) { return view.go == GoProxy::yes && made_by_go(view) && view.plain == PlainTwin::same; }
bool perhaps_go_own(const View& view) { return view.go != GoProxy::no && made_by_go(view) && !go_own(view); }

bool go_plain_text_on_tls(const View& view) {
  return view.body_starts_with("Client sent an HTTP request to an HTTPS server.");
}

// --- nginx and its descendants
// ----------------------------------------------------------------------------------------

bool nginx_page(const View& view) {
  return view.body_has("<hr><center>nginx") || view.body_has("<hr><center>openresty") ||
         view.body_has("<hr><center>tengine");
}

bool nginx_forwarded(const View& view) {
  return writes_as_nginx(view.response, view.sample, view.knowledge) && has_empty_body(view.response) &&
         view.response.framing == Framing::content_length && !view.has("content-type") && !view.is_a_file() &&
         !view.has("location");
}

/// nginx tags the files that it serves with their time and size in hexadecimal.
bool nginx_file(const View& view) {
  const std::string* tag = view.head().find("etag");
  if (tag == nullptr || !writes_as_nginx(view.response, view.sample, view.knowledge)) return false;
  const std::string end = fmt::format("-{:x}\"", view.response.body_size);
  return tag->size() >= end.size() && tag->compare(tag->size() - end.size(), end.size(), end) == 0;
}

bool ingress_default_backend(const View& view) { return view.status() == 404 && view.body_is("default backend - 404"); }

// --- others
// -----------------------------------------------------------------------------------------------------------

/// HAProxy's pages: a heading with the status, one sentence, not to be cached.
bool haproxy_page(const View& view) {
  const std::string* caching = view.head().find("cache-control");
  const std::string_view end = "</body></html>\n";
  return view.body_starts_with(fmt::format("<html><body><h1>{} ", view.status())) && view.body().size() >= end.size() &&
         view.body().substr(view.body().size() - end.size()) == end && caching != nullptr && *caching == "no-cache";
}

bool apache_page(const View& view) {
  const bool doctype = view.body_starts_with("<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">") ||
                       view.body_starts_with(
                           "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" "
                           "\"http://www.w3.org/TR/html4/strict.dtd\">");
  return doctype && view.body_has(fmt::format("<html><head>\n<title>{} ", view.status()));
}

/// Apache tags the files that it serves with their size and time in hexadecimal.
bool apache_file(const View& view) {
  const std::string* tag = view.head().find("etag");
  if (tag == nullptr || !view.server_has("apache")) return false;
  return tag->find(fmt::format("\"{:x}-", view.response.body_size)) != std::string::npos;
}

bool varnish_page(const View& view) { return view.body_has("Guru Meditation") && view.body_has("Varnish"); }
bool squid_error(const View& view) { return view.has("x-squid-error"); }
bool lighttpd_page(const View& view) {
  return view.server_marks("lighttpd") && view.body_starts_with("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>");
}

bool envoy_forwarded(const View& view) { return view.has("x-envoy-upstream-service-time"); }
bool envoy_words(const View& view) {
  return view.body_starts_with("upstream connect error or disconnect/reset before headers") ||
         view.body_is("no healthy upstream") || view.body_is("RBAC: access denied") ||
         view.body_is("upstream request timeout") || view.body_is("Jwt is missing") ||
         view.body_is("Jwt verification fails") || view.body_is("local_rate_limited");
}
bool envoy_own(const View& view) { return view.server_marks("envoy") && !view.has("x-envoy-upstream-service-time"); }

bool kong_forwarded(const View& view) { return view.has("x-kong-upstream-latency"); }
bool kong_own(const View& view) { return view.has("x-kong-response-latency") && !kong_forwarded(view); }
bool kong_words(const View& view) {
  return view.body_has("no Route matched with those values") ||
         view.body_has("failure to get a peer from the ring-balancer");
}

/// Go's default 404, without the Server that the application's answers carry here.
bool traefik_words(const View& view) {
  const bool not_found =
      view.status() == 404 && view.body_is("404 page not found") && view.has("x-content-type-options");
  const bool without =
      servers_of(view.head()).empty() && view.sample != nullptr && !servers_of(view.sample->head).empty();
  return (not_found && without) || (view.status() == 503 && view.body_is("no available server"));
}

constexpr std::array rules{
    Rule{"go-forwarded", "go", Nature::passed_on, go_forwarded, 1.7, measured(142, 0),
         "the length stands before Date: this proxy writes it there only when it copies an answer, and after Date when "
         "it makes one"},
    Rule{"perhaps-go-forwarded", "go", Nature::passed_on, perhaps_go_forwarded, 1.2, measured(126, 0),
         "the length stands before Date, as in the other answers that this proxy copies"},
    Rule{
        "go-own", "go", Nature::assembly, go_own, -3.5, measured(0, 82),
        "Date and Content-Length stand last, where this proxy puts what it makes itself, and the plain GET is answered "
        "alike"},
    Rule{
        "perhaps-go-own", "go", Nature::assembly, perhaps_go_own, -1.5, measured(6, 14),
        "Date and Content-Length stand last, where this proxy puts what it makes itself, and what it adds to an answer "
        "that had neither"},
    Rule{"go-plain-on-tls", "go", Nature::body, go_plain_text_on_tls, -3.6, measured(0, 8),
         "the TLS listener itself refuses plain HTTP"},
    Rule{"nginx-page", "nginx", Nature::body, nginx_page, -5.0, measured(0, 157), "the body is nginx's own error page"},
    Rule{"nginx-forwarded", "nginx", Nature::passed_on, nginx_forwarded, 1.7, measured(31, 0),
         "nginx never makes an empty refusal of its own, it sends a page"},
    Rule{"nginx-file", "nginx", Nature::hint, nginx_file, -1.4, measured(4, 8),
         "the entity tag is that of a file which nginx serves itself"},
    Rule{"ingress-default-backend", "ingress-nginx", Nature::body, ingress_default_backend, -2.8,
         documented("ingress-nginx, user guide, Default backend: what requests get that no Ingress matches"),
         "the body is that of ingress-nginx's default backend"},
    Rule{"haproxy-page", "haproxy", Nature::body, haproxy_page, -5.0, measured(0, 89),
         "the body is one of HAProxy's own error pages"},
    Rule{"apache-page", "apache", Nature::body, apache_page, -3.1, measured(12, 118),
         "the body is Apache's own error page"},
    Rule{"apache-file", "apache", Nature::field, apache_file, -2.4,
         documented("Apache httpd, core, directive FileETag: size and time in hexadecimal"),
         "the entity tag is that of a file which Apache serves itself"},
    Rule{"varnish-page", "varnish", Nature::body, varnish_page, -2.8,
         documented("Varnish, users guide, Synthetic responses: the built-in vcl_backend_error and vcl_synth"),
         "the body is Varnish's own error page"},
    Rule{"squid-error", "squid", Nature::field, squid_error, -2.8,
         documented("Squid wiki, Features/CustomErrors: X-Squid-Error marks the answers that Squid makes"),
         "X-Squid-Error: Squid made the answer"},
    Rule{"lighttpd-page", "lighttpd", Nature::body, lighttpd_page, -2.8,
         documented("lighttpd, src/connections.c: the built-in error document"),
         "the body is lighttpd's own error page"},
    Rule{"envoy-forwarded", "envoy", Nature::passed_on, envoy_forwarded, 1.1,
         documented("Envoy, HTTP header manipulation, x-envoy-upstream-service-time: the time that the upstream took"),
         "x-envoy-upstream-service-time: the answer came from upstream"},
    Rule{"envoy-words", "envoy", Nature::body, envoy_words, -2.8,
         documented("Envoy, Access logging, response flags, and the RBAC, JWT and local rate limit filters: their "
                    "bodies"),
         "the body is one of Envoy's own"},
    Rule{"envoy-own", "envoy", Nature::field, envoy_own, -1.8,
         documented("Envoy, HTTP connection manager, server_header_transformation: OVERWRITE is the default; Istio "
                    "writes istio-envoy"),
         "Server is Envoy's and x-envoy-upstream-service-time is missing, which forwarded answers carry"},
    Rule{"kong-forwarded", "kong", Nature::passed_on, kong_forwarded, 1.1,
         documented("Kong Gateway, configuration reference, headers: X-Kong-Upstream-Latency"),
         "X-Kong-Upstream-Latency: the answer came from upstream"},
    Rule{"kong-own", "kong", Nature::field, kong_own, -2.6,
         documented("Kong Gateway, configuration reference, headers: X-Kong-Response-Latency stands where Kong or a "
                    "plugin answered"),
         "X-Kong-Response-Latency: Kong or one of its plugins made the answer"},
    Rule{"kong-words", "kong", Nature::body, kong_words, -2.8,
         documented("Kong Gateway, Proxying traffic, and support articles: the bodies of its own errors"),
         "the body is one of Kong's own"},
    Rule{"traefik-words", "traefik", Nature::body, traefik_words, -2.6,
         documented("Traefik, Routers and Health check: 404 where no router matches, 503 where no server is left"),
         "the body is that of a Traefik that has no router or no server for the request"},
};

}  // namespace

std::span<const Rule> proxy_rules() { return rules; }

}  // namespace wsprobe::attribution
