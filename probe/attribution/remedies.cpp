// What to do about a cause. One text each, filled in with what is known of the deployment; written for somebody who was
// woken by it: first the thing to do, then how to see that it worked.
#include <fmt/format.h>

#include "attribution/attribution.hpp"
#include "attribution/changes.hpp"
#include "attribution/products.hpp"

namespace wsprobe::attribution {
namespace {

std::string or_else(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

std::string without_port(const std::string& host) {
  if (!host.empty() && host.front() == '[') return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

std::string site_block(const RemedyContext& context) {
  return fmt::format("{} {{\n\tencode zstd gzip\n\theader -Server\n\treverse_proxy {}\n}}\n",
                     or_else(without_port(context.host), "HOST"), or_else(context.upstream, "UPSTREAM"));
}

/// The recognised product's own change, as a paragraph and its configuration; empty where there is none.
std::string change_of_product(CauseId cause, const RemedyContext& context) {
  for (const ProductChange& change : changes_of(cause, context)) {
    if (change.product != context.product) continue;
    const std::string_view name = product(change.product)->name;
    std::string text = "\nIn " + std::string(name) + (change.text.empty() ? ":" : ": " + change.text);
    return change.snippet.empty() ? text : text + "\n\n" + change.snippet;
  }
  return {};
}

std::string rewrote_path(const RemedyContext& context) {
  const bool other_product = !context.product.empty() && context.product != "caddy";
  const std::string change = other_product ? change_of_product(CauseId::proxy_rewrote_path, context) : std::string();
  if (!change.empty()) {
    return fmt::format(
        "Take the directive that changes the path out of the proxy's configuration for this host.{}\n"
        "Reload the proxy and run this again: the valid credential has to get 101, and the health document 200. If "
        "nothing changes, compare the path in the application's log with {}.",
        change, or_else(context.path, "the WebSocket path"));
  }
  return fmt::format(
      "Take the directive that changes the path out of the proxy's configuration for this host: try_files (with an "
      "index.html in "
      "the root it turns every path that is no file, {0} included, into /index.html), uri strip_prefix, handle_path, "
      "rewrite, or "
      "a proxy_pass with a path.\n"
      "With Caddy behind Coolify the directives come from the labels that Coolify writes on the container "
      "(caddy_0.try_files, "
      "caddy_0.root, caddy_0.handle_path); remove those labels in the resource's own label settings, or override the "
      "site with "
      "a block of your own:\n\n"
      "{1}\n"
      "Reload the proxy and run this again: the valid credential has to get 101, and the health document 200. If "
      "nothing changes, "
      "compare the path in the application's log with {0}.",
      or_else(context.path, "the WebSocket path"), site_block(context));
}

std::string stripped() {
  return "Pass the handshake on: nginx, Apache, Varnish and Squid do so only where they are told to, Caddy, HAProxy "
         "and "
         "Traefik unless a rule removes Upgrade or Connection. If the application is uvicorn, look in its log for \"No "
         "supported WebSocket library detected\" too: without one it answers upgrades as plain requests.";
}

std::string denied(const RemedyContext& context) {
  return fmt::format(
      "Find the proxy's rule that matches {} (respond, return, deny, Require, http-request deny, an address or method "
      "filter, a firewall) and let upgrades of this path through. The proxy's access log names the site and the rule; "
      "the "
      "application's log has no such request.",
      or_else(context.path, "this path"));
}

std::string unreachable(const RemedyContext& context) {
  return fmt::format(
      "See whether the application runs and listens at {}, as the proxy sees it (inside the proxy's own container or "
      "network), and that the name there resolves. The proxy's error log says whether it was refused, timed out or not "
      "found.",
      or_else(context.upstream, "the address that the proxy forwards to"));
}

std::string missing_route(Emitter emitter, const RemedyContext& context) {
  const std::string path = or_else(context.path, "the WebSocket path");
  if (emitter == Emitter::proxy || emitter == Emitter::cdn) {
    return fmt::format(
        "Give the proxy a route for {} on host {} that leads to the application; the application never saw the "
        "request.",
        path, or_else(context.host, "(as asked)"));
  }
  return fmt::format(
      "Compare the path in the application's log with {0}. If it is another, the proxy changes it on the way; if it is "
      "the same, the application has no WebSocket route {0}, or it is mounted under another prefix.",
      path);
}

std::string transport(Reason reason, const RemedyContext& context) {
  const std::string host = or_else(context.host, "the host");
  switch (kind_of(reason)) {
    case FailureKind::dns:
      return fmt::format(
          "Look up {} where the clients are (and from the authoritative name server); correct the record or the URL.",
          host);
    case FailureKind::tcp:
      return fmt::format(
          "See whether the proxy runs and listens at {}, and whether a firewall stands between; check the port of the "
          "URL.",
          host);
    case FailureKind::tls:
      return fmt::format(
          "Look at what {0} presents: openssl s_client -connect {1} -servername {2} </dev/null. Renew or complete the "
          "certificate "
          "at the edge; check this machine's clock and trust store as well.",
          host, host.find(':') == std::string::npos ? host + ":443" : host, without_port(host));
    case FailureKind::timeout:
      return "See where the request stops: the proxy's access log (did it arrive?), then the application's. A proxy "
             "that buffers responses "
             "holds back the 101; an application that is stuck answers nothing.";
    case FailureKind::closed: return "The proxy's error log tells why the connection was ended.";
    case FailureKind::protocol_error: return "See what listens there: the first bytes of its answer are in the report.";
    case FailureKind::limit: return "See what sends such an answer; the limits that were reached are in the report.";
    case FailureKind::local: return "The fault is on the machine that probes; see its own log.";
  }
  return {};
}

/// What to look for in the proxy's configuration where it may have changed the path.
std::string rules_about_the_path(const RemedyContext& context) {
  const auto& could_be = context.candidates;
  if (std::find(could_be.begin(), could_be.end(), CauseId::proxy_rewrote_path) == could_be.end()) return {};
  return " In the proxy's configuration for this host, look for what changes a path before it is forwarded: try_files "
         "(with an index.html in the root it turns /api/ws into /index.html), handle_path, strip_prefix, rewrite, "
         "proxy_pass with a path.";
}

/// Where to look while the cause is open; the direct address is advice only where the scenario has none.
std::string look(Emitter emitter, const RemedyContext& context) {
  const std::string direct =
      context.upstream.empty()
          ? " With a direct address (target.direct, --direct) much of this is decided without logs."
          : "";
  switch (emitter) {
    case Emitter::backend:
      return fmt::format(
          "Look for this request in the application's log: compare the path there with {}, and see which reason "
          "it gives.{}{}",
          or_else(context.path, "the one that was asked for"), direct, rules_about_the_path(context));
    case Emitter::proxy:
    case Emitter::cdn: return "Look for this request in the proxy's access log and error log." + direct;
    case Emitter::none:
    case Emitter::undetermined: break;
  }
  return "Look for this request in the application's log. If it is there, the application refused; compare the path "
         "there with "
         "the one that was asked for. If it is not, the proxy did." +
         direct;
}

std::string rejected(Fault fault) {
  if (fault == Fault::none) return "Nothing: an invalid credential has to be refused.";
  return "Get a fresh credential from its issuer and try again by hand. If that is refused too, the application checks "
         "against another key, "
         "issuer or audience than the issuer uses; its log says why it refused.";
}

/// What to do whatever the product is.
std::string general(const Cause& cause, Emitter emitter, Fault fault, const RemedyContext& context) {
  switch (cause.id) {
    case CauseId::healthy: return "Nothing.";
    case CauseId::auth_rejected: return rejected(fault);
    case CauseId::auth_bypass:
      return "Make the application refuse: check the credential before accepting the WebSocket, in the route itself or "
             "in a dependency "
             "that WebSocket routes use too (HTTP middleware does not see them in every framework). Until then anybody "
             "can connect.";
    case CauseId::route_missing: return missing_route(emitter, context);
    case CauseId::origin_rejected:
      return "Put the site that opens the WebSocket on the application's list of allowed origins; where the "
             "application compares Origin "
             "with Host, let the proxy pass Host on. A probe without a browser has to send that Origin (--origin, or "
             "origin: in the scenario).";
    case CauseId::backend_error: return "The application's log has the traceback of this request.";
    case CauseId::backend_unhealthy:
      return "See why the application reports itself unwell: its log, and the other members of its health document.";
    case CauseId::proxy_denied: return denied(context);
    case CauseId::proxy_auth_required:
      return "Exempt the WebSocket path from the proxy's authentication, or let the client send what the proxy asks "
             "for (browsers cannot add "
             "an Authorization field to a WebSocket).";
    case CauseId::proxy_rewrote_path: return rewrote_path(context);
    case CauseId::spa_fallback:
      return fmt::format(
          "Put the route of {} before the fallback that serves the page (in nginx a location of its own, in Caddy a "
          "handle block "
          "with reverse_proxy), so that only paths of the page fall back to index.html.",
          or_else(context.path, "the WebSocket path"));
    case CauseId::upgrade_stripped: return stripped();
    case CauseId::upstream_unreachable: return unreachable(context);
    case CauseId::upstream_timeout:
      return "See what the application does with this request: its log, its load, its connections to what it depends "
             "on. If it needs that long, "
             "raise the proxy's timeout.";
    case CauseId::rate_limited:
      return "Ask less often, or exempt the prober's address from the limit; a limit on the real clients' addresses "
             "needs raising.";
    case CauseId::redirected:
      return "Ask for the place that the redirect names (wss:// instead of ws://, the other host or path), or exempt "
             "the WebSocket path from the redirect.";
    case CauseId::idle_timeout:
      return "Let the application or the client send pings more often than the shortest idle timeout in between, or "
             "raise that timeout (nginx "
             "proxy_read_timeout, HAProxy timeout tunnel, Apache ProxyTimeout).";
    case CauseId::connection_aborted:
      return "The proxy's error log tells who ended the connection and why: a rule that drops (444, abort, "
             "silent-drop), or an application that "
             "closed without an answer.";
    case CauseId::protocol_error: return "See what listens there: the first bytes of its answer are in the report.";
    case CauseId::frontend_wrong_url:
      return "Change the URL in the page's configuration to the one that works, and reload the page without its cache.";
    case CauseId::frontend_csp_blocks:
      return "Add the WebSocket URL's origin to connect-src of the page's Content-Security-Policy.";
    case CauseId::transport: return cause.reason ? transport(*cause.reason, context) : std::string();
    case CauseId::undetermined: return look(emitter, context);
  }
  return {};
}

}  // namespace

std::string remedy(const Cause& cause, Emitter emitter, Fault fault, const RemedyContext& context) {
  std::string text = general(cause, emitter, fault, context);
  const bool belongs_to_the_application = cause.id == CauseId::route_missing && emitter == Emitter::backend;
  if (cause.id == CauseId::proxy_rewrote_path || belongs_to_the_application) return text;
  return text + change_of_product(cause.id, context);
}

}  // namespace wsprobe::attribution
