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

TEST(Timestamp, IsReadWhereTheClockCanHoldIt) {
  for (const char* text : {"1678-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "2261-12-31T23:59:59.999Z"}) {
    const auto time = parse_timestamp(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(iso_timestamp(*time), text);
  }
  for (const char* text : {"1013-10-05T00:00:00.000Z", "1677-12-31T23:59:59.999Z", "2262-01-01T00:00:00.000Z",
                           "9999-12-31T23:59:59.999Z"}) {
    EXPECT_FALSE(parse_timestamp(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace wsprobe::exporters
