// 101, and what it proves.
//
// Something in between can answer 101. What comes back through the socket proves more: a message or a pong from whoever
// speaks WebSocket there, and most of all a counter of the application's that rises while we hold the socket.
#include "attribution/causes.hpp"
#include "core/ascii.hpp"

#include <fmt/format.h>

namespace wsprobe::attribution {
namespace {

struct Proof {
  double confidence;
  std::string sentence;
};

Proof strongest(const SessionProof& proof) {
  if (proof.counter) return {0.99, "the application's own count of connections rose while the socket was held"};
  if (proof.message) return {0.97, "the application answered a message on the socket"};
  if (proof.ping) return {0.95, "a ping was answered on the socket"};
  return {0.8, "the upgrade got a correct 101; nothing was exchanged on the socket that would prove more"};
}

bool ought_to_be_refused(const StepReport& step) {
  return step.credential == CredentialUse::invalid || step.expected == Expected::rejected ||
         step.expected == Expected::rejected_by_backend || step.expected == Expected::rejected_by_proxy;
}

/// False where the step is called invalid and yet sends nothing that could be: then no token was tested.
bool sends_a_credential(const StepReport& step) {
  const RequestFacts& request = step.evidence.request;
  if (step.evidence.session) {
    for (const MessageFacts& message : step.evidence.session->messages) {
      if (message.sent.find("invalid") != std::string::npos) return true;
    }
  }
  if (request.url.empty() || request.url.find('?') != std::string::npos) return true;
  for (const HeaderField& field : request.fields) {
    const std::string field_name = lower_case(field.name);
    if (field_name == "authorization" || field_name == "cookie" || field_name == "sec-websocket-protocol" ||
        field_name.find("token") != std::string::npos || field_name.find("key") != std::string::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace

Conclusion conclude_accepted(const Pattern& pattern) {
  const Proof proof = strongest(proof_of(*pattern.subject));
  Conclusion conclusion;
  if (ought_to_be_refused(*pattern.subject)) {
    conclusion.cause = CauseId::auth_bypass;
    conclusion.fault = Fault::backend;
    conclusion.confidence = std::min(0.97, proof.confidence + 0.05);
    conclusion.why = "an upgrade that has to be refused was accepted";
    conclusion.reasons.push_back({proof.sentence, "auth_bypass", 3.0});
    if (!sends_a_credential(*pattern.subject)) {
      conclusion.reasons.push_back(
          {"the step sends no token at all as far as can be seen: check the scenario", "undetermined", 0});
      conclusion.confidence = 0.6;
    }
    if (accepted(pattern.none)) {
      conclusion.reasons.push_back({"the upgrade without any credential is accepted too", "auth_bypass", 1.0});
    }
    return conclusion;
  }
  if (const Error* failure = failure_of(pattern.subject)) {
    conclusion = conclude_failure(pattern, *failure);
    conclusion.reasons.push_back({"the upgrade itself was accepted: " + proof.sentence, "undetermined", 0});
    return conclusion;
  }
  conclusion.cause = CauseId::healthy;
  conclusion.fault = Fault::none;
  conclusion.confidence = proof.confidence;
  conclusion.why = proof.sentence;
  conclusion.reasons.push_back({proof.sentence, "healthy", 2.0});
  if (refused(pattern.invalid)) {
    conclusion.reasons.push_back({"the invalid credential is refused, so somebody checks it", "healthy", 1.0});
  }
  return conclusion;
}

}  // namespace wsprobe::attribution
