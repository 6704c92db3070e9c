// A page is wrong where browsers on it cannot get the WebSocket for a reason that stands in the page, its scripts, or
// the header fields it came with. Two such reasons are known: the URL that its scripts leave, and its
// Content-Security-Policy. That a URL is another than the scenario's is no fault by itself: a service may have two
// names. It is one where that URL does not work, and it is known that this is not because of the network between.
#include "attribution/frontend.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "attribution/answer.hpp"

namespace wsprobe::attribution {
namespace {

std::string named(const FrontendFacts& facts) {
  return facts.place.empty() ? facts.from : fmt::format("{} ({})", facts.from, facts.place);
}

/// "wss://api.example.com" of "wss://api.example.com/api/ws".
std::string origin_of(const std::string& url) {
  const std::size_t host = url.find("://");
  return host == std::string::npos ? url : url.substr(0, url.find('/', host + 3));
}

/// Somebody answered at the scenario's own edge in this run: the network is there.
bool edge_answers(const Input& input) {
  return std::any_of(input.steps.begin(), input.steps.end(), [](const StepReport& step) {
    return step.kind != StepKind::frontend && response_of(&step) != nullptr;
  });
}

bool edge_accepts(const Input& input) {
  return std::any_of(input.steps.begin(), input.steps.end(),
                     [](const StepReport& step) { return step.kind == StepKind::upgrade && accepted(&step); });
}

/// Who asks without a credential is told nothing else by the right service either.
bool may_be_for_want_of_credential(const FrontendAttempt& attempt) {
  const int status = attempt.status;
  return !attempt.with_credential && (status == 401 || status == 403 || status >= 1000);
}

/// The page has a variable, and what its scripts make of that is not known.
bool is_of_variable(const FrontendFacts& facts) { return facts.from.starts_with("window."); }

/// It may be so from this machine only: a firewall here, a name server that is ill, time that was too short.
bool may_be_of_here(Reason reason) {
  switch (kind_of(reason)) {
    case FailureKind::local:
    case FailureKind::timeout: return true;
    case FailureKind::dns:
      return reason != Reason::dns_not_found && reason != Reason::dns_no_address && reason != Reason::dns_bad_name;
    case FailureKind::tcp: return reason == Reason::tcp_unreachable || reason == Reason::tcp_not_permitted;
    case FailureKind::tls:
    case FailureKind::closed:
    case FailureKind::protocol_error:
    case FailureKind::limit: break;
  }
  return false;
}

/// What an `explain` of the cause cannot know: which words to change into which.
std::string remedy_of_url(const FrontendFacts& facts) {
  std::string text = facts.place.empty() ? fmt::format("Change what sets {} on the page {}", facts.from, facts.page)
                                         : fmt::format("Change {} in {}", facts.from, facts.place);
  const bool is_variable = is_of_variable(facts);
  std::string wanted = facts.wanted;
  // A page of https may not open the service's own URL either, where that is one without encryption.
  const bool needs_tls = facts.obstacle == BrowserObstacle::mixed_content && wanted.starts_with("ws:");
  if (needs_tls) wanted.insert(2, "s");
  text += fmt::format(": it is \"{}\", and what works has to stand there:\n\n", facts.value.value_or(""));
  text += is_variable ? fmt::format("    {} = \"{}\";\n\n", facts.from, origin_of(wanted))
                      : fmt::format("    new WebSocket(\"{}\")\n\n", wanted);
  if (needs_tls) text += "The service has to be had by TLS for that: it is probed at " + facts.wanted + ".\n\n";
  text +=
      "Then empty the caches in between (a CDN, the browser's): the old script may live on in them. Run this again: "
      "the step has to say that a browser would connect.";
  return text;
}

std::string where_policy_stands(const FrontendFacts& facts) {
  const auto has_directive = [&](const FrontendPolicy& policy) {
    return !policy.reports_only && policy.text.find(facts.directive.substr(0, 40)) != std::string::npos;
  };
  const auto found = std::find_if(facts.policies.begin(), facts.policies.end(), has_directive);
  if (found != facts.policies.end() && found->in_page) {
    return fmt::format("the meta element in line {} of {}", found->line, facts.page);
  }
  return fmt::format("the Content-Security-Policy header of {}", facts.page);
}

/// The directive with the origin at its end; 'none' is not said beside anything else.
std::string widened(const std::string& directive, const std::string& origin) {
  const std::string_view name = std::string_view(directive).substr(0, directive.find(' '));
  std::string values = directive.substr(std::min(name.size() + 1, directive.size()));
  if (values == "'none'") values.clear();
  // A page that has no connect-src of its own gets one, lest everything else be let in too.
  return fmt::format("connect-src {}{}{}", values, values.empty() ? "" : " ", origin);
}

std::string remedy_of_policy(const FrontendFacts& facts) {
  return fmt::format(
      "In {}, let connect-src have the WebSocket's origin. There is now:\n\n    {}\n\nIt has to be:\n\n    {}\n\n"
      "'self' does not stand for another host, and https://HOST not for a WebSocket: write wss://HOST. Run this again: "
      "the step has to say that a browser would connect.",
      where_policy_stands(facts), facts.directive, widened(facts.directive, origin_of(facts.url)));
}

Verdict verdict_of(CauseId cause, double confidence, std::string summary, std::string remedy) {
  Verdict verdict;
  verdict.emitter = Emitter::none;
  verdict.fault = Fault::frontend;
  verdict.cause = cause;
  verdict.confidence = confidence;
  verdict.summary = std::move(summary);
  verdict.remedy = std::move(remedy);
  return verdict;
}

Verdict open_verdict(const FrontendFacts& facts, std::string summary, std::string why) {
  Verdict verdict;
  verdict.emitter = Emitter::undetermined;
  verdict.fault = Fault::undetermined;
  verdict.summary = std::move(summary);
  verdict.reasons.push_back({std::move(why), "undetermined", 0});
  verdict.remedy = fmt::format(
      "Open {} in a browser and look at the developer tools: Network, filter WS, for the URL that is asked and its "
      "answer; Console, for a refusal by the browser itself.",
      facts.page);
  for (const std::string& literal : facts.literals) {
    verdict.reasons.push_back({"in the scripts: " + literal, "undetermined", 0});
  }
  return verdict;
}

void add_facts(Verdict& verdict, const FrontendFacts& facts) {
  const std::string supported(name(verdict.cause));
  verdict.reasons.push_back({fmt::format("{} is \"{}\"", named(facts), facts.value.value_or("")), supported, 0});
  if (!facts.url.empty() && !(facts.same_origin && facts.same_path)) {
    verdict.reasons.push_back(
        {fmt::format("browsers are sent to {}; the service is probed at {}", facts.url, facts.wanted), supported, 0});
  }
  if (!facts.directive.empty()) verdict.reasons.push_back({"the policy says: " + facts.directive, supported, 0});
  for (const std::string& note : facts.notes) verdict.reasons.push_back({note, "undetermined", 0});
}

Verdict blocked(const FrontendFacts& facts) {
  // A policy that lets the service's own URL through is not what has to change.
  const bool url_is_wrong = facts.obstacle != BrowserObstacle::csp || (!facts.same_origin && facts.wanted_is_allowed);
  if (url_is_wrong) {
    return verdict_of(CauseId::frontend_wrong_url, 0.95,
                      fmt::format("The page sends browsers to a WebSocket that they refuse to open: {}.",
                                  facts.sentence.empty() ? facts.value.value_or("") : facts.sentence),
                      remedy_of_url(facts));
  }
  return verdict_of(
      CauseId::frontend_csp_blocks, 0.97,
      fmt::format("Browsers on the page refuse to open {}: its Content-Security-Policy does not allow it. "
                  "Nothing is sent, so no server sees anything.",
                  facts.url),
      remedy_of_policy(facts));
}

/// The URL is another one than the scenario's, and does not work.
Verdict wrong_place(const FrontendFacts& facts, const Input& input) {
  const FrontendAttempt& attempt = *facts.attempt;
  const std::string what = attempt.failure
                               ? fmt::format("which cannot be reached: {}", sentence(attempt.failure->reason))
                               : fmt::format("which answers the upgrade with {}", attempt.status);
  const std::string summary =
      fmt::format("The page tells browsers to open {}, {}. The service is at {}.", facts.url, what, facts.wanted);
  if (attempt.failure && !edge_answers(input)) {
    return open_verdict(facts, summary, "the scenario's own edge does not answer either: it may be the network");
  }
  if (attempt.failure && may_be_of_here(attempt.failure->reason)) {
    return open_verdict(facts, summary, "that may be so from this machine only: browsers elsewhere may reach it");
  }
  if (!attempt.failure && may_be_for_want_of_credential(attempt)) {
    return open_verdict(facts, summary,
                        "it was asked without a credential, which no host but the scenario's own is sent; with one it "
                        "may be let in");
  }
  if (facts.same_origin && !edge_accepts(input)) {
    return open_verdict(facts, summary, "the scenario's own path is not accepted at this host either");
  }
  const bool may_be_longer = !attempt.failure && is_of_variable(facts) && !facts.same_path;
  const double confidence = may_be_longer ? 0.7 : edge_accepts(input) ? 0.95 : 0.85;
  Verdict verdict = verdict_of(CauseId::frontend_wrong_url, confidence, summary, remedy_of_url(facts));
  if (may_be_longer) {
    verdict.reasons.push_back(
        {fmt::format("scripts may append something to {}, which was asked as it is", facts.from), "undetermined", 0});
  }
  verdict.reasons.push_back({fmt::format("asked with the page's Origin, {} {}", facts.url,
                                         attempt.failure ? std::string(sentence(attempt.failure->reason))
                                                         : fmt::format("answers {}", attempt.status)),
                             "frontend_wrong_url", 2.0});
  if (edge_accepts(input)) {
    verdict.reasons.push_back({fmt::format("{} accepts the upgrade", facts.wanted), "frontend_wrong_url", 2.0});
  }
  return verdict;
}

}  // namespace

std::optional<Verdict> judge_frontend(const StepReport& step, const Input& input) {
  if (!step.frontend || step.as_expected) return std::nullopt;
  const FrontendFacts& facts = *step.frontend;
  Verdict verdict;
  if (facts.answer == BrowserAnswer::blocked) {
    verdict = blocked(facts);
  } else if (facts.attempt && !facts.attempt->accepted) {
    verdict = wrong_place(facts, input);
  } else {
    return open_verdict(facts, fmt::format("Which WebSocket the page {} opens cannot be told from here.", facts.page),
                        facts.problem);
  }
  add_facts(verdict, facts);
  return verdict;
}

void name_frontends(const Input& input, Attribution& attribution) {
  for (std::size_t at = 0; at < input.steps.size(); ++at) {
    const StepReport& step = input.steps[at];
    if (!step.frontend || step.as_expected || !attribution.of_steps[at]) continue;
    const Verdict& verdict = *attribution.of_steps[at];
    Verdict& overall = attribution.overall;
    if (verdict.fault != Fault::frontend || verdict.summary == overall.summary) continue;
    overall.summary += " Besides, for another reason: " + verdict.summary;
    overall.remedy += "\n\nAnd for the page (" + std::string(name(verdict.cause)) + "): " + verdict.remedy;
    for (const SupportingFact& reason : verdict.reasons) {
      if (reason.supports == name(verdict.cause))
        overall.reasons.push_back({"page: " + reason.fact, reason.supports, 0});
    }
  }
}

}  // namespace wsprobe::attribution
