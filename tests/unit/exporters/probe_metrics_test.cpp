#include "exporters/probe_metrics.hpp"

#include <array>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporters/metric_table.hpp"
#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProbeMetricsGolden : public testing::TestWithParam<test::GoldenCase> {};

TEST_P(ProbeMetricsGolden, IsWrittenAsInTheFile) {
  const std::string text = probe_text(GetParam().report());
  EXPECT_EQ(text, test::golden(GetParam().file, text));
}

INSTANTIATE_TEST_SUITE_P(All, ProbeMetricsGolden,
                         testing::Values(test::GoldenCase{"healthy.prom", test::healthy_report},
                                         test::GoldenCase{"incident.prom", test::incident_report},
                                         test::GoldenCase{"expired_certificate.prom",
                                                          test::expired_certificate_report}),
                         test::named_by_file);

std::size_t lines_with(std::string_view text, std::string_view beginning) {
  std::size_t found = text.starts_with(beginning) ? 1 : 0;
  const std::string wanted = "\n" + std::string(beginning);
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) ++found;
  return found;
}

TEST(ProbeMetrics, EverySeriesIsThereEvenIfNothingHappened) {
  Report nothing;
  nothing.target = "wss://api.example.com/api/ws";
  const std::string text = probe_text(nothing);
  for (const Metric& metric : all_metrics()) {
    if (metric.scope != MetricScope::report) continue;
    EXPECT_GE(lines_with(text, std::string(metric.name) + (metric.labels.empty() ? " " : "{")), 1U) << metric.name;
  }
  EXPECT_THAT(text, HasSubstr("\nprobe_ssl_earliest_cert_expiry 0\n"));
  EXPECT_THAT(text, HasSubstr("\nprobe_tls_version_info{version=\"none\"} 0\n"));
}

TEST(ProbeMetrics, TheSameSeriesAreThereWhateverHappened) {
  // All but the TLS version and the verdict, whose labels tell what happened.
  const auto names = [](const Report& report) {
    std::string out;
    const std::string text = probe_text(report);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      const std::string line = text.substr(begin, end - begin);
      if (!line.starts_with('#') && line.find("_info{") == std::string::npos)
        out += line.substr(0, line.rfind(' ')) + "\n";
      begin = end + 1;
    }
    return out;
  };
  EXPECT_EQ(names(test::healthy_report()), names(test::expired_certificate_report()));
  EXPECT_EQ(names(test::healthy_report()), names(test::incident_report()));
  EXPECT_EQ(names(test::healthy_report()), names(test::hostile_report()));
}

TEST(ProbeMetrics, ACertificateThatCouldNotBeVerifiedStillHasItsEnd) {
  EXPECT_THAT(probe_text(test::expired_certificate_report()),
              HasSubstr("\nprobe_ssl_earliest_cert_expiry 1795132800\n"));
}

TEST(ProbeMetrics, APlainTargetHasNoCertificateThatCouldEnd) {
  Report report = test::healthy_report();
  report.target = "ws://backend:8000/api/ws";
  for (StepReport& step : report.steps) step.evidence.tls.reset();
  const std::string text = probe_text(report);
  EXPECT_EQ(lines_with(text, "probe_ssl_earliest_cert_expiry"), 0U);
  EXPECT_EQ(lines_with(text, "probe_tls_version_info"), 0U);
  EXPECT_EQ(lines_with(text, "probe_success 1"), 1U);
}

TEST(ProbeMetrics, TheUpgradeIsTheOneThatOughtToWork) {
  Report report = test::healthy_report();
  EXPECT_THAT(probe_text(report), HasSubstr("\nprobe_websocket_status_code 101\n"));
  std::swap(report.steps[1], report.steps[2]);
  EXPECT_THAT(probe_text(report), HasSubstr("\nprobe_websocket_status_code 101\n"));
  EXPECT_THAT(probe_text(report), HasSubstr("\nprobe_websocket_connection_upgraded 1\n"));
}

TEST(ProbeMetrics, AnAcceptThatIsTakenBackIsNoUpgrade) {
  Report report = test::healthy_report();
  report.steps[1].outcome = Rejected{Rejected::How::close_after_101};
  EXPECT_THAT(probe_text(report), HasSubstr("\nprobe_websocket_connection_upgraded 0\n"));
}

TEST(ProbeMetrics, OverIpv6) {
  Report report = test::healthy_report();
  for (StepReport& step : report.steps) step.evidence.address = "[2001:db8::1]:443";
  EXPECT_THAT(probe_text(report), HasSubstr("\nprobe_ip_protocol 6\n"));
}

TEST(ProbeMetrics, NothingThatAPeerWroteIsInThem) {
  const std::string text = probe_text(test::hostile_report());
  EXPECT_THAT(text, Not(HasSubstr("owned")));
}

TEST(ProbeMetrics, SeveralReportsAreToldApartByScenario) {
  std::array reports{test::healthy_report(), test::incident_report()};
  reports[1].scenario = "other";
  const std::string text = probe_text(std::span<const Report>(reports));
  EXPECT_EQ(lines_with(text, "# TYPE probe_success gauge"), 1U);
  EXPECT_THAT(text, HasSubstr("\nprobe_success{scenario=\"swarmlet\"} 1\nprobe_success{scenario=\"other\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nwsprobe_last_run_timestamp_seconds{scenario=\"other\"} 1795403045.006"));
  EXPECT_EQ(lines_with(text, "wsprobe_last_success_timestamp_seconds{scenario=\"other\"}"), 0U);
}

TEST(ProbeMetrics, FilesAndPushesHaveTheScenariosLabelsAndTheApplicationsNumbers) {
  Report report = test::healthy_report();
  report.labels = {{"team", "real-time"}, {"tier", "1"}};
  report.steps[0].values = {{"errors", 3}, {"unsaid", std::nullopt}};
  const std::string text = probe_text(std::span<const Report>(&report, 1));
  EXPECT_THAT(text, HasSubstr("\nprobe_success{scenario=\"swarmlet\",team=\"real-time\",tier=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nwsprobe_http_value{scenario=\"swarmlet\",team=\"real-time\",tier=\"1\","
                              "step=\"health\",value=\"errors\"} 3\n"));
  EXPECT_EQ(lines_with(text, "wsprobe_http_value{"), 1U);
  EXPECT_THAT(probe_text(report), HasSubstr("\nprobe_success 1\n")) << "Prometheus itself adds them to /probe";
}

TEST(ProbeMetrics, OfReportsWithOneNameTheLastCounts) {
  const std::array reports{test::healthy_report(), test::incident_report()};
  const std::string text = probe_text(std::span<const Report>(reports));
  EXPECT_EQ(lines_with(text, "probe_success{"), 1U);
  EXPECT_THAT(text, HasSubstr("\nprobe_success{scenario=\"swarmlet\"} 0\n"));
}

}  // namespace
}  // namespace wsprobe::exporters
