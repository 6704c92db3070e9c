#include "exporters/scenario_metrics.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/version.hpp"
#include "exporters/step_facts.hpp"

namespace wsprobe::exporters {
namespace {

// A run is over after its timeout, ten seconds unless the scenario says otherwise; a healthy one takes milliseconds.
constexpr std::array duration_bounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};
constexpr std::array lag_bounds{0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0};

constexpr std::string_view unattributed = "unattributed";

const StepReport* step_named(const Report* report, std::string_view name) {
  if (report == nullptr) return nullptr;
  const auto found = std::find_if(report->steps.begin(), report->steps.end(),
                                  [&](const StepReport& step) { return step.name == name; });
  return found == report->steps.end() ? nullptr : &*found;
}

double number(bool value) { return value ? 1 : 0; }

double number(const std::optional<std::int64_t>& value) { return static_cast<double>(value.value_or(0)); }

// ---- metrics with one sample a step ----

bool always(const SeriesStep&) { return true; }

bool is_upgrade(const SeriesStep& step) { return step.kind == StepKind::upgrade; }

bool is_health(const SeriesStep& step) { return step.kind == StepKind::health; }

bool carries_invalid(const SeriesStep& step) { return is_upgrade(step) && step.credential == CredentialUse::invalid; }

struct StepMetric {
  MetricId id;
  bool (*applies)(const SeriesStep&);
  double (*value)(const StepReport&);
};

const StepMetric* step_metric(MetricId id) {
  static constexpr std::array rows{
      StepMetric{MetricId::wsprobe_step_success, always,
                 [](const StepReport& step) { return number(step.as_expected); }},
      StepMetric{MetricId::wsprobe_step_status_code, always,
                 [](const StepReport& step) { return static_cast<double>(status_of(step)); }},
      StepMetric{MetricId::wsprobe_invalid_token_accepted, carries_invalid,
                 [](const StepReport& step) { return number(let_in(step)); }},
      StepMetric{MetricId::wsprobe_ping_rtt_seconds, is_upgrade,
                 [](const StepReport& step) { return to_seconds(median_ping(step).value_or(Duration{})); }},
      StepMetric{
          MetricId::wsprobe_backend_ws_available, is_health,
          [](const StepReport& step) { return number(step.health && step.health->ws_available.value_or(false)); }},
      StepMetric{MetricId::wsprobe_backend_ws_active_connections, is_health,
                 [](const StepReport& step) { return step.health ? number(step.health->active_connections) : 0; }},
      StepMetric{MetricId::wsprobe_backend_ws_topics, is_health,
                 [](const StepReport& step) { return step.health ? number(step.health->topics) : 0; }},
  };
  const auto found = std::find_if(rows.begin(), rows.end(), [id](const StepMetric& row) { return row.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

double phase_seconds(const StepReport* step, Phase phase) {
  const auto duration = step == nullptr ? std::nullopt : step->evidence.times.duration(phase);
  return duration ? to_seconds(*duration) : 0;
}

}  // namespace

ScenarioMetrics::ScenarioMetrics(SeriesScenario scenario)
    : labels_{{"scenario", std::move(scenario.name)}}, transport_(scenario.transport), durations_(duration_bounds) {
  labels_.insert(labels_.end(), scenario.labels.begin(), scenario.labels.end());
  for (SeriesStep& step : scenario.steps) {
    const bool repeated = std::any_of(steps_.begin(), steps_.end(),
                                      [&](const StepState& other) { return other.declared.name == step.name; });
    if (!repeated) steps_.push_back({std::move(step), {}, 0});  // one series twice would make the scrape fail
  }
  set_interval(scenario.interval);
  render(nullptr);
}

void ScenarioMetrics::set_interval(Duration interval) {
  const Sample sample{labels_, to_seconds(interval)};
  interval_text_ = sample_text(MetricId::wsprobe_scenario_interval_seconds, {&sample, 1});
}

void ScenarioMetrics::update(const Report& report) {
  count(report);
  render(&report);
}

void ScenarioMetrics::count(const Report& report) {
  ++runs_;
  if (report.pass) {
    last_success_ = unix_seconds(report.started_at);
  } else {
    ++failures_;
  }
  durations_.observe(to_seconds(report.duration));
  for (StepState& state : steps_) {
    const StepReport* step = step_named(&report, state.declared.name);
    if (step == nullptr) continue;
    if (const auto end = earliest_certificate_end(*step)) state.certificate_end = unix_seconds(*end);
    if (!is_upgrade(state.declared) || !was_rejected(*step)) continue;
    const Verdict& verdict = step->verdict ? *step->verdict : report.verdict;
    ++state.refusals[{status_of(*step), std::string(name(verdict.emitter)), std::string(name(verdict.fault)),
                      std::string(name(verdict.cause))}];
  }
}

Labels ScenarioMetrics::labels_and(std::initializer_list<std::pair<std::string_view, std::string_view>> more) const {
  Labels labels = labels_;
  for (const auto& [name, value] : more) labels.emplace_back(name, value);
  return labels;
}

std::vector<Sample> ScenarioMetrics::scenario_samples(MetricId id, const Report* last) const {
  const auto one = [&](double value) { return std::vector<Sample>{{labels_, value}}; };
  if (id == MetricId::wsprobe_scenario_runs_total) return one(static_cast<double>(runs_));
  if (id == MetricId::wsprobe_scenario_failures_total) return one(static_cast<double>(failures_));
  if (id == MetricId::wsprobe_scenario_success) return one(number(last != nullptr && last->pass));
  if (id == MetricId::wsprobe_scenario_duration_seconds) return {{labels_, &durations_}};
  if (id == MetricId::wsprobe_last_run_timestamp_seconds)
    return one(last == nullptr ? 0 : unix_seconds(last->started_at));
  if (id == MetricId::wsprobe_last_success_timestamp_seconds) return one(last_success_);
  if (id != MetricId::wsprobe_verdict_info) return {};
  const Verdict verdict = last == nullptr ? Verdict{} : last->verdict;
  return {
      {labels_and({{"emitter", name(verdict.emitter)}, {"fault", name(verdict.fault)}, {"cause", name(verdict.cause)}}),
       number(last != nullptr)}};
}

/// The first of them is never counted up: it is there so that a sum over them is 0, not absent, before any refusal.
std::vector<Sample> ScenarioMetrics::refusal_samples(const StepState& state) const {
  std::vector<Sample> samples{{labels_and({{"step", state.declared.name},
                                           {"status", "0"},
                                           {"emitter", "none"},
                                           {"fault", "none"},
                                           {"cause", "healthy"}}),
                               0.0}};
  for (const auto& [refusal, times] : state.refusals) {
    const auto& [status, emitter, fault, cause] = refusal;
    samples.push_back({labels_and({{"step", state.declared.name},
                                   {"status", std::to_string(status)},
                                   {"emitter", emitter},
                                   {"fault", fault},
                                   {"cause", cause}}),
                       static_cast<double>(times)});
  }
  return samples;
}

std::vector<Sample> ScenarioMetrics::phase_samples(const StepState& state, const StepReport* last) const {
  std::vector<Sample> samples;
  for (std::size_t index = 0; index < phase_count; ++index) {
    const auto phase = static_cast<Phase>(index);
    samples.push_back(
        {labels_and({{"step", state.declared.name}, {"phase", name(phase)}}), phase_seconds(last, phase)});
  }
  samples.push_back({labels_and({{"step", state.declared.name}, {"phase", unattributed}}),
                     last == nullptr ? 0 : to_seconds(last->evidence.times.unattributed())});
  return samples;
}

/// A number that nobody said must not look like one: it is absent, not zero.
std::vector<Sample> ScenarioMetrics::value_samples(const StepState& state, const StepReport* last) const {
  std::vector<Sample> samples;
  if (last == nullptr) return samples;
  for (const auto& [name, value] : last->values) {
    if (value) samples.push_back({labels_and({{"step", state.declared.name}, {"value", name}}), *value});
  }
  return samples;
}

std::vector<Sample> ScenarioMetrics::step_samples(MetricId id, const StepState& state, const StepReport* last) const {
  const auto one = [&](double value) {
    return std::vector<Sample>{{labels_and({{"step", state.declared.name}}), value}};
  };
  if (id == MetricId::wsprobe_step_phase_seconds) return phase_samples(state, last);
  if (id == MetricId::wsprobe_http_value) return value_samples(state, last);
  if (id == MetricId::wsprobe_rejections_total && is_upgrade(state.declared)) return refusal_samples(state);
  if (id == MetricId::wsprobe_tls_cert_expiry_timestamp_seconds && transport_ == Transport::tls)
    return one(state.certificate_end);
  const StepMetric* metric = step_metric(id);
  if (metric == nullptr || !metric->applies(state.declared)) return {};
  return one(last == nullptr ? 0 : metric->value(*last));
}

void ScenarioMetrics::render(const Report* last) {
  text_.clear();
  family_ends_.clear();
  for (const Metric& metric : all_metrics()) {
    std::vector<Sample> samples;
    if (metric.scope == MetricScope::scenario) samples = scenario_samples(metric.id, last);
    if (metric.scope == MetricScope::step) {
      for (const StepState& state : steps_) {
        for (Sample& sample : step_samples(metric.id, state, step_named(last, state.declared.name))) {
          samples.push_back(std::move(sample));
        }
      }
    }
    text_ += sample_text(metric.id, samples);
    family_ends_.push_back(static_cast<std::uint32_t>(text_.size()));
  }
  text_.shrink_to_fit();
}

std::string_view ScenarioMetrics::lines(MetricId id) const {
  if (id == MetricId::wsprobe_scenario_interval_seconds) return interval_text_;
  const auto index = static_cast<std::size_t>(id);
  const std::size_t begin = index == 0 ? 0 : family_ends_[index - 1];
  return std::string_view(text_).substr(begin, family_ends_[index] - begin);
}

DaemonMetrics::DaemonMetrics() : lag_(lag_bounds) {
  for (const Metric& metric : all_metrics()) {
    if (metric.scope == MetricScope::daemon) values_[metric.id] = 0;
  }
}

void DaemonMetrics::set(MetricId id, double value) { values_[id] = value; }

void DaemonMetrics::observe_lag(Duration lag) { lag_.observe(to_seconds(lag)); }

void DaemonMetrics::reloaded(WallTime when) {
  set(MetricId::wsprobe_config_last_reload_successful, 1);
  set(MetricId::wsprobe_config_last_reload_success_timestamp_seconds, unix_seconds(when));
}

void DaemonMetrics::reload_failed() { set(MetricId::wsprobe_config_last_reload_successful, 0); }

std::string DaemonMetrics::lines(MetricId id) const {
  const auto value = values_.find(id);
  if (value == values_.end()) return {};
  Sample sample{{}, value->second};
  if (id == MetricId::wsprobe_schedule_lag_seconds) sample.value = &lag_;
  if (id == MetricId::wsprobe_build_info) sample = {{{"version", version}}, 1.0};
  return sample_text(id, {&sample, 1});
}

std::string metrics_text(std::span<const ScenarioMetrics* const> scenarios, const DaemonMetrics& daemon) {
  std::string text;
  std::size_t size = 0;
  for (const Metric& metric : all_metrics()) {
    size += 2 * header_text(metric.id).size();
    for (const ScenarioMetrics* scenario : scenarios) size += scenario->lines(metric.id).size();
  }
  text.reserve(size);
  for (const Metric& metric : all_metrics()) {
    if (metric.scope == MetricScope::report) continue;
    text += header_text(metric.id);
    for (const ScenarioMetrics* scenario : scenarios) text += scenario->lines(metric.id);
    text += daemon.lines(metric.id);
  }
  return text;
}

}  // namespace wsprobe::exporters
