#include "attribution/summary.hpp"

#include <fmt/format.h>

namespace wsprobe::attribution {
namespace {

/// How sure, in a word that goes before what is claimed; nothing where it is as good as certain.
std::string_view hedge(double confidence) {
  if (confidence >= 0.95) return "";
  if (confidence >= 0.8) return "very probably ";
  if (confidence >= 0.65) return "probably ";
  return "possibly ";
}

std::string what(const StepReport& step) {
  if (step.kind == StepKind::health) return "the health document";
  if (step.kind != StepKind::upgrade) return fmt::format("the request of step {}", step.name);
  switch (step.credential) {
    case CredentialUse::valid: return "the upgrade that carries the valid credential";
    case CredentialUse::invalid: return "the upgrade that carries the invalid credential";
    case CredentialUse::none: return "the upgrade";
  }
  return "the upgrade";
}

std::string_view who(Emitter emitter) {
  switch (emitter) {
    case Emitter::proxy: return "the proxy";
    case Emitter::backend: return "the application";
    case Emitter::cdn: return "the CDN";
    case Emitter::none:
    case Emitter::undetermined: return "somebody";
  }
  return "somebody";
}

std::string_view whose(Fault fault) {
  switch (fault) {
    case Fault::proxy: return "the proxy has to change";
    case Fault::backend: return "the application has to change";
    case Fault::cdn: return "the CDN has to change";
    case Fault::frontend: return "the page has to change";
    case Fault::client: return "the client has to change";
    case Fault::network: return "the fault is in the network or the name service";
    case Fault::none: return "nothing has to change";
    case Fault::undetermined: return "";
  }
  return "";
}

std::string capitalised(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

std::string answer_of(const StepReport& step) {
  if (closed_after_accept(&step)) {
    const auto& session = step.evidence.session;
    const bool coded = session && session->close && session->close->code;
    return coded ? fmt::format("accepted {} and then closed it with {}", what(step), *session->close->code)
                 : fmt::format("accepted {} and then closed it", what(step));
  }
  const int status = status_of(&step);
  if (step.kind == StepKind::upgrade && status >= 400) return fmt::format("refused {} with {}", what(step), status);
  if (step.kind == StepKind::upgrade) return fmt::format("answered {} with {} instead of 101", what(step), status);
  return fmt::format("answered {} with {}", what(step), status);
}

std::string ending(const Verdict& verdict, const Conclusion& conclusion) {
  std::string text;
  const std::string_view fault = whose(verdict.fault);
  if (!fault.empty()) {
    text += fmt::format("; {}", fault);
  } else if (verdict.cause.id != CauseId::undetermined) {
    text += "; whose fault it is cannot be told from here";
  }
  if (!conclusion.settle.empty()) text += fmt::format("; what would settle it: {}", conclusion.settle);
  return text + ".";
}

}  // namespace

std::string summary_of(const Pattern& pattern, const Verdict& verdict, const Conclusion& conclusion) {
  const StepReport& step = *pattern.subject;
  if (verdict.cause.id == CauseId::healthy) {
    return fmt::format("The upgrade is {}accepted by the application: {}.", hedge(verdict.confidence), conclusion.why);
  }
  if (verdict.cause.id == CauseId::auth_bypass) {
    return fmt::format(
        "{} was accepted although it has to be refused{}: the application {}lets in whoever asks; the application has "
        "to change.",
        capitalised(what(step)), proof_of(step).any() ? "" : " (a 101; nothing was exchanged on the socket)",
        hedge(verdict.confidence));
  }
  if (accepted(&step))
    return fmt::format("{} was accepted, but then: {}{}", capitalised(what(step)), conclusion.why,
                       ending(verdict, conclusion));
  if (verdict.emitter == Emitter::none) {
    return fmt::format("No answer to {}: {}{}", what(step), conclusion.why, ending(verdict, conclusion));
  }
  const std::string_view sure = hedge(verdict.confidence);
  if (verdict.emitter == Emitter::undetermined) {
    const std::string answer = answer_of(step);
    if (verdict.cause.id == CauseId::undetermined) {
      return fmt::format("Who {} cannot be told: {}{}", answer, conclusion.why, ending(verdict, conclusion));
    }
    return fmt::format("Somebody, the proxy or the application, {}: {}{}{}", answer, sure, conclusion.why,
                       ending(verdict, conclusion));
  }
  if (verdict.cause.id == CauseId::undetermined) {
    return fmt::format("{} {}{}: {}{}", capitalised(std::string(who(verdict.emitter))), sure, answer_of(step),
                       conclusion.why, ending(verdict, conclusion));
  }
  return fmt::format("{} {}: {}{}{}", capitalised(std::string(who(verdict.emitter))), answer_of(step), sure,
                     conclusion.why, ending(verdict, conclusion));
}

std::string overall_summary(const Pattern& pattern, const Verdict& verdict) {
  const bool upgrade = pattern.subject->kind == StepKind::upgrade;
  const bool fails = upgrade && !accepted(pattern.subject) && pattern.subject == pattern.valid;
  if (fails && health_is_green(pattern.health)) {
    return "The health document is green while the WebSocket upgrade fails. " + verdict.summary;
  }
  return verdict.summary;
}

}  // namespace wsprobe::attribution
