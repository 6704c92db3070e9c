#include "attribution/word_explanations.hpp"

namespace wsprobe::attribution {

std::string_view explanation(Emitter emitter) {
  switch (emitter) {
    case Emitter::proxy:
      return "Written by the proxy: whatever stands between the client and the application and belongs to the "
             "deployment, a load balancer or a platform's router included. The request may never have reached the "
             "application.";
    case Emitter::backend:
      return "Written by the application. The request reached it, though not necessarily as it was sent: a proxy may "
             "have changed the path or taken headers out on the way. Who wrote an answer and who is at fault are two "
             "questions.";
    case Emitter::cdn:
      return "Written by a network of edges that others run (Cloudflare, CloudFront, Fastly, Akamai ...), before the "
             "deployment's own proxy was asked.";
    case Emitter::none:
      return "Nobody wrote an answer: the name, the connection or the TLS handshake failed, or nothing came in time.";
    case Emitter::undetermined:
      return "What was seen fits more than one author. The reasons say what speaks for whom, and what would settle it: "
             "usually the direct path (--direct) or a log (--witness-file, --witness-command).";
  }
  return {};
}

std::string_view explanation(Fault fault) {
  switch (fault) {
    case Fault::proxy: return "The proxy's configuration has to change.";
    case Fault::backend: return "The application, its configuration or what it depends on has to change.";
    case Fault::cdn: return "The rules or the settings of the CDN have to change.";
    case Fault::frontend: return "The page that opens the socket has to change.";
    case Fault::client:
      return "What was sent has to change: the URL, the credential, the Origin, or how often it is asked.";
    case Fault::network:
      return "The way to the service has to change: names, routes, firewalls, certificates in between.";
    case Fault::none: return "Nobody has to change anything: this is as it should be.";
    case Fault::undetermined:
      return "Several could have to change something; the reasons name what would settle who it is.";
  }
  return {};
}

std::string_view explanation(ExperimentKind experiment) {
  switch (experiment) {
    case ExperimentKind::no_credential:
      return "Answered like the one with the credential, the credential is not what is refused.";
    case ExperimentKind::control_path:
      return "Shows how the deployment refuses what nobody has defined. The same answer for the real path means that "
             "the real path is not known either, or did not arrive as it was asked.";
    case ExperimentKind::plain_get:
      return "Answered like the upgrade, the Upgrade headers made no difference: they were lost, or something refused "
             "before looking at them.";
    case ExperimentKind::plain_get_invalid: return "The same for the upgrade with the invalid credential.";
    case ExperimentKind::plain_control_path:
      return "A page where a 404 should be is the fallback of a single-page application, or a proxy without routes.";
    case ExperimentKind::plain_root: return "Whether paths make a difference behind the proxy at all.";
    case ExperimentKind::plain_index:
      return "Answered like the API, every path is rewritten to this one before the application is asked.";
    case ExperimentKind::websocket_version:
      return "Only what understands WebSocket answers 400 or 426 with its own version: the upgrade reached it as one.";
    case ExperimentKind::websocket_version_invalid:
      return "The same with the invalid credential: whether the credential is looked at before the handshake.";
    case ExperimentKind::unknown_method:
      return "Proxies pass methods on that they do not know; who refuses this one has looked at the request.";
    case ExperimentKind::foreign_origin:
      return "Refused where the usual one is accepted: the application checks the Origin.";
    case ExperimentKind::same_origin: return "Accepted where none was sent: the application wants an Origin it knows.";
    case ExperimentKind::edge_error:
      return "The refusal is the edge's own, so it shows how the edge writes its refusals.";
    case ExperimentKind::invalid_again:
      return "Whether a wrong credential is refused at all, and whether otherwise than the right one. Counted by login "
             "guards; --gentle leaves it out.";
    case ExperimentKind::health_document: return "An answer that the application is known to write, to compare with.";
    case ExperimentKind::doubled_prefix:
      return "Answered like the health document, something takes the first segment off the path.";
    case ExperimentKind::doubled_path: return "Accepted, something takes a prefix off the path.";
    case ExperimentKind::long_path:
      return "Refused with 414 or 431, it tells whose limit is met first, and so who reads the request line.";
    case ExperimentKind::long_query: return "The same with the length in the query.";
    case ExperimentKind::direct_valid:
      return "The same upgrade past the proxy. Accepted here and refused at the edge: the fault lies before the "
             "application.";
    case ExperimentKind::direct_invalid: return "How the application itself writes a refusal, to compare with.";
    case ExperimentKind::direct_health:
      return "How the application itself writes its health document, to compare with.";
    case ExperimentKind::hop_valid:
      return "The first hop that answers otherwise than the edge is where the two part: the fault lies between it and "
             "the hop before.";
    case ExperimentKind::other_address:
      return "One of several addresses that answers otherwise than the rest is configured otherwise, or out of date.";
    case ExperimentKind::http2_websocket:
      return "Chromium opens a WebSocket over an HTTP/2 connection that it already has, where the server advertises "
             "that. Answered otherwise than over HTTP/1.1, the two ways are configured differently.";
  }
  return {};
}

}  // namespace wsprobe::attribution
