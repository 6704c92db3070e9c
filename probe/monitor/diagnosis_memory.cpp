#include "monitor/diagnosis_memory.hpp"

#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace wsprobe::monitor {
namespace {

/// How long a diagnosis holds while the answers stay the same.
constexpr Duration good_for = std::chrono::minutes(30);
constexpr Duration good_for_undetermined = std::chrono::minutes(5);

std::string verdict_key(const Verdict& verdict) {
  return fmt::format("{}/{}/{}", name(verdict.emitter), name(verdict.fault), name(verdict.cause));
}

std::string answer_key(const StepReport& step) {
  if (const auto* failed = std::get_if<Failed>(&step.outcome)) return std::string(name(failed->error.reason));
  const int status = step.evidence.response ? step.evidence.response->head.status : 0;
  const auto* rejected = std::get_if<Rejected>(&step.outcome);
  const bool by_close = rejected != nullptr && rejected->how == Rejected::How::close_after_101;
  return fmt::format("{}{}{}", status, rejected != nullptr ? " rejected" : "", by_close ? " by close" : "");
}

}  // namespace

bool Allowance::take(TimePoint now) {
  if (filled_at_) tokens_ = std::min(capacity_, tokens_ + to_seconds(now - *filled_at_) / to_seconds(interval_));
  filled_at_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

std::string signature_of(std::span<const StepReport> steps, const attribution::Attribution& found) {
  std::string signature = verdict_key(found.overall);
  for (std::size_t at = 0; at < steps.size(); ++at) {
    const bool has_verdict = at < found.of_steps.size() && found.of_steps[at];
    signature += fmt::format("; {}: {} {} {}", steps[at].name, answer_key(steps[at]),
                             steps[at].as_expected ? "expected" : "unexpected",
                             has_verdict ? verdict_key(*found.of_steps[at]) : "");
  }
  return signature;
}

bool DiagnosisMemory::may_experiment(TimePoint now) { return own_.take(now) && shared_.take(now); }

bool DiagnosisMemory::settled(std::span<const StepReport> steps, attribution::Attribution& found, TimePoint now) {
  signature_ = signature_of(steps, found);
  recalled_ = false;
  experiments_ = false;
  if (found.wanted.empty()) return false;
  const bool is_known = last_ && last_->signature == signature_;
  const bool is_open = is_known && last_->overall.cause == Cause(CauseId::undetermined);
  const bool is_old = is_known && now - last_->at >= (is_open ? good_for_undetermined : good_for);
  experiments_ = (!is_known || is_old) && may_experiment(now);
  if (experiments_ || !is_known) return !experiments_;
  recalled_ = true;
  found.overall = last_->overall;
  found.of_steps = last_->of_steps;
  found.overall.reasons.push_back(
      {fmt::format("the steps are answered as at {:%Y-%m-%d %H:%M:%S} UTC, when the experiments were made",
                   fmt::gmtime(std::chrono::system_clock::to_time_t(last_->made_at))),
       std::string(name(found.overall.cause)), 0});
  return true;
}

void DiagnosisMemory::learn(const Report& report, TimePoint now) {
  if (report.interrupted || report.experiments.empty() || !experiments_) return;
  Diagnosis diagnosis{signature_, report.verdict, {}, report.started_at, now};
  for (const StepReport& step : report.steps) diagnosis.of_steps.push_back(step.verdict);
  last_ = std::move(diagnosis);
}

}  // namespace wsprobe::monitor
