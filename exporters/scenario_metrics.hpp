// What the daemon's /metrics says of one scenario: counters that outlive the runs, and gauges of the last run.
//
// A scrape must not cost more than copying: each scenario renders its own lines when a run ends, and metrics_text()
// only puts those of all scenarios behind each other, family by family. Not thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/report.hpp"
#include "exporters/histogram.hpp"
#include "exporters/metric_table.hpp"
#include "exporters/prometheus_text.hpp"

namespace wsprobe::exporters {

/// Whether the scenario's target is reached by TLS: only then has it a certificate that can end.
enum class Transport : std::uint8_t { plain, tls };

/// A step as the scenario declares it: its series exist before it has run.
struct SeriesStep {
  std::string name;
  StepKind kind = StepKind::http;
  CredentialUse credential = CredentialUse::none;
};

struct SeriesScenario {
  std::string name;
  std::map<std::string, std::string> labels;  ///< constant; names as the scenario loader accepts them
  Transport transport = Transport::tls;
  std::vector<SeriesStep> steps;
  Duration interval{};  ///< from one run to the next
};

class ScenarioMetrics {
 public:
  /// Every series is there at once, with 0.
  explicit ScenarioMetrics(SeriesScenario scenario);

  /// Counts the run and renders the lines anew. Steps the scenario did not declare are left out.
  void update(const Report& report);

  /// Another interval than that of the start; what was counted stays.
  void set_interval(Duration interval);

  /// The rendered sample lines of one metric, without HELP and TYPE; empty for a metric of another scope.
  [[nodiscard]] std::string_view lines(MetricId id) const;

 private:
  /// status, emitter, fault, cause
  using Refusal = std::tuple<int, std::string, std::string, std::string>;
  struct StepState {
    SeriesStep declared;
    std::map<Refusal, std::uint64_t> refusals;
    double certificate_end = 0;  ///< kept when a later run does not get as far as the certificate
  };

  void count(const Report& report);
  void render(const Report* last);
  [[nodiscard]] Labels labels_and(std::initializer_list<std::pair<std::string_view, std::string_view>> more) const;
  [[nodiscard]] std::vector<Sample> scenario_samples(MetricId id, const Report* last) const;
  [[nodiscard]] std::vector<Sample> step_samples(MetricId id, const StepState& state, const StepReport* last) const;
  [[nodiscard]] std::vector<Sample> phase_samples(const StepState& state, const StepReport* last) const;
  [[nodiscard]] std::vector<Sample> value_samples(const StepState& state, const StepReport* last) const;
  [[nodiscard]] std::vector<Sample> refusal_samples(const StepState& state) const;

  Labels labels_;  // of the scenario, constant
  Transport transport_;
  std::vector<StepState> steps_;
  std::uint64_t runs_ = 0;
  std::uint64_t failures_ = 0;
  double last_success_ = 0;
  Histogram durations_;
  std::string text_;                        // the lines of all families, one after the other
  std::string interval_text_;               // apart: it changes without a run
  std::vector<std::uint32_t> family_ends_;  // by MetricId: where its lines end in text_
};

/// The process's own metrics.
class DaemonMetrics {
 public:
  DaemonMetrics();
  /// Sets a gauge of scope `daemon`, or a counter that is counted elsewhere.
  void set(MetricId id, double value);
  void observe_lag(Duration lag);
  /// A configuration that could be used was read at `when`.
  void reloaded(WallTime when);
  void reload_failed();

  /// The sample lines of a metric of scope `daemon`.
  [[nodiscard]] std::string lines(MetricId id) const;

 private:
  std::map<MetricId, double> values_;
  Histogram lag_;
};

/// The whole of /metrics: each family once with HELP and TYPE, then the lines of every scenario in their order.
[[nodiscard]] std::string metrics_text(std::span<const ScenarioMetrics* const> scenarios, const DaemonMetrics& daemon);

}  // namespace wsprobe::exporters
