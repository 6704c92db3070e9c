#include "monitor/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <fmt/format.h>

namespace wsprobe::monitor {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1000h};

std::vector<Period> periods(int count, Duration every) {
  std::vector<Period> made;
  for (int at = 0; at < count; ++at) made.push_back({fmt::format("scenario-{:04}", at), every});
  return made;
}

/// Runs everything that is due until `end`; each run takes no time. The planned times by name.
std::map<std::string, std::vector<TimePoint>> run_until(Schedule& schedule, TimePoint end) {
  std::map<std::string, std::vector<TimePoint>> runs;
  while (schedule.next() <= end) {
    const auto due = schedule.take(schedule.next());
    if (!due) continue;
    runs[due->name].push_back(due->planned);
    schedule.finished(due->name);
  }
  return runs;
}

TEST(Schedule, RunsOneAloneAtOnce) {
  Schedule schedule(start);
  schedule.set(periods(1, 30s), start);
  EXPECT_EQ(schedule.next(), start);
  EXPECT_TRUE(schedule.take(start));
}

TEST(Schedule, NeverDrifts) {
  Schedule schedule(start);
  const std::vector<Period> all = periods(20, 30s);
  schedule.set(all, start);
  for (const auto& [name, runs] : run_until(schedule, start + 24h)) {
    ASSERT_GE(runs.size(), 2879U) << name;
    // Each lies in its own slot: the same place of every period, but for the jitter of at most a second.
    const Duration place = (runs[2] - start) % 30s;
    for (std::size_t at = 2; at < runs.size(); ++at) {
      const Duration off = (runs[at] - start) % 30s - place;
      EXPECT_LE(std::abs(to_seconds(off)), 1.0) << name << " run " << at;
    }
  }
}

TEST(Schedule, SpreadsManyOverTheirPeriod) {
  Schedule schedule(start);
  const std::vector<Period> all = periods(5000, 30s);
  schedule.set(all, start);
  std::vector<int> per_second(30, 0);
  for (const auto& [name, runs] : run_until(schedule, start + 2min)) {
    ++per_second[static_cast<std::size_t>(to_seconds((runs.back() - start) % 30s))];
  }
  // 167 each on average; five times the standard deviation is 64.
  EXPECT_GT(*std::min_element(per_second.begin(), per_second.end()), 100);
  EXPECT_LT(*std::max_element(per_second.begin(), per_second.end()), 235);
}

TEST(Schedule, FirstRunsComeWithinTenMillisecondsForEach) {
  Schedule schedule(start);
  schedule.set(periods(100, 1h), start);
  EXPECT_EQ(run_until(schedule, start + 1s).size(), 100U);
}

TEST(Schedule, DoesNotRunAScenarioBesideItself) {
  Schedule schedule(start);
  schedule.set(periods(1, 10s), start);
  ASSERT_TRUE(schedule.take(start));
  EXPECT_FALSE(schedule.take(start + 35s));
  EXPECT_GE(schedule.skipped(), 2U);
  schedule.finished("scenario-0000");
  const auto again = schedule.take(schedule.next());
  ASSERT_TRUE(again);
  EXPECT_GT(again->planned, start + 35s);
}

TEST(Schedule, LeavesOutSlotsThatWentBy) {
  Schedule schedule(start);
  schedule.set(periods(1, 10s), start);
  ASSERT_TRUE(schedule.take(start));
  schedule.finished("scenario-0000");
  // Too busy for a minute: one run, late, and not six.
  const auto late = schedule.take(start + 60s);
  ASSERT_TRUE(late);
  EXPECT_LT(late->planned, start + 25s);
  schedule.finished(late->name);
  EXPECT_FALSE(schedule.take(start + 60s));
  EXPECT_GT(schedule.next(), start + 60s);
}

TEST(Schedule, KeepsWhatStaysThroughAReload) {
  Schedule schedule(start);
  schedule.set(periods(3, 30s), start);
  run_until(schedule, start + 5min);
  const TimePoint next = schedule.next();
  std::vector<Period> changed = periods(3, 30s);
  changed.push_back({"another", 1h});
  schedule.set(changed, start + 5min);
  const auto runs = run_until(schedule, start + 6min);
  EXPECT_EQ(runs.at("another").size(), 1U);
  TimePoint first = TimePoint::max();
  for (const auto& [name, planned] : runs) {
    if (name != "another") first = std::min(first, planned.front());
  }
  EXPECT_EQ(first, next);
  schedule.set({}, start + 7min);
  EXPECT_EQ(schedule.next(), TimePoint::max());
  schedule.finished("scenario-0000");
}

TEST(Schedule, DoesNotOverlapARunThatBeganBeforeTheReload) {
  Schedule schedule(start);
  schedule.set(periods(1, 30s), start);
  ASSERT_TRUE(schedule.take(start));
  schedule.set(periods(1, 20s), start + 1s);
  EXPECT_FALSE(schedule.take(start + 2s));
}

}  // namespace
}  // namespace wsprobe::monitor
