#include "attribution/explanation.hpp"

#include "attribution/changes.hpp"
#include "attribution/products.hpp"

namespace wsprobe::attribution {
namespace {

struct Texts {
  std::string_view recognised;
  std::string_view next;
};

Texts texts_of(CauseId cause) {
  switch (cause) {
    case CauseId::healthy:
      return {
          "A 101 with the right Sec-WebSocket-Accept; better, a ping or a message that was answered on the socket; "
          "best, the application's own count of connections that rose while the socket was held.",
          "Whether an invalid credential is refused: an upgrade that anybody may make is not healthy."};
    case CauseId::auth_rejected:
      return {
          "The answer is the application's, and credentials make a difference: the valid one is accepted, or answered "
          "otherwise. Or the application knows the path (a path that nobody defined gets 404) and refuses with 401 "
          "or 403, whatever the Origin. A close right after the accept counts as well.",
          "The application's log for the reason; the expiry, issuer and audience of the credential; the clock of the "
          "machine that checks it."};
    case CauseId::auth_bypass:
      return {
          "The upgrade with the invalid credential got a 101 and was not closed within the time that a refusal after "
          "the accept is granted.",
          "Whether the upgrade without any credential is accepted too; that the scenario sends the invalid "
          "credential where the application looks for it."};
    case CauseId::route_missing:
      return {
          "A 404 that the proxy wrote itself; or the application's own 404 to the upgrade and to a path that nobody "
          "defined, while a plain GET is answered otherwise (so it did arrive as an upgrade).",
          "The path in the application's log. If it is the one that was asked for, the application has no such "
          "route; if it is another, see proxy_rewrote_path."};
    case CauseId::origin_rejected:
      return {
          "The same upgrade is accepted with the service's own Origin, or the application's answer speaks of the "
          "Origin.",
          "The application's list of allowed origins, and whether the proxy passes Host on unchanged."};
    case CauseId::backend_error:
      return {"A status from 500 on that the application wrote.", "The traceback in the application's log."};
    case CauseId::backend_unhealthy:
      return {"The health document has /ws/available false, or another /status than ok.",
              "What the application depends on: its database, its message broker, its workers."};
    case CauseId::proxy_denied:
      return {
          "The answer is the proxy's: made of its own page, in its own order of fields, or like an answer that was "
          "provoked at the edge; and a plain GET or another path tells whether the rule is about upgrades or about "
          "the path.",
          "The proxy's access log names the site and the rule; the application's log has no such request."};
    case CauseId::proxy_auth_required:
      return {
          "A 401 or 407 with WWW-Authenticate or Proxy-Authenticate that the proxy wrote, the same for every "
          "credential of the application's.",
          "Whether the proxy asks for a password itself or asks an authentication service first."};
    case CauseId::proxy_rewrote_path:
      return {
          "The application wrote the refusal and was asked for another path: its log or its answer names that path; "
          "the path written twice is accepted; a path too long for the application is not complained of; past the "
          "proxy the same upgrade is accepted; or the health document itself is the application's 404 and no path "
          "makes a difference.",
          "The path in the application's own log: it is the proof."};
    case CauseId::spa_fallback:
      return {"A 2xx with an HTML page where a 101 or JSON should be; most surely where other paths get the same page.",
              "The order of the rules: the route of the API has to stand before the fallback."};
    case CauseId::upgrade_stripped:
      return {
          "The upgrade is answered exactly as the same GET without the Upgrade headers, or the application says "
          "that they are missing.",
          "The application's log: it shows a GET where a WebSocket was asked for."};
    case CauseId::upstream_unreachable:
      return {
          "502, 503 or a network's 52x that is not the application's, with words that name an upstream which cannot "
          "be reached, or alike for the health document.",
          "The proxy's error log (refused, no such name, no healthy server), and the application's address as the "
          "proxy's own container sees it."};
    case CauseId::upstream_timeout:
      return {"504, or a network's 524: the request was passed on and nothing came back in time.",
              "Whether the application's log has the request, and what it was doing."};
    case CauseId::rate_limited:
      return {"429, or a 503 whose words speak of a limit.",
              "How often the prober and everybody behind its address asks; what the limiter counts."};
    case CauseId::redirected:
      return {
          "A 3xx with a Location. To https on the same host: the client should ask with wss://; or, if it did, "
          "something in between ends TLS and does not say so (X-Forwarded-Proto).",
          "Where the Location leads, and which hop writes it."};
    case CauseId::idle_timeout:
      return {"The accepted socket was cut without a close frame after a round time of silence.",
              "The shortest idle timeout on the way: every proxy, load balancer and network in front has one."};
    case CauseId::connection_aborted:
      return {
          "The connection was closed or reset before a whole answer had come; or a 502 for one credential only, "
          "while the other is accepted.",
          "The proxy's error log, then the application's: a process that crashed says so in one of the two."};
    case CauseId::protocol_error:
      return {"Bytes that are no correct HTTP or WebSocket answer.",
              "What listens there: TLS on a plain port, another protocol, a proxy that mangles frames."};
    case CauseId::frontend_wrong_url:
      return {"The page names another WebSocket URL than the one that works.",
              "The page's configuration and its cache."};
    case CauseId::frontend_csp_blocks:
      return {"The page's Content-Security-Policy has a connect-src without the WebSocket's origin.",
              "The browser's console: it names the directive that refused."};
    case CauseId::transport:
      return {
          "A failure before any HTTP answer; its name says the phase and the reason.",
          "The same from another place: what fails from everywhere is the service's, what fails from one place is on "
          "the way."};
    case CauseId::undetermined:
      return {"No explanation was far enough ahead of the others.",
              "What the verdict says would settle it; most often the application's log (did this request arrive, and "
              "with which path?), or the same upgrade past the proxy (--direct)."};
  }
  return {};
}

}  // namespace

Explanation explanation(const Cause& cause, const RemedyContext& context) {
  const Texts texts = texts_of(cause.id);
  Explanation out{meaning(cause.id), texts.recognised, {}, texts.next};
  RemedyContext of_any_product = context;
  of_any_product.product.clear();
  // A missing route is explained as the proxy's: the application's own has nothing to do with products.
  const Emitter emitter = cause.id == CauseId::route_missing ? Emitter::proxy : Emitter::undetermined;
  out.changes.push_back({"any", remedy(cause, emitter, Fault::undetermined, of_any_product) + "\n"});
  for (const ProductChange& change : changes_of(cause.id, context)) {
    std::string text = change.text.empty() ? std::string() : change.text + "\n";
    out.changes.push_back({product(change.product)->name, text + change.snippet});
  }
  return out;
}

}  // namespace wsprobe::attribution
