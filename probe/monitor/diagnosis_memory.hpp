// When a routine run is worth experiments, and what earlier experiments still say.
//
// Experiments are a dozen more requests, some of which look like an attack. They are made when the answers change, and
// now and then while they leave the verdict open. In between, as long as every step is answered as it was, what the
// experiments showed then holds: otherwise the verdict would fall back to `undetermined` with the next routine run, and
// an alert that names the guilty would come and go.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attribution/attribution.hpp"
#include "core/clock.hpp"
#include "core/report.hpp"

namespace wsprobe::monitor {

/// A bucket of tokens: `capacity` at once, then one each `interval`.
class Allowance {
 public:
  Allowance(double capacity, Duration interval) : capacity_(capacity), interval_(interval), tokens_(capacity) {}

  [[nodiscard]] bool take(TimePoint now);

 private:
  double capacity_;
  Duration interval_;
  double tokens_;
  std::optional<TimePoint> filled_at_;
};

/// Everything about the answers that a verdict rests on, and nothing that differs from run to run.
[[nodiscard]] std::string signature_of(std::span<const StepReport> steps, const attribution::Attribution& found);

class DiagnosisMemory {
 public:
  /// `shared` bounds what all scenarios do together: an outage that hits thousands must not become a flood.
  explicit DiagnosisMemory(Allowance& shared) : shared_(shared) {}

  /// For engine::RunSettings::settled.
  [[nodiscard]] bool settled(std::span<const StepReport> steps, attribution::Attribution& found, TimePoint now);

  /// Whether the last settled() gave back what an earlier run had found.
  [[nodiscard]] bool recalled() const { return recalled_; }

  /// What a run found. It is remembered where settled() let it make experiments; those that a scenario has made in
  /// every run (other addresses, HTTP/2) do not make it news.
  void learn(const Report& report, TimePoint now);

 private:
  struct Diagnosis {
    std::string signature;
    Verdict overall;
    std::vector<std::optional<Verdict>> of_steps;
    WallTime made_at{};
    TimePoint at{};
  };

  [[nodiscard]] bool may_experiment(TimePoint now);

  Allowance& shared_;
  Allowance own_{3, std::chrono::minutes(5)};
  std::string signature_;  // of the run under way
  std::optional<Diagnosis> last_;
  bool recalled_ = false;
  bool experiments_ = false;  // the run under way may make them
};

}  // namespace wsprobe::monitor
