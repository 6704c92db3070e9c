#include "attribution/attribution.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attribution/addresses.hpp"
#include "attribution/causes.hpp"
#include "attribution/frontend.hpp"
#include "attribution/hops.hpp"
#include "attribution/products.hpp"
#include "attribution/proxy_habits.hpp"
#include "attribution/summary.hpp"
#include "attribution/transports.hpp"
#include "attribution/wanted.hpp"

namespace wsprobe::attribution {
namespace {

/// Nobody pastes more; experiments with very long paths are not repeated by hand.
constexpr std::size_t longest_reproduced_url = 2000;

std::string host_of(const RequestFacts& request) {
  if (!request.host.empty()) return request.host;
  const std::size_t start = request.url.find("://");
  if (start == std::string::npos) return {};
  return request.url.substr(start + 3, request.url.find_first_of("/?#", start + 3) - start - 3);
}

SupportingFact fact_of(const Finding& finding) {
  if (finding.weight == 0) return {finding.sentence, "undetermined", 0};
  const Product* maker = product(finding.product);
  const std::string_view edge = maker != nullptr && maker->role == Role::cdn ? "cdn" : "proxy";
  return {finding.sentence, finding.weight > 0 ? "backend" : std::string(edge), std::abs(finding.weight)};
}

/// An accepted upgrade has no refusal to attribute: who accepted it is the application where something came back.
/// Who cut it afterwards is not in the bytes.
Emitter emitter_of_accepted(const StepReport& step) {
  if (failure_of(&step) != nullptr) return Emitter::undetermined;
  return proof_of(step).any() ? Emitter::backend : Emitter::undetermined;
}

double combined_confidence(const Verdict& verdict, const Conclusion& conclusion, const Authorship& author) {
  const bool author_known =
      verdict.emitter == Emitter::proxy || verdict.emitter == Emitter::backend || verdict.emitter == Emitter::cdn;
  const bool rests_on_author = author_known && !author.findings.empty();
  if (verdict.cause.id == CauseId::undetermined) {
    if (verdict.fault != Fault::undetermined)
      return rests_on_author ? std::min(conclusion.confidence, author.confidence()) : conclusion.confidence;
    return rests_on_author ? author.confidence() : 0;
  }
  return rests_on_author ? std::min(conclusion.confidence, author.confidence()) : conclusion.confidence;
}

std::string listed(const std::vector<CauseId>& causes) {
  std::string text;
  for (const CauseId cause : causes) text += (text.empty() ? "" : ", ") + std::string(name(cause));
  return text;
}

/// A document that came and does not say what it should: that is more than who wrote it, where that is open anyway.
bool is_answered_otherwise(const StepReport& step, const Verdict& verdict) {
  const int status = status_of(&step);
  return step.kind == StepKind::http && !step.unmet.empty() && verdict.cause.id == CauseId::undetermined &&
         status >= 200 && status < 300;
}

Verdict judge(const Pattern& pattern, const Input& input) {
  const StepReport& subject = *pattern.subject;
  const bool was_accepted = accepted(&subject);
  const Authorship author = was_accepted ? Authorship{} : judge_author(pattern);
  const Conclusion conclusion = conclude(pattern, author);
  Verdict verdict;
  verdict.emitter = was_accepted ? emitter_of_accepted(subject) : author.emitter;
  verdict.fault = conclusion.fault;
  verdict.cause = conclusion.cause;
  verdict.confidence = combined_confidence(verdict, conclusion, author);
  for (const Finding& finding : author.findings) verdict.reasons.push_back(fact_of(finding));
  for (const SupportingFact& fact : conclusion.reasons) verdict.reasons.push_back(fact);
  if (!conclusion.candidates.empty()) {
    verdict.reasons.push_back(
        {(verdict.cause.id == CauseId::undetermined ? "could be: " : "could also be: ") + listed(conclusion.candidates),
         "undetermined", 0});
  }
  if (verdict.reasons.empty()) verdict.reasons.push_back({conclusion.why, std::string(name(verdict.cause)), 0});
  std::stable_sort(verdict.reasons.begin(), verdict.reasons.end(),
                   [](const SupportingFact& left, const SupportingFact& right) { return left.weight > right.weight; });
  verdict.summary = summary_of(pattern, verdict, conclusion);
  if (is_answered_otherwise(subject, verdict)) {
    verdict.summary = fmt::format("The step {} was answered with {}, but not as the scenario expects: {}.",
                                  subject.name, status_of(&subject), fmt::join(subject.unmet, "; "));
  }
  const RequestFacts& request = subject.evidence.request;
  verdict.remedy = remedy(
      verdict.cause, verdict.emitter, verdict.fault,
      {host_of(request), request.path, input.upstream, std::string(recognised_proxy(pattern)), conclusion.candidates});
  if (!request.url.empty() && request.url.size() <= longest_reproduced_url)
    verdict.reproduce.push_back(reproduction(request));
  return verdict;
}

/// Smaller comes first: what a person has to know first.
int urgency(const StepReport& step, const Verdict& verdict) {
  const bool upgrade = step.kind == StepKind::upgrade;
  if (verdict.cause.id == CauseId::auth_bypass) return 0;
  if (upgrade && step.credential != CredentialUse::invalid && verdict.cause.id != CauseId::healthy) return 1;
  if (!upgrade) return 2;
  // That somebody refuses the invalid credential is well, also where it is open who does.
  const bool refused_by_somebody = refused(&step) && verdict.cause.id == CauseId::undetermined;
  if (step.credential == CredentialUse::invalid && verdict.fault != Fault::none && !refused_by_somebody) return 3;
  if (verdict.cause.id == CauseId::healthy) return 4;
  return 5;
}

bool needs_verdict(const StepReport& step) {
  if (step.kind == StepKind::upgrade) return true;
  if (step.kind == StepKind::health && step.health && step.health->ws_available == false) return true;
  return !step.as_expected;
}

Verdict nothing_to_judge() {
  Verdict verdict;
  verdict.summary = "Nothing was asked, so nothing can be said.";
  verdict.reasons.push_back({"there is no step to judge", "undetermined", 0});
  return verdict;
}

Verdict only_other_steps(const Input& input) {
  Verdict verdict;
  verdict.cause = CauseId::healthy;
  verdict.fault = Fault::none;
  verdict.confidence = 0.7;
  verdict.summary = "Every step was answered as expected; no upgrade was tried.";
  verdict.reasons.push_back({"every step met its expectations", "healthy", 1.0});
  for (const StepReport& step : input.steps) {
    if (is_health_document(&step)) verdict.emitter = Emitter::backend;
  }
  return verdict;
}

}  // namespace

bool Knowledge::of(std::string_view product) const {
  return std::find(without.begin(), without.end(), product) == without.end();
}

Attribution attribute(const Input& input) {
  Attribution attribution;
  std::optional<std::size_t> first;
  int best = 0;
  for (std::size_t at = 0; at < input.steps.size(); ++at) {
    const StepReport& step = input.steps[at];
    if (!needs_verdict(step)) {
      attribution.of_steps.emplace_back();
      continue;
    }
    const Pattern pattern = pattern_around(step, input);
    std::optional<Verdict> of_page = judge_frontend(step, input);
    const bool is_page = of_page.has_value();
    attribution.of_steps.emplace_back(is_page ? std::move(*of_page) : judge(pattern, input));
    const Verdict& verdict = *attribution.of_steps.back();
    const int rank = urgency(step, verdict);
    if (!first || rank < best) {
      first = at;
      best = rank;
    }
    if (is_page) continue;
    for (const ExperimentKind kind : wanted_for(pattern, verdict)) {
      if (std::find(attribution.wanted.begin(), attribution.wanted.end(), kind) == attribution.wanted.end()) {
        attribution.wanted.push_back(kind);
      }
    }
  }
  for (const StepReport& experiment : input.experiments) {
    attribution.of_experiments.emplace_back();
    // Over HTTP/2 all answers look alike: see transports.cpp.
    if (experiment.experiment == ExperimentKind::http2_websocket) continue;
    if (refused(&experiment)) attribution.of_experiments.back() = judge(pattern_around(experiment, input), input);
  }
  if (first) {
    attribution.overall = *attribution.of_steps[*first];
    if (!input.steps[*first].frontend) {
      attribution.overall.summary = overall_summary(pattern_around(input.steps[*first], input), attribution.overall);
    }
  } else {
    attribution.overall = input.steps.empty() ? nothing_to_judge() : only_other_steps(input);
  }
  name_hops(input, attribution);
  name_addresses(input, attribution);
  name_transports(input, attribution);
  name_frontends(input, attribution);
  return attribution;
}

}  // namespace wsprobe::attribution
