#include <gtest/gtest.h>

#include "scenario/loader.hpp"

namespace wsprobe::scenario {
namespace {

using std::chrono::milliseconds;

TEST(ParseDuration, ReadsUnitsInOrder) {
  const std::vector<std::pair<std::string, std::int64_t>> rows{
      {"1ms", 1},          {"500ms", 500},           {"10s", 10'000},       {"1m30s", 90'000}, {"1h", 3'600'000},
      {"24h", 86'400'000}, {"1h1m1s1ms", 3'661'001}, {"1440m", 86'400'000}, {"007s", 7'000},   {"0h1s", 1'000}};
  for (const auto& [text, expected] : rows) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration) << text << ": " << duration.error();
    EXPECT_EQ(*duration, milliseconds(expected)) << text;
  }
}

TEST(ParseDuration, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "it is empty"},
      {"10", "`10` lacks a unit"},
      {"1m30", "`1m30` lacks a unit"},
      {"s", "`s` is not a duration"},
      {"-1s", "`-1s` is not a duration"},
      {"1.5s", "`1.5s` is not a duration"},
      {"1 s", "`1 s` is not a duration"},
      {"1s ", "`1s ` is not a duration"},
      {"1S", "`1S` is not a duration"},
      {"1d", "`d` is not a unit of time"},
      {"1us", "`us` is not a unit of time"},
      {"1s1m", "the units of `1s1m` are not in order"},
      {"1s1s", "the units of `1s1s` are not in order"},
      {"0s", "`0s` is shorter than 1ms"},
      {"24h1ms", "`24h1ms` is longer than 24h"},
      {"99999999999999999999999s", "`99999999999999999999999s` is longer than 24h"},
      {"86400000h", "`86400000h` is longer than 24h"},
  };
  for (const auto& [text, expected] : rows) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error(), expected);
  }
}

}  // namespace
}  // namespace wsprobe::scenario
