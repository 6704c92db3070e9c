#include "attribution/wanted.hpp"

#include <algorithm>

namespace wsprobe::attribution {
namespace {

using Kind = ExperimentKind;

/// A cause that is this sure needs no more questions.
constexpr double settled = 0.9;

bool is_settled(const Verdict& verdict) {
  return verdict.emitter != Emitter::undetermined && verdict.fault != Fault::undetermined &&
         verdict.cause.id != CauseId::undetermined && verdict.confidence >= settled;
}

class Wishes {
 public:
  explicit Wishes(const Pattern& pattern) : pattern_(pattern) {}
  void add(Kind kind) {
    const bool made = pattern_.experiment(kind) != nullptr;
    if (!made && std::find(kinds_.begin(), kinds_.end(), kind) == kinds_.end()) kinds_.push_back(kind);
  }
  std::vector<Kind> take() {
    if (kinds_.size() > most_wanted) kinds_.resize(most_wanted);
    return std::move(kinds_);
  }

 private:
  const Pattern& pattern_;
  std::vector<Kind> kinds_;
};

/// The more an answer would move the sum, and the fewer explanations it would leave, the earlier. Past the proxy the
/// same status is worth 3.0; another answer to version 99 2.6, and only applications give it; the plain GET 1.3, and it
/// makes the order of a Go proxy's fields a proof; what the edge provokes shows the proxy's voice; a path that nobody
/// defined tells whether a rule is about this path. What carries an invalid credential comes for the invalid credential
/// only.
void about_the_author(Wishes& wishes, const Pattern& pattern) {
  const bool other_credential = pattern.subject == pattern.invalid && !pattern.judges_valid();
  const Kind version = other_credential ? Kind::websocket_version_invalid : Kind::websocket_version;
  const Kind plain = other_credential ? Kind::plain_get_invalid : Kind::plain_get;
  const bool second_round = pattern.experiment(version) != nullptr || pattern.experiment(plain) != nullptr;
  wishes.add(other_credential ? Kind::direct_invalid : Kind::direct_valid);
  wishes.add(version);
  wishes.add(plain);
  wishes.add(Kind::edge_error);
  wishes.add(Kind::control_path);
  if (!second_round) return;
  wishes.add(Kind::plain_control_path);
  if (!other_credential) wishes.add(Kind::unknown_method);
}

/// The application refuses: what did it see? The direct path tells all, the control path what else is worth asking.
void about_the_application(Wishes& wishes, const Pattern& pattern) {
  wishes.add(Kind::direct_valid);
  wishes.add(Kind::control_path);
  wishes.add(Kind::plain_get);
  if (pattern.invalid == nullptr) wishes.add(Kind::invalid_again);
  const StepReport* control = pattern.experiment(Kind::control_path);
  const bool health_fails = !health_is_green(pattern.health);
  if (health_fails) {
    wishes.add(Kind::doubled_prefix);
    wishes.add(Kind::plain_control_path);
    wishes.add(Kind::plain_root);
    wishes.add(Kind::direct_health);
  }
  // What these tell depends on how a path that nobody defined is answered.
  if (control == nullptr) return;
  if (same_answer(pattern.subject, control)) {
    wishes.add(Kind::long_path);
    wishes.add(Kind::long_query);
    if (!health_fails) wishes.add(Kind::doubled_path);
  }
  if (!health_fails) wishes.add(Kind::same_origin);
}

void about_the_upstream(Wishes& wishes) {
  wishes.add(Kind::plain_get);
  wishes.add(Kind::plain_control_path);
  wishes.add(Kind::direct_health);
  wishes.add(Kind::direct_valid);
}

/// A named proxy whose rule is known only by its answer: is it about the path, or about upgrades?
void about_the_rule(Wishes& wishes) {
  wishes.add(Kind::websocket_version);
  wishes.add(Kind::plain_get);
  wishes.add(Kind::control_path);
}

void about_silence(Wishes& wishes, const Pattern& pattern) {
  const Error* error = failure_of(pattern.subject);
  if (error == nullptr) return;
  const bool reached =
      error->phase == Phase::first_byte || error->phase == Phase::response || error->phase == Phase::request;
  if (!reached) return;
  wishes.add(Kind::plain_get);
  wishes.add(Kind::control_path);
}

}  // namespace

bool lockout_prone(Kind kind) {
  return kind == Kind::websocket_version_invalid || kind == Kind::plain_get_invalid || kind == Kind::invalid_again ||
         kind == Kind::direct_invalid;
}

std::vector<Kind> wanted_for(const Pattern& pattern, const Verdict& verdict) {
  Wishes wishes(pattern);
  const bool is_upgrade = pattern.subject->kind == StepKind::upgrade;
  if (verdict.cause == Cause(CauseId::healthy) || !is_upgrade) return {};
  if (verdict.cause == Cause(CauseId::auth_bypass)) {
    wishes.add(Kind::no_credential);
    return wishes.take();
  }
  if (verdict.emitter == Emitter::none) {
    about_silence(wishes, pattern);
    return wishes.take();
  }
  if (pattern.health == nullptr) wishes.add(Kind::health_document);
  if (verdict.emitter == Emitter::proxy || verdict.emitter == Emitter::cdn) {
    const int status = status_of(pattern.subject);
    if (status >= 502 && status <= 504) {
      about_the_upstream(wishes);
    } else {
      about_the_rule(wishes);
    }
    return wishes.take();
  }
  if (is_settled(verdict)) return {};
  if (verdict.emitter == Emitter::undetermined) {
    about_the_author(wishes, pattern);
  } else {
    about_the_application(wishes, pattern);
  }
  return wishes.take();
}

}  // namespace wsprobe::attribution
