// The refusal's own bytes, against the rules.
#include <algorithm>
#include <cmath>

#include "attribution/emitter.hpp"
#include "attribution/lines.hpp"
#include "attribution/proxy_habits.hpp"
#include "attribution/rules.hpp"

namespace wsprobe::attribution {
namespace {

constexpr double weight_where_relayed = 1.0;

Finding finding_of(const Rule& rule, const View& view) {
  if (rule.nature == Nature::passed_on && rule.weight > weight_where_relayed && view.relay == Relay::possible) {
    return {Line::signature, weight_where_relayed,
            std::string(rule.sentence) + "; but a service that the proxy asks for leave may have written it",
            rule.product};
  }
  return {Line::signature, rule.weight, std::string(rule.sentence), rule.product};
}

std::vector<const Rule*> that_hold(const View& view) {
  std::vector<const Rule*> holding;
  for (const Rule* rule : all_rules()) {
    if ((rule->product.empty() || view.knows(rule->product)) && rule->holds(view)) holding.push_back(rule);
  }
  return holding;
}

Findings apply(const View& view) {
  Findings findings;
  for (const Rule* rule : that_hold(view)) findings.push_back(finding_of(*rule, view));
  return findings;
}

/// Proxies that relay the refusal of an authentication service write as Go does. Such a service is asked before the
/// request is looked at, so it refuses the plain GET alike.
Relay relay_of(const Pattern& pattern, const View& view) {
  if (view.go == GoProxy::no || pattern.subject->kind != StepKind::upgrade) return Relay::excluded;
  const int status = view.status();
  if (status >= 404 && status != 407) return Relay::excluded;
  return view.plain == PlainTwin::otherwise ? Relay::excluded : Relay::possible;
}

PlainTwin plain_twin_of(const Pattern& pattern) {
  const StepReport* plain = pattern.plain_twin();
  if (response_of(plain) == nullptr) return PlainTwin::not_asked;
  if (status_of(plain) != status_of(pattern.subject)) return PlainTwin::otherwise;
  return same_answer(plain, pattern.subject) ? PlainTwin::same : PlainTwin::similar;
}

double strongest(const Findings& findings) {
  double strongest = 0;
  for (const Finding& finding : findings) {
    if (std::abs(finding.weight) > std::abs(strongest)) strongest = finding.weight;
  }
  return strongest;
}

/// What the bytes of an answer say without anything to compare them with.
double weight_alone(const StepReport& answer, const Knowledge* knowledge) {
  const Response* response = response_of(&answer);
  if (response == nullptr || response->head.status < 300) return 0;
  View view{answer, *response};
  view.knowledge = knowledge;
  return strongest(apply(view));
}

View view_of(const StepReport& answer, const Response& response, const Pattern& pattern) {
  View view{answer, response};
  view.sample = pattern.sample;
  view.go = pattern.go;
  view.knowledge = pattern.knowledge;
  view.around = &pattern;
  return view;
}

/// Only for subjects that have a response.
View view_of_subject(const Pattern& pattern) {
  View view = view_of(*pattern.subject, *response_of(pattern.subject), pattern);
  view.plain = plain_twin_of(pattern);
  view.relay = relay_of(pattern, view);
  return view;
}

}  // namespace

std::vector<const Rule*> rules_that_hold(const Pattern& pattern) {
  if (response_of(pattern.subject) == nullptr) return {};
  return that_hold(view_of_subject(pattern));
}

Findings signature(const Pattern& pattern) {
  if (response_of(pattern.subject) == nullptr) return {};
  return apply(view_of_subject(pattern));
}

double signature_weight(const StepReport& answer, const Pattern& pattern) {
  const Response* response = response_of(&answer);
  if (response == nullptr || response->head.status < 300) return 0;
  return strongest(apply(view_of(answer, *response, pattern)));
}

Findings status_alone(const Pattern& pattern) {
  const int status = status_of(pattern.subject);
  // 0 : 60 of the measured answers; applications that are gateways themselves exist.
  if (status != 502 && status != 504) return {};
  return {{Line::status, -3.0, "502 and 504 are what a gateway says of its upstream"}};
}

const Response* application_sample(const Pattern& pattern) {
  if (is_health_document(pattern.health)) return response_of(pattern.health);
  using Kind = ExperimentKind;
  for (const StepReport* step : {pattern.health, pattern.experiment(Kind::plain_get),
                                 pattern.experiment(Kind::plain_control_path), pattern.experiment(Kind::plain_root)}) {
    if (step != nullptr && weight_alone(*step, pattern.knowledge) >= emitter_threshold) return response_of(step);
  }
  return nullptr;
}

}  // namespace wsprobe::attribution
