#include "exporters/probe_metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/prometheus_text.hpp"
#include "exporters/step_facts.hpp"

namespace wsprobe::exporters {
namespace {

/// blackbox_exporter's phases, and which of ours make each up. Of an upgrade, `transfer` is the session.
struct BlackboxPhase {
  std::string_view name;
  std::vector<Phase> parts;
};

const std::array<BlackboxPhase, 5>& blackbox_phases() {
  static const std::array<BlackboxPhase, 5> phases{{
      {"resolve", {Phase::resolve}},
      {"connect", {Phase::connect}},
      {"tls", {Phase::tls}},
      {"processing", {Phase::request, Phase::first_byte}},
      {"transfer", {Phase::response, Phase::upgrade, Phase::message, Phase::close}},
  }};
  return phases;
}

double seconds_in(const StepReport* step, const BlackboxPhase& phase) {
  double seconds = 0;
  if (step == nullptr) return seconds;
  for (const Phase part : phase.parts) {
    if (const auto duration = step->evidence.times.duration(part)) seconds += to_seconds(*duration);
  }
  return seconds;
}

double look_up_seconds(const Report& report) {
  if (report.steps.empty()) return 0;
  const auto duration = report.steps.front().evidence.times.duration(Phase::resolve);
  return duration ? to_seconds(*duration) : 0;
}

double ip_protocol(const Report& report) {
  for (const StepReport& step : report.steps) {
    if (!step.evidence.address.empty()) return step.evidence.address.front() == '[' ? 6 : 4;
  }
  return 0;
}

double status_or_0(const StepReport* step) { return step == nullptr ? 0 : status_of(*step); }

double upgraded(const Report& report) {
  const StepReport* upgrade = main_upgrade(report);
  return upgrade != nullptr && was_accepted(*upgrade) ? 1 : 0;
}

double certificate_end(const Report& report) {
  std::optional<WallTime> earliest;
  for (const StepReport& step : report.steps) {
    const auto end = earliest_certificate_end(step);
    if (end && (!earliest || *end < *earliest)) earliest = end;
  }
  return earliest ? unix_seconds(*earliest) : 0;
}

/// As blackbox_exporter writes it, and nothing but what it may write; empty where none was agreed on.
std::string_view tls_version(const Report& report) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> versions{
      {{"TLSv1.3", "TLS 1.3"}, {"TLSv1.2", "TLS 1.2"}, {"TLSv1.1", "TLS 1.1"}, {"TLSv1", "TLS 1.0"}}};
  for (const StepReport& step : report.steps) {
    if (!step.evidence.tls) continue;
    for (const auto& [ours, theirs] : versions) {
      if (step.evidence.tls->version == ours) return theirs;
    }
  }
  return {};
}

// ---- metrics with one sample and no label of their own ----

struct PlainMetric {
  MetricId id;
  double (*value)(const Report&);
};

const PlainMetric* plain_metric(MetricId id) {
  static constexpr std::array rows{
      PlainMetric{MetricId::probe_success, [](const Report& report) { return report.pass ? 1.0 : 0.0; }},
      PlainMetric{MetricId::probe_duration_seconds, [](const Report& report) { return to_seconds(report.duration); }},
      PlainMetric{MetricId::probe_dns_lookup_time_seconds, look_up_seconds},
      PlainMetric{MetricId::probe_ip_protocol, ip_protocol},
      PlainMetric{MetricId::probe_http_status_code, [](const Report& r) { return status_or_0(first_http(r)); }},
      PlainMetric{MetricId::probe_ssl_earliest_cert_expiry, certificate_end},
      PlainMetric{MetricId::probe_websocket_status_code, [](const Report& r) { return status_or_0(main_upgrade(r)); }},
      PlainMetric{MetricId::probe_websocket_connection_upgraded, upgraded},
      PlainMetric{MetricId::wsprobe_last_run_timestamp_seconds,
                  [](const Report& report) { return unix_seconds(report.started_at); }},
      PlainMetric{MetricId::wsprobe_last_success_timestamp_seconds,
                  [](const Report& report) { return unix_seconds(report.started_at); }},
  };
  const auto found = std::find_if(rows.begin(), rows.end(), [id](const PlainMetric& row) { return row.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

// ---- all metrics ----

Labels with(Labels labels, std::initializer_list<std::pair<std::string_view, std::string_view>> more) {
  for (const auto& [name, value] : more) labels.emplace_back(name, value);
  return labels;
}

std::vector<Sample> phase_samples(const StepReport* step, const Labels& labels) {
  std::vector<Sample> samples;
  for (const BlackboxPhase& phase : blackbox_phases()) {
    samples.push_back({with(labels, {{"phase", phase.name}}), seconds_in(step, phase)});
  }
  return samples;
}

/// A number that nobody said must not look like one: it is absent, not zero.
std::vector<Sample> value_samples(const Report& report, const Labels& labels) {
  std::vector<Sample> samples;
  for (const StepReport& step : report.steps) {
    for (const auto& [name, value] : step.values) {
      if (value) samples.push_back({with(labels, {{"step", step.name}, {"value", name}}), *value});
    }
  }
  return samples;
}

/// The samples of one metric, with the labels that come before its own.
std::vector<Sample> samples_of(MetricId id, const Report& report, const Labels& labels) {
  const bool is_about_tls = id == MetricId::probe_ssl_earliest_cert_expiry || id == MetricId::probe_tls_version_info;
  if (is_about_tls && !uses_tls(report)) return {};
  if (id == MetricId::wsprobe_last_success_timestamp_seconds && !report.pass) return {};
  if (const PlainMetric* plain = plain_metric(id)) return {{labels, plain->value(report)}};
  if (id == MetricId::probe_http_duration_seconds) return phase_samples(first_http(report), labels);
  if (id == MetricId::probe_websocket_duration_seconds) return phase_samples(main_upgrade(report), labels);
  if (id == MetricId::probe_tls_version_info) {
    const std::string_view version = tls_version(report);
    return {{with(labels, {{"version", version.empty() ? "none" : version}}), version.empty() ? 0.0 : 1.0}};
  }
  if (id == MetricId::wsprobe_http_value) return value_samples(report, labels);
  if (id == MetricId::probe_failure_info) {
    const Verdict& verdict = report.verdict;
    return {{with(labels,
                  {{"emitter", name(verdict.emitter)}, {"fault", name(verdict.fault)}, {"cause", name(verdict.cause)}}),
             report.pass ? 0.0 : 1.0}};
  }
  return {};
}

bool is_about_a_report(MetricId id) { return metric(id).scope == MetricScope::report; }

/// The daemon's metrics that files and pushes have too: how old they are, and numbers of the application's own.
bool stands_beside(MetricId id) {
  return id == MetricId::wsprobe_last_run_timestamp_seconds || id == MetricId::wsprobe_last_success_timestamp_seconds ||
         id == MetricId::wsprobe_http_value;
}

Labels labels_of(const Report& report) {
  Labels labels{{"scenario", report.scenario}};
  labels.insert(labels.end(), report.labels.begin(), report.labels.end());
  return labels;
}

}  // namespace

std::string probe_text(const Report& report) {
  std::string text;
  for (const Metric& metric : all_metrics()) {
    if (!is_about_a_report(metric.id)) continue;
    text += header_text(metric.id) + sample_text(metric.id, samples_of(metric.id, report, {}));
  }
  return text;
}

std::string probe_text(std::span<const Report> reports) {
  std::vector<const Report*> latest;
  for (std::size_t index = 0; index < reports.size(); ++index) {
    const auto later = reports.subspan(index + 1);
    const bool repeated = std::any_of(later.begin(), later.end(),
                                      [&](const Report& other) { return other.scenario == reports[index].scenario; });
    if (!repeated) latest.push_back(&reports[index]);
  }
  std::string text;
  for (const Metric& metric : all_metrics()) {
    if (!is_about_a_report(metric.id) && !stands_beside(metric.id)) continue;
    text += header_text(metric.id);
    for (const Report* report : latest) {
      text += sample_text(metric.id, samples_of(metric.id, *report, labels_of(*report)));
    }
  }
  return text;
}

}  // namespace wsprobe::exporters
