#include "monitor/history.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "support/run_task.hpp"

namespace wsprobe::monitor {
namespace {

using namespace std::chrono_literals;

constexpr UnixMilliseconds epoch = 1'763'870'400'000;

RunLine run_at(UnixMilliseconds at, bool pass, std::string scenario = "swarmlet") {
  return {std::move(scenario),
          at,
          21'000,
          pass,
          pass ? "backend" : "proxy",
          pass ? "none" : "proxy",
          pass ? "healthy" : "proxy_denied"};
}

StoredReport report_of(const RunLine& run, bool change, std::string json) {
  StoredReport stored;
  stored.line.run = run;
  stored.line.change = change;
  stored.line.summary = "summary of " + std::to_string(run.started_at);
  stored.line.remedy = "remedy";
  stored.json = std::move(json);
  stored.text = "text";
  return stored;
}

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "wsprobe-history-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~HistoryTest() override { std::filesystem::remove_all(directory); }

  std::unique_ptr<History> open(const std::string& path, Retention retention = {24h * 365 * 50, 1LL << 40U}) {
    auto opened = History::open(context, path, retention);
    EXPECT_TRUE(opened) << opened.error();
    return std::move(*opened);
  }

  void add(History& history, UnixMilliseconds at, bool pass, bool change, std::string json = "{}") {
    const RunLine run = run_at(at, pass);
    EXPECT_TRUE(history.record(run, report_of(run, change, std::move(json))));
  }

  std::vector<ReportLine> reports(History& history, ReportFilter filter = {}) {
    return test::run_task(context, history.reports(filter));
  }

  asio::io_context context;
  std::string directory;
};

TEST_F(HistoryTest, GivesBackWhatWasRecorded) {
  const auto history = open("");
  add(*history, epoch, false, true, R"({"schema": "wsprobe.report/1"})");
  const std::vector<ReportLine> lines = reports(*history);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].run.scenario, "swarmlet");
  EXPECT_EQ(lines[0].run.started_at, epoch);
  EXPECT_FALSE(lines[0].run.pass);
  EXPECT_EQ(lines[0].run.cause, "proxy_denied");
  EXPECT_TRUE(lines[0].change);
  const auto stored = test::run_task(context, history->report(lines[0].id));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->json, R"({"schema": "wsprobe.report/1"})");
  EXPECT_EQ(stored->text, "text");
  EXPECT_EQ(stored->line.remedy, "remedy");
  EXPECT_FALSE(test::run_task(context, history->report(lines[0].id + 1)));
}

TEST_F(HistoryTest, SurvivesARestart) {
  add(*open(directory), epoch, false, true);
  const auto again = open(directory);
  EXPECT_EQ(reports(*again).size(), 1U);
  EXPECT_EQ(test::run_task(context, again->runs("swarmlet", 0, 10)).size(), 1U);
}

TEST_F(HistoryTest, FiltersReports) {
  const auto history = open("");
  for (int at = 0; at < 10; ++at) add(*history, epoch + at * 1000, at % 2 == 0, true);
  const RunLine other = run_at(epoch + 500, false, "other");
  history->record(other, report_of(other, true, "{}"));

  ReportFilter filter;
  EXPECT_EQ(reports(*history, filter).size(), 11U);
  filter.scenario = "swarmlet";
  EXPECT_EQ(reports(*history, filter).size(), 10U);
  filter.outcome = "fail";
  EXPECT_EQ(reports(*history, filter).size(), 5U);
  filter.cause = "healthy";
  EXPECT_TRUE(reports(*history, filter).empty());
  filter.cause = "proxy_denied";
  filter.since = epoch + 3000;
  filter.until = epoch + 5000;
  EXPECT_EQ(reports(*history, filter).size(), 2U);

  ReportFilter pages;
  pages.limit = 4;
  const std::vector<ReportLine> first = reports(*history, pages);
  ASSERT_EQ(first.size(), 4U);
  EXPECT_GT(first.front().id, first.back().id);
  pages.before = first.back().id;
  EXPECT_LT(reports(*history, pages).front().id, first.back().id);
}

TEST_F(HistoryTest, GivesTheLastRunsOldestFirst) {
  const auto history = open("");
  for (int at = 0; at < 10; ++at) history->record(run_at(epoch + at, true), std::nullopt);
  const std::vector<RunLine> runs = test::run_task(context, history->runs("swarmlet", 0, 3));
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs.front().started_at, epoch + 7);
  EXPECT_EQ(runs.back().started_at, epoch + 9);
  EXPECT_TRUE(test::run_task(context, history->runs("nobody", 0, 3)).empty());
}

TEST_F(HistoryTest, ForgetsWhatIsTooOld) {
  const auto history = open("", {1h, 1LL << 40U});
  add(*history, epoch, false, true);
  add(*history, epoch + 7'200'000, false, true);
  test::run_task(context, [](History& tidied) -> net::awaitable<bool> {
    const WallTime now = to_wall_time(epoch + 7'300'000);
    co_await tidied.tidy(now);
    co_return true;
  }(*history));
  ASSERT_EQ(reports(*history).size(), 1U);
  EXPECT_EQ(reports(*history)[0].run.started_at, epoch + 7'200'000);
}

TEST_F(HistoryTest, NeverLetsSuccessesPushOutFailures) {
  const auto history = open("", {24h * 365 * 50, 1'000'000});
  std::string noise;
  std::uint32_t state = 1;
  for (int at = 0; at < 6000; ++at) noise += static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  // Failures first, so that they are the oldest; then far more successes than there is room for.
  for (int at = 0; at < 20; ++at) add(*history, epoch + at, false, true, noise);
  for (int at = 20; at < 40; ++at) add(*history, epoch + at, false, false, noise);
  for (int at = 40; at < 440; ++at) add(*history, epoch + at, true, true, noise);
  test::run_task(context, [](History& tidied) -> net::awaitable<bool> {
    const WallTime now = to_wall_time(epoch);
    co_await tidied.tidy(now);
    co_return true;
  }(*history));
  ReportFilter filter;
  filter.limit = 1000;
  filter.outcome = "fail";
  EXPECT_EQ(reports(*history, filter).size(), 40U);
  filter.outcome = "pass";
  EXPECT_LT(reports(*history, filter).size(), 200U);
}

TEST_F(HistoryTest, MovesABrokenDatabaseAside) {
  { std::ofstream(directory + "/history.db") << std::string(5000, 'x'); }
  const auto history = open(directory);
  EXPECT_TRUE(history->health().moved_aside);
  add(*history, epoch, false, true);
  EXPECT_EQ(reports(*history).size(), 1U);
  int aside = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().starts_with("history.db.broken-")) ++aside;
  }
  EXPECT_EQ(aside, 1);
}

TEST_F(HistoryTest, BelongsToOneProcess) {
  const auto history = open(directory);
  const auto second = History::open(context, directory, {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("locked"), std::string::npos) << second.error();
}

TEST_F(HistoryTest, SaysWhyItCannotBeOpened) {
  const auto nowhere = History::open(context, directory + "/a/b", {});
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().find("No such file"), std::string::npos) << nowhere.error();
}

TEST_F(HistoryTest, IsReadableByItsOwnerAlone) {
  const auto history = open(directory);
  add(*history, epoch, false, true);
  reports(*history);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    EXPECT_EQ(entry.status().permissions() & others, std::filesystem::perms::none) << entry.path();
  }
}

}  // namespace
}  // namespace wsprobe::monitor
