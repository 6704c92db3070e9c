#include "exporters/pushgateway.hpp"

#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporters/probe_metrics.hpp"
#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

TEST(PushPath, NamesJobAndScenario) {
  EXPECT_EQ(push_path("/", "swarmlet"), "/metrics/job/wsprobe/scenario/swarmlet");
  EXPECT_EQ(push_path("", "swarmlet"), "/metrics/job/wsprobe/scenario/swarmlet");
  EXPECT_EQ(push_path("/gateway/", "swarmlet"), "/gateway/metrics/job/wsprobe/scenario/swarmlet");
}

TEST(PushPath, KeepsAGroupingKeyThatIsThere) {
  EXPECT_EQ(push_path("/metrics/job/cron/instance/eu-1", "swarmlet"),
            "/metrics/job/cron/instance/eu-1/scenario/swarmlet");
  EXPECT_EQ(push_path("/metrics/job@base64/YS9i", "swarmlet"), "/metrics/job@base64/YS9i/scenario/swarmlet");
}

TEST(PushPath, EncodesWhatAPathCannotHold) {
  EXPECT_EQ(push_path("/", "a b?c#d%"), "/metrics/job/wsprobe/scenario/a%20b%3Fc%23d%25");
  EXPECT_EQ(push_path("/", "a/b"), "/metrics/job/wsprobe/scenario@base64/YS9i");
  EXPECT_EQ(push_path("/", "?>/?>"), "/metrics/job/wsprobe/scenario@base64/Pz4vPz4=");
  EXPECT_EQ(push_path("/", ""), "/metrics/job/wsprobe/scenario@base64/=");
  EXPECT_EQ(push_path("/", ".."), "/metrics/job/wsprobe/scenario@base64/Li4=");
}

TEST(PushRequests, ReplaceTheGroupOfEachScenario) {
  std::array reports{test::healthy_report(), test::incident_report()};
  reports[1].scenario = "other";
  const auto requests = push_requests(reports, "/", PushAction::replace);
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method, "PUT");
  EXPECT_EQ(requests[0].content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(requests[0].body, probe_text(std::span<const Report>(reports).first(1)));
  EXPECT_EQ(requests[1].path, "/metrics/job/wsprobe/scenario/other");
}

TEST(PushRequests, OfReportsWithOneNameTheLastCounts) {
  const std::array reports{test::healthy_report(), test::incident_report()};
  const auto requests = push_requests(reports, "/", PushAction::replace);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0].body, testing::HasSubstr("\nprobe_success{scenario=\"swarmlet\"} 0\n"));
}

TEST(PushRequests, RemoveHasNoBody) {
  const Report report = test::healthy_report();
  const auto requests = push_requests({&report, 1}, "/", PushAction::remove);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "DELETE");
  EXPECT_EQ(requests[0].body, "");
}

}  // namespace
}  // namespace wsprobe::exporters
