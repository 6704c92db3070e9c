#include "exporters/step_facts.hpp"

#include <algorithm>
#include <chrono>
#include <variant>
#include <vector>

namespace wsprobe::exporters {
namespace {

constexpr int switching_protocols = 101;

template <typename Predicate>
const StepReport* first(const Report& report, Predicate predicate) {
  const auto found = std::find_if(report.steps.begin(), report.steps.end(), predicate);
  return found == report.steps.end() ? nullptr : &*found;
}

bool is_upgrade(const StepReport& step) { return step.kind == StepKind::upgrade; }

}  // namespace

const StepReport* first_http(const Report& report) {
  return first(report, [](const StepReport& step) { return !is_upgrade(step); });
}

const StepReport* main_upgrade(const Report& report) {
  const StepReport* found =
      first(report, [](const StepReport& step) { return is_upgrade(step) && step.expected == Expected::accepted; });
  if (found == nullptr) {
    found = first(report,
                  [](const StepReport& step) { return is_upgrade(step) && step.credential == CredentialUse::valid; });
  }
  return found != nullptr ? found : first(report, is_upgrade);
}

int status_of(const StepReport& step) { return step.evidence.response ? step.evidence.response->head.status : 0; }

bool was_rejected(const StepReport& step) { return std::holds_alternative<Rejected>(step.outcome); }

bool was_accepted(const StepReport& step) {
  return is_upgrade(step) && step.evidence.session && status_of(step) == switching_protocols && !was_rejected(step);
}

bool let_in(const StepReport& step) {
  return step.credential == CredentialUse::invalid && step.expected != Expected::accepted && was_accepted(step) &&
         std::holds_alternative<Completed>(step.outcome);
}

bool uses_tls(const Report& report) { return report.target.starts_with("wss:") || report.target.starts_with("https:"); }

std::optional<WallTime> earliest_certificate_end(const StepReport& step) {
  if (!step.evidence.tls) return std::nullopt;
  const TlsFacts& tls = *step.evidence.tls;
  return tls.earliest_not_after ? tls.earliest_not_after : tls.not_after;
}

double unix_seconds(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

std::optional<Duration> median_ping(const StepReport& step) {
  if (!step.evidence.session || step.evidence.session->ping_round_trips.empty()) return std::nullopt;
  std::vector<Duration> sorted = step.evidence.session->ping_round_trips;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

}  // namespace wsprobe::exporters
