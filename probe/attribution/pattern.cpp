#include "attribution/pattern.hpp"

#include "attribution/lines.hpp"
#include "attribution/proxy_habits.hpp"

namespace wsprobe::attribution {
namespace {

bool same_path(const StepReport& left, const StepReport& right) {
  return left.evidence.request.path == right.evidence.request.path;
}

/// Of two candidates for a role: one on the subject's own path wins, then the first.
void prefer(const StepReport*& role, const StepReport& candidate, const StepReport& subject) {
  if (role == nullptr || (!same_path(*role, subject) && same_path(candidate, subject))) role = &candidate;
}

/// Experiments that repeat the upgrade's own path mean nothing for an upgrade of another path.
bool repeats_the_path(ExperimentKind kind) {
  switch (kind) {
    case ExperimentKind::no_credential:
    case ExperimentKind::plain_get:
    case ExperimentKind::plain_get_invalid:
    case ExperimentKind::websocket_version:
    case ExperimentKind::websocket_version_invalid:
    case ExperimentKind::unknown_method:
    case ExperimentKind::foreign_origin:
    case ExperimentKind::same_origin:
    case ExperimentKind::invalid_again: return true;
    case ExperimentKind::control_path:
    case ExperimentKind::plain_control_path:
    case ExperimentKind::plain_root:
    case ExperimentKind::plain_index:
    case ExperimentKind::edge_error:
    case ExperimentKind::health_document:
    case ExperimentKind::doubled_prefix:
    case ExperimentKind::doubled_path:
    case ExperimentKind::long_path:
    case ExperimentKind::long_query:
    case ExperimentKind::direct_valid:
    case ExperimentKind::direct_invalid:
    case ExperimentKind::direct_health:
    case ExperimentKind::hop_valid:
    case ExperimentKind::other_address:
    case ExperimentKind::http2_websocket: return false;
  }
  return false;
}

/// The same upgrade asked elsewhere, or in another language: judged beside the pattern, not as part of it.
bool stands_beside(ExperimentKind kind) {
  return kind == ExperimentKind::hop_valid || kind == ExperimentKind::other_address ||
         kind == ExperimentKind::http2_websocket;
}

}  // namespace

const StepReport* Pattern::plain_twin() const {
  const StepReport* valid_twin = experiment(ExperimentKind::plain_get);
  if (subject == valid || same_answer(subject, valid)) return valid_twin;
  if (subject->experiment == ExperimentKind::control_path) return experiment(ExperimentKind::plain_control_path);
  if (subject->credential == CredentialUse::invalid) return experiment(ExperimentKind::plain_get_invalid);
  return nullptr;
}

const StepReport* Pattern::version_twin() const {
  if (subject == valid || same_answer(subject, valid)) return experiment(ExperimentKind::websocket_version);
  if (subject->credential == CredentialUse::invalid) return experiment(ExperimentKind::websocket_version_invalid);
  return nullptr;
}

std::vector<const StepReport*> Pattern::others() const {
  std::vector<const StepReport*> all;
  for (const StepReport* step : {health, valid, invalid, none}) {
    if (step != nullptr && step != subject) all.push_back(step);
  }
  for (std::size_t at = 0; at < experiments.size(); ++at) {
    const auto kind = static_cast<ExperimentKind>(at);
    const bool direct = kind == ExperimentKind::direct_valid || kind == ExperimentKind::direct_invalid ||
                        kind == ExperimentKind::direct_health;
    const StepReport* step = experiments[at];
    const bool known = step == nullptr || step == subject || step == none || step == invalid || step == health;
    if (!direct && !known) all.push_back(step);
  }
  return all;
}

bool Pattern::judges_valid() const { return subject == valid || same_answer(subject, valid); }

Pattern pattern_around(const StepReport& subject, const Input& input) {
  Pattern pattern;
  pattern.subject = &subject;
  pattern.witnesses = input.witnesses;
  pattern.knowledge = input.knowledge;
  const StepReport* uncredentialed = nullptr;
  for (const StepReport& step : input.steps) {
    if (step.kind == StepKind::health) prefer(pattern.health, step, subject);
    if (step.kind != StepKind::upgrade) continue;
    switch (step.credential) {
      case CredentialUse::valid: prefer(pattern.valid, step, subject); break;
      case CredentialUse::invalid: prefer(pattern.invalid, step, subject); break;
      case CredentialUse::none: prefer(uncredentialed, step, subject); break;
    }
  }
  for (const StepReport& step : input.experiments) {
    if (!step.experiment || stands_beside(*step.experiment)) continue;
    const StepReport*& role = pattern.experiments[static_cast<std::size_t>(*step.experiment)];
    if (role != nullptr) continue;
    if (repeats_the_path(*step.experiment) && subject.kind == StepKind::upgrade && !same_path(step, subject)) continue;
    role = &step;
  }
  // Where no credential is used at all, the plain upgrade is the one that ought to work.
  if (pattern.valid == nullptr) {
    pattern.valid = uncredentialed;
  } else {
    pattern.none = uncredentialed;
  }
  if (pattern.none == nullptr) pattern.none = pattern.experiment(ExperimentKind::no_credential);
  if (pattern.invalid == nullptr) pattern.invalid = pattern.experiment(ExperimentKind::invalid_again);
  if (pattern.health == nullptr) pattern.health = pattern.experiment(ExperimentKind::health_document);
  pattern.sample = application_sample(pattern);
  pattern.go = go_proxy(pattern, pattern.sample);
  return pattern;
}

}  // namespace wsprobe::attribution
