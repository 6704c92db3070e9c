#include "exporters/timestamp.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace wsprobe::exporters {
namespace {

using namespace std::chrono;

TEST(Timestamp, IsUtcWithMilliseconds) {
  EXPECT_EQ(iso_timestamp(sys_days(2026y / November / 3) + 4h + 5min + 6s + 7ms), "2026-11-03T04:05:06.007Z");
  EXPECT_EQ(iso_timestamp(sys_days(2024y / February / 29) + 23h + 59min + 59s + 999999us), "2024-02-29T23:59:59.999Z");
  EXPECT_EQ(iso_date(sys_days(2027y / January / 3)), "2027-01-03");
}

TEST(Timestamp, BeforeTheEpochToo) {
  EXPECT_EQ(iso_timestamp(sys_days(1969y / December / 31) + 23h + 59min + 59s), "1969-12-31T23:59:59.000Z");
}

}  // namespace
}  // namespace wsprobe::exporters
