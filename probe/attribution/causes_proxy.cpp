// Refusals that the proxy wrote itself.
#include "attribution/causes.hpp"

#include <utility>

namespace wsprobe::attribution {
namespace {

bool challenges(const ResponseHead& head) {
  return head.find("www-authenticate") != nullptr || head.find("proxy-authenticate") != nullptr;
}

/// The proxy has to change something, and its configuration says what.
Conclusion open_rule(std::string why, std::vector<CauseId> candidates) {
  Conclusion conclusion = undecided(std::move(why), std::move(candidates), "the proxy's configuration for this path");
  conclusion.fault = Fault::proxy;
  conclusion.confidence = 0.85;
  return conclusion;
}

Conclusion by_status(const Case& c) {
  const int status = c.status();
  if (status < 300)
    return decided(CauseId::route_missing, Fault::proxy, 0.85, "no site or route of the proxy handles this request");
  if (status < 400) {
    return open_rule("the proxy answers with a redirect that leads nowhere",
                     {CauseId::redirected, CauseId::proxy_denied});
  }
  if (status == 401 || status == 407) {
    if (challenges(c.response().head))
      return decided(CauseId::proxy_auth_required, Fault::proxy, 0.95, "the proxy itself asks for credentials");
    return open_rule("a rule of the proxy refuses the request, or it asks for credentials of its own",
                     {CauseId::proxy_denied, CauseId::proxy_auth_required});
  }
  if (status == 404)
    return decided(CauseId::route_missing, Fault::proxy, 0.85, "the proxy has no route for this path, or hides it");
  return decided(CauseId::proxy_denied, Fault::proxy, 0.95,
                 "a rule of the proxy refuses the request before the application sees it");
}

}  // namespace

std::optional<Conclusion> proxy_refusal(const Case& c) {
  if (c.author.emitter != Emitter::proxy && c.author.emitter != Emitter::cdn) return std::nullopt;
  if (c.status() >= 500) {
    Conclusion conclusion =
        undecided("an error inside the proxy, of a service that it asks, or a rule that pretends one",
                  {CauseId::proxy_denied, CauseId::proxy_auth_required, CauseId::upstream_unreachable},
                  "the proxy's error log for this request");
    conclusion.fault = c.author.emitter == Emitter::cdn ? Fault::cdn : Fault::proxy;
    conclusion.confidence = 0.8;
    return conclusion;
  }
  Conclusion conclusion = by_status(c);
  const StepReport* plain = c.pattern.plain_twin();
  const StepReport* control = c.pattern.experiment(ExperimentKind::control_path);
  const std::string cause(name(conclusion.cause.id));
  if (plain != nullptr && same_answer(&c.subject(), plain)) {
    conclusion.reasons.push_back(
        {"a plain GET of the same URL is refused alike: the rule is about the path, not about the upgrade", cause,
         0.5});
  } else if (response_of(plain) != nullptr) {
    conclusion.reasons.push_back(
        {"a plain GET of the same URL is answered otherwise: the rule is about upgrades", cause, 0.5});
  }
  if (control != nullptr && response_of(control) != nullptr) {
    conclusion.reasons.push_back(
        {same_answer(&c.subject(), control)
             ? "an upgrade of a path that does not exist is refused alike: the rule is not about this path alone"
             : "an upgrade of a path that does not exist is answered otherwise: the rule is about this path",
         cause, 0.5});
  }
  // A rule about upgrades and a page in the place of the application's refusal look alike; the application would answer
  // another version otherwise.
  const StepReport* version = c.pattern.version_twin();
  const bool version_is_refused_alike = response_of(version) != nullptr && status_of(version) == c.status();
  if (c.subject().kind == StepKind::upgrade && response_of(plain) != nullptr && status_of(plain) != c.status() &&
      !version_is_refused_alike && conclusion.cause.id == CauseId::proxy_denied) {
    return undecided(
        "a rule about upgrades refuses the request, or the proxy put its page in the place of a refusal of "
        "the application's",
        {CauseId::proxy_denied, CauseId::auth_rejected}, "the application's log (did this request arrive?)");
  }
  if (c.pattern.subject == c.pattern.invalid && accepted(c.pattern.valid)) {
    conclusion.why = "the proxy checks the credential itself, before the application sees it";
    conclusion.confidence = 0.8;
    if (c.subject().expected != Expected::rejected_by_backend) conclusion.fault = Fault::none;
  }
  if (c.author.emitter == Emitter::cdn) conclusion.fault = Fault::cdn;
  return conclusion;
}

}  // namespace wsprobe::attribution
