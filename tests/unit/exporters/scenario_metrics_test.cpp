#include "exporters/scenario_metrics.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/version.hpp"
#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

SeriesScenario swarmlet() {
  return {"swarmlet",
          {{"team", "core"}},
          Transport::tls,
          {{"health", StepKind::health, CredentialUse::none},
           {"valid-token", StepKind::upgrade, CredentialUse::valid},
           {"invalid-token", StepKind::upgrade, CredentialUse::invalid}}};
}

constexpr std::string_view interval_line = "\nwsprobe_scenario_interval_seconds{scenario=\"swarmlet\",team=\"core\"} ";

std::string text_of(const ScenarioMetrics& metrics) {
  const ScenarioMetrics* const list[] = {&metrics};
  return metrics_text(list, DaemonMetrics());
}

/// Names and labels of all series but those whose labels tell what happened.
std::vector<std::string> series(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    const bool tells = line.starts_with("wsprobe_verdict_info") || line.starts_with("wsprobe_rejections_total");
    if (!line.starts_with('#') && !tells) out.push_back(line.substr(0, line.rfind(' ')));
    begin = end + 1;
  }
  return out;
}

TEST(ScenarioMetrics, TheIntervalIsThereAtOnceAndChangesWithoutCountersBeingLost) {
  SeriesScenario declared = swarmlet();
  declared.interval = 90s;
  ScenarioMetrics metrics(declared);
  EXPECT_THAT(text_of(metrics), HasSubstr(std::string(interval_line) + "90\n"));
  metrics.update(test::healthy_report());
  metrics.set_interval(500ms);
  EXPECT_THAT(text_of(metrics), HasSubstr(std::string(interval_line) + "0.5\n"));
  EXPECT_THAT(text_of(metrics), HasSubstr("\nwsprobe_scenario_runs_total{scenario=\"swarmlet\",team=\"core\"} 1\n"));
}

TEST(ScenarioMetrics, EverySeriesExistsWithZeroBeforeTheFirstRun) {
  ScenarioMetrics metrics(swarmlet());
  const std::string before = text_of(metrics);
  EXPECT_THAT(before, HasSubstr("\nwsprobe_scenario_runs_total{scenario=\"swarmlet\",team=\"core\"} 0\n"));
  EXPECT_THAT(before, HasSubstr("\nwsprobe_verdict_info{scenario=\"swarmlet\",team=\"core\",emitter=\"undetermined\","
                                "fault=\"undetermined\",cause=\"undetermined\"} 0\n"));
  EXPECT_THAT(before, HasSubstr("\nwsprobe_invalid_token_accepted{scenario=\"swarmlet\",team=\"core\","
                                "step=\"invalid-token\"} 0\n"));
  metrics.update(test::healthy_report());
  EXPECT_EQ(series(text_of(metrics)), series(before));
  metrics.update(test::expired_certificate_report());
  EXPECT_EQ(series(text_of(metrics)), series(before));
}

TEST(ScenarioMetrics, RunsAndFailuresAreCountedApart) {
  ScenarioMetrics metrics(swarmlet());
  metrics.update(test::healthy_report());
  metrics.update(test::incident_report());
  metrics.update(test::incident_report());
  const std::string text = text_of(metrics);
  const std::string labels = "{scenario=\"swarmlet\",team=\"core\"}";
  EXPECT_THAT(text, HasSubstr("\nwsprobe_scenario_runs_total" + labels + " 3\n"));
  EXPECT_THAT(text, HasSubstr("\nwsprobe_scenario_failures_total" + labels + " 2\n"));
  EXPECT_THAT(text, HasSubstr("\nwsprobe_scenario_success" + labels + " 0\n"));
  EXPECT_THAT(text, HasSubstr("\nwsprobe_scenario_duration_seconds_count" + labels + " 3\n"));
  EXPECT_THAT(text, HasSubstr("\nwsprobe_last_success_timestamp_seconds" + labels + " 1795403045.006"));
}

TEST(ScenarioMetrics, RefusalsAreCountedByWhoWroteThem) {
  ScenarioMetrics metrics(swarmlet());
  metrics.update(test::healthy_report());
  metrics.update(test::incident_report());
  metrics.update(test::incident_report());
  const std::string text = text_of(metrics);
  EXPECT_THAT(text, HasSubstr("step=\"valid-token\",status=\"403\",emitter=\"backend\",fault=\"proxy\","
                              "cause=\"proxy_rewrote_path\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("step=\"invalid-token\",status=\"403\",emitter=\"backend\",fault=\"none\","
                              "cause=\"auth_rejected\"} 1\n"));
}

TEST(ScenarioMetrics, ThereIsOneVerdictAndItIsTheLast) {
  ScenarioMetrics metrics(swarmlet());
  metrics.update(test::incident_report());
  EXPECT_EQ(metrics.lines(MetricId::wsprobe_verdict_info),
            "wsprobe_verdict_info{scenario=\"swarmlet\",team=\"core\",emitter=\"backend\",fault=\"proxy\","
            "cause=\"proxy_rewrote_path\"} 1\n");
  metrics.update(test::healthy_report());
  EXPECT_EQ(metrics.lines(MetricId::wsprobe_verdict_info),
            "wsprobe_verdict_info{scenario=\"swarmlet\",team=\"core\",emitter=\"backend\",fault=\"none\","
            "cause=\"healthy\"} 1\n");
}

TEST(ScenarioMetrics, ACertificateIsRememberedWhenALaterRunDoesNotSeeOne) {
  ScenarioMetrics metrics(swarmlet());
  metrics.update(test::healthy_report());
  Report unreachable = test::healthy_report();
  unreachable.pass = false;
  for (StepReport& step : unreachable.steps) step.evidence = Evidence{};
  metrics.update(unreachable);
  EXPECT_THAT(text_of(metrics),
              HasSubstr("wsprobe_tls_cert_expiry_timestamp_seconds{scenario=\"swarmlet\",team=\"core\","
                        "step=\"health\"} 1798934400\n"));
}

TEST(ScenarioMetrics, APlainTargetHasNoCertificateThatCouldEnd) {
  SeriesScenario plain = swarmlet();
  plain.transport = Transport::plain;
  EXPECT_EQ(ScenarioMetrics(plain).lines(MetricId::wsprobe_tls_cert_expiry_timestamp_seconds), "");
}

TEST(ScenarioMetrics, AnInvalidTokenThatIsLetInIsSeen) {
  ScenarioMetrics metrics(swarmlet());
  Report report = test::healthy_report();
  StepReport& invalid = report.steps.back();
  invalid.evidence = report.steps[1].evidence;
  invalid.outcome = Completed{};
  metrics.update(report);
  EXPECT_THAT(metrics.lines(MetricId::wsprobe_invalid_token_accepted), HasSubstr("step=\"invalid-token\"} 1\n"));
  invalid.outcome = Rejected{Rejected::How::close_after_101};
  metrics.update(report);
  EXPECT_THAT(metrics.lines(MetricId::wsprobe_invalid_token_accepted), HasSubstr("step=\"invalid-token\"} 0\n"));
}

TEST(ScenarioMetrics, ThePingIsTheMedianOfTheRun) {
  ScenarioMetrics metrics(swarmlet());
  Report report = test::healthy_report();
  report.steps[1].evidence.session->ping_round_trips = {1ms, 900ms, 2ms};
  metrics.update(report);
  EXPECT_THAT(metrics.lines(MetricId::wsprobe_ping_rtt_seconds), HasSubstr("step=\"valid-token\"} 0.002\n"));
}

TEST(ScenarioMetrics, AValueThatTheDocumentDoesNotSayIsAbsentAndNotZero) {
  SeriesScenario declared = swarmlet();
  declared.steps = {{"errors", StepKind::http, CredentialUse::none}};
  ScenarioMetrics metrics(declared);
  EXPECT_EQ(metrics.lines(MetricId::wsprobe_http_value), "");
  Report report;
  StepReport& step = report.steps.emplace_back();
  step.name = "errors";
  step.values = {{"total", 12}, {"frontend", std::nullopt}, {"share", 0.5}};
  metrics.update(report);
  EXPECT_EQ(metrics.lines(MetricId::wsprobe_http_value),
            "wsprobe_http_value{scenario=\"swarmlet\",team=\"core\",step=\"errors\",value=\"total\"} 12\n"
            "wsprobe_http_value{scenario=\"swarmlet\",team=\"core\",step=\"errors\",value=\"share\"} 0.5\n");
  step.values = {{"total", std::nullopt}};
  metrics.update(report);
  EXPECT_EQ(metrics.lines(MetricId::wsprobe_http_value), "");
}

TEST(ScenarioMetrics, StepsOfOneNameMakeOneSeries) {
  SeriesScenario scenario = swarmlet();
  scenario.steps.push_back(scenario.steps.front());
  EXPECT_EQ(text_of(ScenarioMetrics(scenario)), text_of(ScenarioMetrics(swarmlet())));
}

TEST(MetricsText, EachFamilyStandsTogetherUnderOneHeader) {
  const ScenarioMetrics first(swarmlet());
  SeriesScenario other = swarmlet();
  other.name = "other";
  const ScenarioMetrics second(other);
  const ScenarioMetrics* const list[] = {&first, &second};
  const std::string text = metrics_text(list, DaemonMetrics());
  for (const Metric& metric : all_metrics()) {
    const std::string type = "# TYPE " + std::string(metric.name) + " ";
    const std::size_t at = text.find(type);
    EXPECT_EQ(at == std::string::npos, metric.scope == MetricScope::report) << metric.name;
    if (at == std::string::npos) continue;
    EXPECT_EQ(text.find(type, at + 1), std::string::npos) << metric.name;
  }
  EXPECT_THAT(text, HasSubstr("wsprobe_scenario_runs_total{scenario=\"swarmlet\",team=\"core\"} 0\n"
                              "wsprobe_scenario_runs_total{scenario=\"other\",team=\"core\"} 0\n"));
}

TEST(DaemonMetrics, SayWhetherTheConfigurationIsTheOneOnDisk) {
  DaemonMetrics daemon;
  daemon.reloaded(WallTime(1795403045s));
  daemon.reload_failed();
  EXPECT_EQ(daemon.lines(MetricId::wsprobe_config_last_reload_successful), "wsprobe_config_last_reload_successful 0\n");
  EXPECT_EQ(daemon.lines(MetricId::wsprobe_config_last_reload_success_timestamp_seconds),
            "wsprobe_config_last_reload_success_timestamp_seconds 1795403045\n");
  EXPECT_EQ(daemon.lines(MetricId::wsprobe_build_info),
            "wsprobe_build_info{version=\"" + std::string(version) + "\"} 1\n");
}

TEST(DaemonMetrics, LagIsAHistogram) {
  DaemonMetrics daemon;
  daemon.observe_lag(3ms);
  EXPECT_THAT(daemon.lines(MetricId::wsprobe_schedule_lag_seconds),
              HasSubstr("wsprobe_schedule_lag_seconds_bucket{le=\"0.0025\"} 0\n"
                        "wsprobe_schedule_lag_seconds_bucket{le=\"0.005\"} 1\n"));
}

}  // namespace
}  // namespace wsprobe::exporters
