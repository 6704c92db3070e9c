#include "attribution/attribution.hpp"

namespace wsprobe::attribution {

std::string_view meaning(CauseId cause) {
  switch (cause) {
    case CauseId::healthy: return "The upgrade was accepted and the session behaved as asked.";
    case CauseId::auth_rejected:
      return "The application read the credential and refused it. For an invalid credential that is as it should be; "
             "for a "
             "valid one the credential has expired, or the application checks it against something else than its "
             "issuer.";
    case CauseId::auth_bypass:
      return "A credential that is not valid was accepted. Whoever reaches this URL can open the WebSocket: a security "
             "fault of "
             "the application, or of the rule that was to protect it.";
    case CauseId::route_missing:
      return "The request arrived where it was sent on to, and nothing there answers for this path. Where the "
             "application says "
             "so, it has no such WebSocket route, or was asked for another path than the client asked for.";
    case CauseId::origin_rejected:
      return "The application refused because of the Origin field, which browsers send and which tells the site of the "
             "page. "
             "Frameworks compare it with a list, or with the Host field; a proxy that changes Host breaks the second "
             "kind.";
    case CauseId::backend_error:
      return "The application itself answered with a 5xx: it was reached, and failed while it handled the request.";
    case CauseId::backend_unhealthy:
      return "The application says in its own health document that it is not well, or that its WebSocket side is not "
             "available.";
    case CauseId::proxy_denied:
      return "A rule of the proxy refused the request before the application saw it: a path, an address, a method or a "
             "header "
             "that it does not let through.";
    case CauseId::proxy_auth_required:
      return "The proxy itself asks for credentials (basic authentication, or an authentication service that it asks "
             "first). The "
             "application's own token does not help there.";
    case CauseId::proxy_rewrote_path:
      return "The proxy changed the path before it sent the request on, so the application was asked for something "
             "that it does "
             "not have. The refusal is the application's; the fault is the proxy's. Typical: try_files with an "
             "index.html in the "
             "root (every path that is no file becomes /index.html), strip_prefix, rewrite, a proxy_pass with a path.";
    case CauseId::spa_fallback:
      return "A page for browsers came instead of the API: the rule that serves a single-page application for unknown "
             "paths also "
             "catches the WebSocket path.";
    case CauseId::upgrade_stripped:
      return "The Upgrade and Connection headers did not reach the application, which saw a plain GET and answered it. "
             "They are "
             "hop-by-hop, so a proxy passes them on only where it is told to.";
    case CauseId::upstream_unreachable:
      return "The proxy could not reach the application: it is not running, listens elsewhere, its name does not "
             "resolve inside "
             "the proxy's network, or its health check fails.";
    case CauseId::upstream_timeout: return "The application was reached and did not answer before the proxy gave up.";
    case CauseId::rate_limited: return "Too many requests came from here in a time, and a limiter refused this one.";
    case CauseId::redirected:
      return "The answer sends the client elsewhere: to https, to a login, to another host. WebSocket clients do not "
             "follow.";
    case CauseId::idle_timeout:
      return "The WebSocket was accepted and later cut without a close frame, while nothing was sent: an idle timeout "
             "of something "
             "in between.";
    case CauseId::connection_aborted:
      return "The connection was closed or reset without a whole answer: by a rule that drops, by a process that "
             "crashed, or by "
             "something between.";
    case CauseId::protocol_error: return "What came back is not a correct HTTP or WebSocket answer.";
    case CauseId::frontend_wrong_url:
      return "The page tells browsers to open another WebSocket URL than the one that works.";
    case CauseId::frontend_csp_blocks:
      return "The page's Content-Security-Policy does not list the WebSocket URL in connect-src, so browsers refuse to "
             "open it.";
    case CauseId::transport:
      return "There was no HTTP answer: the name, the connection, the TLS handshake or the wait for an answer failed. "
             "The name of "
             "the cause says in which way.";
    case CauseId::undetermined:
      return "What was seen fits several explanations, and nothing that was tried tells them apart.";
  }
  return "";
}

}  // namespace wsprobe::attribution
