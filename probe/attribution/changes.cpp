#include "attribution/changes.hpp"

#include <array>
#include <utility>

namespace wsprobe::attribution {
namespace {

struct Template {
  CauseId cause;
  std::string_view product;
  std::string_view text;
  std::string_view snippet;
};

// The route that passes a WebSocket on unchanged, in every product: what most causes come down to.
constexpr std::string_view caddy_route = "@HOST@ {\n\treverse_proxy @UPSTREAM@\n}\n";
constexpr std::string_view nginx_route =
    "location @PATH@ {\n"
    "    proxy_pass http://@UPSTREAM@;\n"
    "    proxy_http_version 1.1;\n"
    "    proxy_set_header Host $host;\n"
    "    proxy_set_header Upgrade $http_upgrade;\n"
    "    proxy_set_header Connection \"upgrade\";\n"
    "}\n";
constexpr std::string_view haproxy_route =
    "frontend web\n"
    "    use_backend application if { path @PATH@ }\n"
    "backend application\n"
    "    timeout tunnel 1h\n"
    "    server application @UPSTREAM@\n";
constexpr std::string_view apache_route =
    "RewriteEngine On\n"
    "RewriteCond %{HTTP:Upgrade} =websocket [NC]\n"
    "RewriteRule ^@PATH@$ ws://@UPSTREAM@@PATH@ [P,L]\n";
constexpr std::string_view varnish_route =
    "sub vcl_recv {\n"
    "    if (req.http.Upgrade ~ \"(?i)websocket\") {\n"
    "        return (pipe);\n"
    "    }\n"
    "}\n"
    "sub vcl_pipe {\n"
    "    if (req.http.Upgrade) {\n"
    "        set bereq.http.Upgrade = req.http.Upgrade;\n"
    "        set bereq.http.Connection = req.http.Connection;\n"
    "    }\n"
    "}\n";
constexpr std::string_view traefik_route =
    "http:\n"
    "  routers:\n"
    "    websocket:\n"
    "      rule: Host(`@HOST@`) && Path(`@PATH@`)\n"
    "      service: application\n"
    "  services:\n"
    "    application:\n"
    "      loadBalancer:\n"
    "        servers:\n"
    "          - url: http://@UPSTREAM@\n";

constexpr std::array templates{
    // A changed path.
    Template{CauseId::proxy_rewrote_path, "caddy",
             "Take try_files, uri, handle_path, rewrite and strip_prefix out of the site; this is all it needs:",
             caddy_route},
    Template{
        CauseId::proxy_rewrote_path, "nginx",
        "Take rewrite and try_files out of the way of this path, and write proxy_pass without a path and without a "
        "slash behind the address (either replaces the path):",
        nginx_route},
    Template{CauseId::proxy_rewrote_path, "haproxy",
             "Take http-request set-path, replace-path, set-uri and replace-uri off this path, and route it before "
             "them:",
             haproxy_route},
    Template{CauseId::proxy_rewrote_path, "apache",
             "Take RewriteRule, Alias and a ProxyPass whose two paths differ off this path; the path has to stand on "
             "both sides:",
             apache_route},
    Template{CauseId::proxy_rewrote_path, "varnish",
             "Take what sets req.url or bereq.url out of the VCL, and send WebSockets into the pipe before it:",
             varnish_route},
    Template{CauseId::proxy_rewrote_path, "squid", "Keep the URL rewriter away from this path:",
             "acl websocket urlpath_regex ^@PATH@\n"
             "url_rewrite_access deny websocket\n"},
    Template{CauseId::proxy_rewrote_path, "traefik",
             "Take the middlewares StripPrefix, ReplacePath and AddPrefix off the router of this path:", traefik_route},

    // A lost handshake.
    Template{
        CauseId::upgrade_stripped, "caddy",
        "Caddy passes the handshake on by itself: take header_up -Upgrade, header_up -Connection and request_header "
        "rules of these names out of the site.",
        caddy_route},
    Template{CauseId::upgrade_stripped, "nginx",
             "nginx drops Upgrade and Connection unless it is told to pass them on; a location that has "
             "proxy_set_header of its own inherits none:",
             nginx_route},
    Template{
        CauseId::upgrade_stripped, "haproxy",
        "HAProxy passes the handshake on by itself: take http-request del-header Upgrade and del-header Connection "
        "out.",
        haproxy_route},
    Template{CauseId::upgrade_stripped, "apache",
             "Load mod_proxy_wstunnel (a2enmod proxy_wstunnel rewrite) and send WebSockets through it, before the "
             "ProxyPass of the same path; take RequestHeader unset Upgrade out:",
             apache_route},
    Template{CauseId::upgrade_stripped, "varnish", "Send WebSockets into the pipe, with both fields:", varnish_route},
    Template{CauseId::upgrade_stripped, "squid", "Squid 5 and later switch protocols only where they are allowed to:",
             "http_upgrade_request_protocols websocket allow all\n"},
    Template{
        CauseId::upgrade_stripped, "traefik",
        "Traefik passes the handshake on by itself: take customRequestHeaders for Upgrade and Connection out of the "
        "router's middlewares.",
        ""},

    // Refused by a rule.
    Template{CauseId::proxy_denied, "caddy",
             "Look for respond, abort, error and matchers such as remote_ip or header that cover this path, and handle "
             "the path before them:",
             "@HOST@ {\n\thandle @PATH@ {\n\t\treverse_proxy @UPSTREAM@\n\t}\n}\n"},
    Template{CauseId::proxy_denied, "nginx",
             "Look for deny, return, limit_except, if, internal and modsecurity rules that cover this path. A location "
             "with the exact path goes before others:",
             "location = @PATH@ {\n"
             "    allow all;\n"
             "    proxy_pass http://@UPSTREAM@;\n"
             "    proxy_http_version 1.1;\n"
             "    proxy_set_header Host $host;\n"
             "    proxy_set_header Upgrade $http_upgrade;\n"
             "    proxy_set_header Connection \"upgrade\";\n"
             "}\n"},
    Template{CauseId::proxy_denied, "haproxy",
             "Look for http-request deny, tarpit, reject and return, and let the path through before them:",
             "http-request allow if { path @PATH@ }\n"},
    Template{CauseId::proxy_denied, "apache", "Look for Require, Deny, RewriteRule with [F] and mod_security rules:",
             "<Location \"@PATH@\">\n    Require all granted\n</Location>\n"},
    Template{CauseId::proxy_denied, "varnish",
             "Look for return (synth(403)) and ACLs in vcl_recv, and send WebSockets into the pipe before them:",
             varnish_route},
    Template{CauseId::proxy_denied, "squid", "Look for http_access deny; this has to stand before it:",
             "acl websocket urlpath_regex ^@PATH@\n"
             "http_access allow websocket\n"},
    Template{
        CauseId::proxy_denied, "traefik",
        "Look for IPAllowList and ForwardAuth middlewares on the router or on its entry point, and give the path a "
        "router without them:",
        traefik_route},

    // Credentials of the proxy's own.
    Template{CauseId::proxy_auth_required, "caddy", "Let basic_auth and forward_auth match everything but this path:",
             "@protected not path @PATH@\n"
             "basic_auth @protected {\n\tUSER HASH\n}\n"},
    Template{CauseId::proxy_auth_required, "nginx", "Switch it off in the path's own location:",
             "location = @PATH@ {\n"
             "    auth_basic off;\n"
             "    auth_request off;\n"
             "    proxy_pass http://@UPSTREAM@;\n"
             "    proxy_http_version 1.1;\n"
             "    proxy_set_header Upgrade $http_upgrade;\n"
             "    proxy_set_header Connection \"upgrade\";\n"
             "}\n"},
    Template{CauseId::proxy_auth_required, "haproxy", "Leave this path out of http-request auth:",
             "http-request auth unless { path @PATH@ } or { http_auth(users) }\n"},
    Template{CauseId::proxy_auth_required, "apache", "Give the path a section without it:",
             "<Location \"@PATH@\">\n    AuthType None\n    Require all granted\n</Location>\n"},
    Template{CauseId::proxy_auth_required, "squid", "Allow the path before the rule that asks for credentials:",
             "acl websocket urlpath_regex ^@PATH@\n"
             "http_access allow websocket\n"},
    Template{CauseId::proxy_auth_required, "traefik",
             "Give the path a router without the BasicAuth and ForwardAuth middlewares:", traefik_route},

    // No route in the proxy.
    Template{CauseId::route_missing, "caddy", "Give the host a site that leads to the application:", caddy_route},
    Template{CauseId::route_missing, "nginx",
             "Give the path a location in the server block of this host:", nginx_route},
    Template{CauseId::route_missing, "haproxy", "Lead the path to a backend:", haproxy_route},
    Template{CauseId::route_missing, "apache",
             "Lead the path to the application, in the VirtualHost of this host:", apache_route},
    Template{CauseId::route_missing, "traefik", "Give the path a router:", traefik_route},

    // A page instead of the API.
    Template{CauseId::spa_fallback, "caddy", "Handle the path before the page:",
             "@HOST@ {\n\thandle @PATH@ {\n\t\treverse_proxy @UPSTREAM@\n\t}\n\thandle {\n\t\ttry_files {path} "
             "/index.html\n\t\tfile_server\n\t}\n}\n"},
    Template{CauseId::spa_fallback, "nginx", "Give the path a location beside the one with try_files:", nginx_route},
    Template{CauseId::spa_fallback, "haproxy",
             "Route the path before the default_backend that serves the page:", haproxy_route},
    Template{CauseId::spa_fallback, "apache",
             "Put this before FallbackResource or the RewriteRule that leads to index.html:", apache_route},
    Template{CauseId::spa_fallback, "traefik",
             "Give the path a router of a higher priority than that of the page (priority, or the longer rule):",
             traefik_route},

    // An application that is not reached.
    Template{CauseId::upstream_unreachable, "caddy",
             "reverse_proxy has to name the address as Caddy's own container or network sees it; caddy's log says "
             "\"connection refused\" or \"no such host\":",
             caddy_route},
    Template{CauseId::upstream_unreachable, "nginx",
             "The error log says \"connect() failed\" or \"could not be resolved\". A name is looked up once, at the "
             "start; behind a variable it is looked up again:",
             "resolver 127.0.0.11 valid=10s;  # the name server of the containers\n"
             "set $application @UPSTREAM@;\n"
             "proxy_pass http://$application;\n"},
    Template{CauseId::upstream_unreachable, "haproxy",
             "The log says <NOSRV> or the termination state SC; show servers state tells which check failed:",
             "backend application\n"
             "    server application @UPSTREAM@ check inter 2s\n"},
    Template{CauseId::upstream_unreachable, "apache",
             "The error log says AH00957 (refused) or AH00898 (name not found). After a failure Apache waits 60 s "
             "before it tries again:",
             "ProxyPass \"@PATH@\" \"ws://@UPSTREAM@@PATH@\" retry=0\n"},
    Template{CauseId::upstream_unreachable, "varnish", "varnishlog says FetchError; backend.list tells what is sick:",
             "backend default {\n    .host = \"@UPSTREAM_HOST@\";\n    .port = \"@UPSTREAM_PORT@\";\n}\n"},
    Template{CauseId::upstream_unreachable, "squid", "cache.log says which peer failed; cache_peer has to name it:",
             "cache_peer @UPSTREAM_HOST@ parent @UPSTREAM_PORT@ 0 no-query originserver\n"},
    Template{
        CauseId::upstream_unreachable, "traefik",
        "The service's address is the container's own port, on a network that Traefik shares with it:", traefik_route},

    // An application that is slow to answer.
    Template{CauseId::upstream_timeout, "caddy", "Only where response_header_timeout or a dial_timeout is set:",
             "reverse_proxy @UPSTREAM@ {\n\ttransport http {\n\t\tresponse_header_timeout 60s\n\t}\n}\n"},
    Template{CauseId::upstream_timeout, "nginx", "", "proxy_connect_timeout 5s;\nproxy_read_timeout 60s;\n"},
    Template{CauseId::upstream_timeout, "haproxy",
             "The log has the termination state sH:", "timeout connect 5s\ntimeout server 60s\n"},
    Template{CauseId::upstream_timeout, "apache", "", "ProxyTimeout 60\n"},
    Template{CauseId::upstream_timeout, "varnish", "", "backend default {\n    .first_byte_timeout = 60s;\n}\n"},
    Template{CauseId::upstream_timeout, "squid", "", "read_timeout 60 seconds\n"},
    Template{CauseId::upstream_timeout, "traefik", "",
             "http:\n  serversTransports:\n    patient:\n      forwardingTimeouts:\n        responseHeaderTimeout: "
             "60s\n"},

    // A socket that is cut while idle.
    Template{CauseId::idle_timeout, "caddy",
             "Caddy cuts no idle socket by itself: look for stream_timeout, idle_timeout and for reloads (which close "
             "sockets unless stream_close_delay is set):",
             "reverse_proxy @UPSTREAM@ {\n\tstream_close_delay 5m\n}\n"},
    Template{CauseId::idle_timeout, "nginx",
             "60 s is the default between two reads:", "proxy_read_timeout 1h;\nproxy_send_timeout 1h;\n"},
    Template{CauseId::idle_timeout, "haproxy",
             "Without it, timeout client and timeout server count for sockets too:", "timeout tunnel 1h\n"},
    Template{CauseId::idle_timeout, "apache", "", "ProxyTimeout 3600\n"},
    Template{CauseId::idle_timeout, "varnish", "A parameter of varnishd, 60 s by default:", "-p pipe_timeout=3600\n"},
    Template{CauseId::idle_timeout, "traefik", "Of the entry point; 0 is none:",
             "entryPoints:\n  websecure:\n    transport:\n      respondingTimeouts:\n        readTimeout: 0\n"
             "        idleTimeout: 1h\n"},

    // Limits and redirects.
    Template{CauseId::rate_limited, "nginx", "Leave the prober's address out of limit_req and limit_conn:",
             "geo $counted {\n    default 1;\n    192.0.2.7 0;  # the prober\n}\n"
             "map $counted $limit_key {\n    0 \"\";\n    1 $binary_remote_addr;\n}\n"
             "limit_req_zone $limit_key zone=websocket:10m rate=10r/s;\n"},
    Template{CauseId::rate_limited, "haproxy", "Leave the prober's address out of the rule:",
             "http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 } !{ src 192.0.2.7 }\n"},
    Template{CauseId::rate_limited, "traefik", "Raise the RateLimit middleware of the router:",
             "http:\n  middlewares:\n    limit:\n      rateLimit:\n        average: 100\n        burst: 200\n"},
    Template{CauseId::redirected, "caddy",
             "Leave WebSockets out of redir:", "@pages not header Upgrade *\nredir @pages https://@HOST@{uri}\n"},
    Template{CauseId::redirected, "nginx", "Give the path a location beside the redirect:", nginx_route},
    Template{CauseId::redirected, "haproxy", "Where TLS ends before HAProxy, look at what it says of it:",
             "http-request redirect scheme https unless { ssl_fc } or { hdr(X-Forwarded-Proto) https } or { path "
             "@PATH@ }\n"},
    Template{CauseId::redirected, "apache", "Leave WebSockets out of the redirect:",
             "RewriteCond %{HTTP:Upgrade} !=websocket [NC]\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R,L]\n"},
    Template{CauseId::redirected, "traefik",
             "Give the path a router without the RedirectScheme middleware:", traefik_route},
};

std::string without_port(const std::string& host) {
  if (!host.empty() && host.front() == '[') return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

std::string filled(std::string_view text, const RemedyContext& context) {
  const std::string upstream = context.upstream.empty() ? "UPSTREAM:PORT" : context.upstream;
  const std::size_t colon = upstream.rfind(':');
  const std::array<std::pair<std::string_view, std::string>, 5> values{
      {{"@HOST@", context.host.empty() ? "HOST" : without_port(context.host)},
       {"@PATH@", context.path.empty() ? "/PATH" : context.path},
       {"@UPSTREAM@", upstream},
       {"@UPSTREAM_HOST@", upstream.substr(0, colon)},
       {"@UPSTREAM_PORT@", colon == std::string::npos ? "80" : upstream.substr(colon + 1)}}};
  std::string out(text);
  for (const auto& [mark, value] : values) {
    for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at + value.size())) {
      out.replace(at, mark.size(), value);
    }
  }
  return out;
}

}  // namespace

std::vector<ProductChange> changes_of(CauseId cause, const RemedyContext& context) {
  std::vector<ProductChange> changes;
  for (const Template& row : templates) {
    if (row.cause == cause) changes.push_back({row.product, filled(row.text, context), filled(row.snippet, context)});
  }
  return changes;
}

}  // namespace wsprobe::attribution
