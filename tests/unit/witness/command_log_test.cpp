#include "witness/command_log.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/words.hpp"

namespace wsprobe::witness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Hashes = std::vector<std::uint64_t>;

TEST(CountOld, FindsWhereTheNewOutputBegins) {
  EXPECT_EQ(count_old({}, {1, 2}), 0U);
  EXPECT_EQ(count_old({1, 2}, {1, 2}), 2U);
  EXPECT_EQ(count_old({1, 2}, {1, 2, 3}), 2U);
  EXPECT_EQ(count_old({1, 2, 3}, {2, 3, 4}), 2U);  // a window that has slid on
  EXPECT_EQ(count_old({1, 2, 3}, {7, 8}), 0U);
  EXPECT_EQ(count_old({1, 2, 3}, {}), 0U);
  EXPECT_EQ(count_old({1, 1, 1}, {1, 1, 1, 1}), 3U);
  EXPECT_EQ(count_old({9, 1, 2, 1, 2}, {1, 2, 1, 2, 5}), 4U);
  EXPECT_EQ(count_old({1, 2, 1}, {1, 2, 2}), 1U);
}

// The definition, tried out on every pair of short sequences.
TEST(CountOld, IsTheLongestBeginningThatTheOldOutputEndsWith) {
  for (unsigned code = 0; code < 3 * 3 * 3 * 3 * 3 * 3 * 3 * 3; ++code) {
    Hashes before;
    Hashes now;
    unsigned rest = code;
    for (int i = 0; i < 4; ++i, rest /= 3) before.push_back(rest % 3);
    for (int i = 0; i < 4; ++i, rest /= 3) now.push_back(rest % 3);
    std::size_t longest = 0;
    for (std::size_t length = 1; length <= 4; ++length) {
      if (std::equal(now.begin(), now.begin() + static_cast<std::ptrdiff_t>(length),
                     before.end() - static_cast<std::ptrdiff_t>(length))) {
        longest = length;
      }
    }
    ASSERT_EQ(count_old(before, now), longest) << code;
  }
}

bool keep_all(std::string_view, std::string_view) { return true; }

/// Polls until `done`, at most for a few seconds.
template <typename Done>
bool wait_for(Done done) {
  const TimePoint limit = SteadyClock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (SteadyClock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

CommandLog shell(const std::string& script) { return CommandLog({"/bin/sh", "-c", script}, keep_all); }

std::vector<std::string> read_all(CommandLog& log) {
  std::vector<std::string> lines;
  EXPECT_TRUE(wait_for([&] {
    NewLines more = log.read(SteadyClock::now());
    for (std::string& line : more.lines) lines.push_back(std::move(line));
    return log.took_a_run();
  }));
  log.rest();
  return lines;
}

class CommandLogTest : public testing::Test {
 protected:
  CommandLogTest() {
    char name[] = "/tmp/wsprobe-command-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~CommandLogTest() override { std::filesystem::remove_all(directory_); }
  void append(const std::string& text) const { std::ofstream(directory_ + "/log", std::ios::app) << text; }
  std::string directory_;
};

TEST_F(CommandLogTest, GivesWhatTheCommandDidNotPrintBefore) {
  append("one\ntwo\n");
  CommandLog log({"cat", directory_ + "/log"}, keep_all);
  log.begin();
  ASSERT_TRUE(wait_for([&] { return log.began(SteadyClock::now()); }));
  append("three\n");
  EXPECT_THAT(read_all(log), ElementsAre("three"));
  EXPECT_THAT(read_all(log), IsEmpty());
  append("four\n");
  EXPECT_THAT(read_all(log), ElementsAre("four"));
  EXPECT_EQ(log.problem(), "");
}

TEST_F(CommandLogTest, SeesThatAWindowHasSlidOn) {
  append("one\ntwo\nthree\n");
  CommandLog log({"tail", "-n", "3", directory_ + "/log"}, keep_all);
  log.begin();
  ASSERT_TRUE(wait_for([&] { return log.began(SteadyClock::now()); }));
  append("four\nfive\n");
  EXPECT_THAT(read_all(log), ElementsAre("four", "five"));
}

TEST_F(CommandLogTest, DoesNotCallTheLinesNewWhereTheOldOnesAreGone) {
  append("one\ntwo\n");
  CommandLog log({"tail", "-n", "2", directory_ + "/log"}, keep_all);
  log.begin();
  ASSERT_TRUE(wait_for([&] { return log.began(SteadyClock::now()); }));
  append("three\nfour\nfive\n");
  NewLines lines;
  ASSERT_TRUE(wait_for([&] {
    lines = log.read(SteadyClock::now());
    return log.took_a_run();
  }));
  EXPECT_THAT(lines.lines, ElementsAre("four", "five"));
  EXPECT_FALSE(lines.since_beginning);
  EXPECT_FALSE(lines.complete);
}

TEST_F(CommandLogTest, ReadsStderrAsWell) {
  CommandLog log = shell("cat " + directory_ + "/log >&2");
  append("one\n");
  log.begin();
  ASSERT_TRUE(wait_for([&] { return log.began(SteadyClock::now()); }));
  append("two\n");
  EXPECT_THAT(read_all(log), ElementsAre("two"));
}

TEST_F(CommandLogTest, LeavesOutTheRemarksOfJournalctl) {
  append("-- No entries --\n");
  CommandLog log({"cat", directory_ + "/log"}, keep_all);
  log.begin();
  ASSERT_TRUE(wait_for([&] { return log.began(SteadyClock::now()); }));
  std::ofstream(directory_ + "/log") << "line\n";
  NewLines lines;
  ASSERT_TRUE(wait_for([&] {
    lines = log.read(SteadyClock::now());
    return log.took_a_run();
  }));
  EXPECT_THAT(lines.lines, ElementsAre("line"));
  EXPECT_TRUE(lines.since_beginning);
}

TEST_F(CommandLogTest, FollowsACommandThatDoesNotEnd) {
  append("old\n");
  CommandLog log({"tail", "-n", "5", "-s", "0.01", "-f", directory_ + "/log"}, keep_all);
  log.begin();
  const TimePoint start = SteadyClock::now();
  ASSERT_TRUE(wait_for(
      [&] { return log.began(SteadyClock::now()) || SteadyClock::now() - start > std::chrono::milliseconds(700); }));
  log.stop_waiting(SteadyClock::now());
  append("new\n");
  std::vector<std::string> lines;
  ASSERT_TRUE(wait_for([&] {
    const NewLines more = log.read(SteadyClock::now());
    lines.insert(lines.end(), more.lines.begin(), more.lines.end());
    return !lines.empty() && more.since_beginning;
  }));
  EXPECT_THAT(lines, ElementsAre("new"));
}

TEST_F(CommandLogTest, SaysWhyACommandSaysNothing) {
  CommandLog missing({"/nonexistent/command"}, keep_all);
  missing.begin();
  EXPECT_TRUE(missing.began(SteadyClock::now()));
  EXPECT_THAT(missing.problem(), HasSubstr("cannot be run: No such file"));

  CommandLog failing = shell("echo no such container: backend >&2; exit 3");
  failing.begin();
  ASSERT_TRUE(wait_for([&] { return failing.began(SteadyClock::now()); }));
  EXPECT_EQ(failing.problem(), "it ended with exit code 3: no such container: backend");

  CommandLog chatty = shell("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done");
  chatty.begin();
  ASSERT_TRUE(wait_for([&] { return chatty.began(SteadyClock::now()); }));
  EXPECT_THAT(chatty.problem(), HasSubstr("prints more than 8 MiB"));
}

TEST_F(CommandLogTest, SaysThatACommandDidNotEndInTime) {
  append("x\n");
  CommandLog log = shell("test -e " + directory_ + "/hang && sleep 1000; cat " + directory_ + "/log");
  log.begin();
  ASSERT_TRUE(wait_for([&] { return log.began(SteadyClock::now()); }));
  std::ofstream(directory_ + "/hang").flush();
  const NewLines lines = log.read(SteadyClock::now());
  log.rest();
  EXPECT_THAT(lines.lines, IsEmpty());
  EXPECT_EQ(log.problem(), "it did not end in time");
}

TEST_F(CommandLogTest, AFailureIsNoPast) {
  CommandLog log = shell("test -e " + directory_ + "/up || { echo down >&2; exit 1; }; cat " + directory_ + "/log");
  append("old\n");
  log.begin();
  ASSERT_TRUE(wait_for([&] { return log.began(SteadyClock::now()); }));
  std::ofstream(directory_ + "/up").flush();
  NewLines lines;
  ASSERT_TRUE(wait_for([&] {
    lines = log.read(SteadyClock::now());
    return log.took_a_run();
  }));
  EXPECT_FALSE(lines.since_beginning);
}

}  // namespace
}  // namespace wsprobe::witness
