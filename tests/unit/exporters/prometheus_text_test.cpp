#include "exporters/prometheus_text.hpp"

#include <array>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::exporters {
namespace {

std::string one(MetricId id, const Labels& labels, std::variant<double, const Histogram*> value) {
  const Sample sample{labels, value};
  return sample_text(id, {&sample, 1});
}

TEST(PrometheusText, HeaderNamesHelpAndType) {
  EXPECT_EQ(header_text(MetricId::probe_success),
            "# HELP probe_success Whether every expectation of the scenario was met\n# TYPE probe_success gauge\n");
}

TEST(PrometheusText, SamplesHaveNoHeader) {
  EXPECT_EQ(one(MetricId::probe_success, {}, 1.0), "probe_success 1\n");
  EXPECT_EQ(one(MetricId::wsprobe_scenario_runs_total, {{"scenario", "a"}}, 12.0),
            "wsprobe_scenario_runs_total{scenario=\"a\"} 12\n");
  EXPECT_EQ(sample_text(MetricId::probe_success, {}), "");
}

TEST(PrometheusText, LabelsAreEscapedAsTheFormatWants) {
  EXPECT_EQ(one(MetricId::wsprobe_scenario_success, {{"scenario", "a\"b\\c\nd"}}, 0.0),
            "wsprobe_scenario_success{scenario=\"a\\\"b\\\\c\\nd\"} 0\n");
}

TEST(PrometheusText, InvalidUtf8InALabelIsReplaced) {
  EXPECT_EQ(one(MetricId::wsprobe_scenario_success, {{"scenario", "ok\xc3\xa9\xff\xc3"}}, 0.0),
            "wsprobe_scenario_success{scenario=\"ok\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\"} 0\n");
}

TEST(PrometheusText, TimestampsKeepTheirSecond) {
  EXPECT_EQ(one(MetricId::wsprobe_last_run_timestamp_seconds, {}, 1795406645.006),
            "wsprobe_last_run_timestamp_seconds 1795406645.006\n");
}

TEST(PrometheusText, BucketsAreCumulativeAndEndWithInfinity) {
  constexpr std::array bounds{0.1, 1.0};
  Histogram histogram(bounds);
  for (const double seconds : {0.1, 0.25, 0.5, 4.0}) histogram.observe(seconds);
  EXPECT_EQ(one(MetricId::wsprobe_schedule_lag_seconds, {}, &histogram),
            "wsprobe_schedule_lag_seconds_count 4\n"
            "wsprobe_schedule_lag_seconds_sum 4.85\n"
            "wsprobe_schedule_lag_seconds_bucket{le=\"0.1\"} 1\n"
            "wsprobe_schedule_lag_seconds_bucket{le=\"1\"} 3\n"
            "wsprobe_schedule_lag_seconds_bucket{le=\"+Inf\"} 4\n");
}

}  // namespace
}  // namespace wsprobe::exporters
