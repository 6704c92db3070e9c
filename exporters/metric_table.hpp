// Every metric wsprobe writes, in one table: its name, its type, its labels and its help.
//
// Two vocabularies. `probe_*` are blackbox_exporter's names, unchanged, for one report: dashboards and alerts written
// for it work. `wsprobe_*` are the daemon's, which lives on between runs and can count. docs/METRICS.md is this table;
// dashboards and alert rules are tested against it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace wsprobe::exporters {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

/// What one series of a metric is about, and with that the labels that come before its own.
enum class MetricScope : std::uint8_t {
  report,    ///< one report: `scenario` where several may stand side by side, none in the answer of /probe
  scenario,  ///< `scenario` and the scenario's constant labels
  step,      ///< `scenario`, `step` and the scenario's constant labels
  daemon,    ///< the process itself: none
};

// X(name, type, scope, own labels separated by spaces, help). The help is one line without a backslash.
#define WSPROBE_METRICS(X)                                                                                            \
  X(probe_success, gauge, report, "", "Whether every expectation of the scenario was met")                            \
  X(probe_duration_seconds, gauge, report, "", "How long the scenario took")                                          \
  X(probe_dns_lookup_time_seconds, gauge, report, "", "How long the first look-up of the name took")                  \
  X(probe_ip_protocol, gauge, report, "", "Whether the target was reached by IPv4 (4) or IPv6 (6); 0: not at all")    \
  X(probe_http_status_code, gauge, report, "", "Status of the first HTTP step; 0: no answer")                         \
  X(probe_http_duration_seconds, gauge, report, "phase", "How long each phase of the first HTTP step took")           \
  X(probe_ssl_earliest_cert_expiry, gauge, report, "",                                                                \
    "When the first certificate of the chain ends, in Unix time, verified or not; 0: none was seen")                  \
  X(probe_tls_version_info, gauge, report, "version", "1 for the TLS version that was agreed on; 0: none")            \
  X(probe_websocket_status_code, gauge, report, "", "Status of the upgrade that ought to work; 0: no answer")         \
  X(probe_websocket_connection_upgraded, gauge, report, "", "Whether the upgrade that ought to work was accepted")    \
  X(probe_websocket_duration_seconds, gauge, report, "phase", "How long each phase of that upgrade took")             \
  X(probe_failure_info, gauge, report, "emitter fault cause",                                                         \
    "1 when the run failed: who wrote the answer, who has to change something, why")                                  \
  X(wsprobe_scenario_runs_total, counter, scenario, "", "Runs that came to an end")                                   \
  X(wsprobe_scenario_failures_total, counter, scenario, "", "Runs in which an expectation was not met")               \
  X(wsprobe_scenario_success, gauge, scenario, "", "Whether every expectation of the last run was met")               \
  X(wsprobe_scenario_duration_seconds, histogram, scenario, "", "How long the runs took")                             \
  X(wsprobe_scenario_interval_seconds, gauge, scenario, "", "How long from one run to the next, as configured")       \
  X(wsprobe_step_success, gauge, step, "", "Whether the step of the last run was as expected")                        \
  X(wsprobe_step_phase_seconds, gauge, step, "phase", "How long each phase of the step took in the last run")         \
  X(wsprobe_step_status_code, gauge, step, "", "Status of the answer in the last run; 0: no answer")                  \
  X(wsprobe_rejections_total, counter, step, "status emitter fault cause",                                            \
    "Upgrades that were refused, right or wrong, by status and by who wrote the refusal")                             \
  X(wsprobe_verdict_info, gauge, scenario, "emitter fault cause", "1 for the verdict of the last run; 0: no run yet") \
  X(wsprobe_invalid_token_accepted, gauge, step, "", "Whether an invalid credential was accepted in the last run")    \
  X(wsprobe_ping_rtt_seconds, gauge, step, "", "Median round trip of the answered pings of the last run; 0: none")    \
  X(wsprobe_tls_cert_expiry_timestamp_seconds, gauge, step, "",                                                       \
    "When the first certificate of the chain ends, in Unix time, verified or not; 0: none was seen yet")              \
  X(wsprobe_backend_ws_available, gauge, step, "", "What the health document says of /ws/available; 0: nothing")      \
  X(wsprobe_backend_ws_active_connections, gauge, step, "", "What it says of /ws/active_connections; 0: nothing")     \
  X(wsprobe_backend_ws_topics, gauge, step, "", "What it says of /ws/topics; 0: nothing")                             \
  X(wsprobe_http_value, gauge, step, "value",                                                                         \
    "What the document of an HTTP step says under that name in the last run; absent: nothing")                        \
  X(wsprobe_last_run_timestamp_seconds, gauge, scenario, "", "When the last run began, in Unix time; 0: none yet")    \
  X(wsprobe_last_success_timestamp_seconds, gauge, scenario, "",                                                      \
    "When the last run that met every expectation began, in Unix time; 0: none yet")                                  \
  X(wsprobe_schedule_lag_seconds, histogram, daemon, "", "How much later than planned the runs began")                \
  X(wsprobe_schedule_skipped_slots_total, counter, daemon, "",                                                        \
    "Slots that went by unused because the run before had not ended or too many ran at once")                         \
  X(wsprobe_history_unrecorded_runs_total, counter, daemon, "",                                                       \
    "Runs that the history could not take: the disk is too slow, or failed")                                          \
  X(wsprobe_config_last_reload_successful, gauge, daemon, "",                                                         \
    "Whether the configuration could be used when last read")                                                         \
  X(wsprobe_config_last_reload_success_timestamp_seconds, gauge, daemon, "",                                          \
    "When a configuration was last read that could be used, in Unix time")                                            \
  X(wsprobe_build_info, gauge, daemon, "version", "1 for the version that runs")

enum class MetricId : std::uint8_t {
#define WSPROBE_ENUMERATOR(name, type, scope, labels, help) name,
  WSPROBE_METRICS(WSPROBE_ENUMERATOR)
#undef WSPROBE_ENUMERATOR
};

struct Metric {
  MetricId id;
  std::string_view name;
  MetricType type;
  MetricScope scope;
  std::string_view labels;  ///< its own, separated by spaces
  std::string_view help;
};

/// In the order in which they are written.
[[nodiscard]] std::span<const Metric> all_metrics();
[[nodiscard]] const Metric& metric(MetricId id);
[[nodiscard]] std::string_view name(MetricType type);
[[nodiscard]] std::string_view name(MetricScope scope);

}  // namespace wsprobe::exporters
