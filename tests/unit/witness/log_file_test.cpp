#include "witness/log_file.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "witness/access_log.hpp"

namespace wsprobe::witness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LogFileTest : public testing::Test {
 protected:
  LogFileTest() {
    char name[] = "/tmp/wsprobe-log-XXXXXX";
    directory_ = ::mkdtemp(name);
    path_ = directory_ / "access.log";
  }
  ~LogFileTest() override { std::filesystem::remove_all(directory_); }
  void append(const std::string& text) const { std::ofstream(path_, std::ios::app | std::ios::binary) << text; }
  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(LogFileTest, GivesWhatIsAppended) {
  append("old\n");
  LogFile log(path_);
  log.begin();
  EXPECT_THAT(log.read().lines, IsEmpty());
  append("one\ntwo");
  EXPECT_THAT(log.read().lines, ElementsAre("one"));
  append(" and a half\n");
  const NewLines lines = log.read();
  EXPECT_THAT(lines.lines, ElementsAre("two and a half"));
  EXPECT_TRUE(lines.since_beginning);
  EXPECT_TRUE(lines.complete);
  EXPECT_EQ(lines.bytes, 12U);
}

TEST_F(LogFileTest, ReadsTheOldFileToItsEndWhenItIsRenamedAway) {
  append("old\n");
  LogFile log(path_);
  log.begin();
  append("one\n");
  std::filesystem::rename(path_, directory_ / "access.log.1");
  std::ofstream(directory_ / "access.log.1", std::ios::app) << "two\n";
  EXPECT_THAT(log.read().lines, ElementsAre("one", "two"));  // nobody has made the new one yet
  append("three\n");
  EXPECT_THAT(log.read().lines, ElementsAre("three"));
  append("four\n");
  EXPECT_THAT(log.read().lines, ElementsAre("four"));
}

TEST_F(LogFileTest, BeginsAgainWhenTheFileIsCutToNothing) {
  append("a long line that was there before\n");
  LogFile log(path_);
  log.begin();
  std::filesystem::resize_file(path_, 0);
  append("one\n");
  EXPECT_THAT(log.read().lines, ElementsAre("one"));
}

TEST_F(LogFileTest, DoesNotCallTheLinesNewOfAFileThatWasNotThere) {
  LogFile log(path_);
  log.begin();
  EXPECT_THAT(log.problem(), HasSubstr("cannot be read: No such file"));
  EXPECT_THAT(log.read().lines, IsEmpty());
  append("one\n");
  const NewLines lines = log.read();
  EXPECT_THAT(lines.lines, ElementsAre("one"));
  EXPECT_FALSE(lines.since_beginning);
  EXPECT_EQ(log.problem(), "");
}

TEST_F(LogFileTest, IsNoDirectoryAndNoPipe) {
  LogFile directory(directory_);
  directory.begin();
  EXPECT_EQ(directory.problem(), "it is not a regular file");
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0600), 0);
  LogFile fifo(directory_ / "fifo");
  fifo.begin();
  EXPECT_EQ(fifo.problem(), "it is not a regular file");
  EXPECT_THAT(fifo.read().lines, IsEmpty());
}

TEST_F(LogFileTest, SkipsToTheEndOfWhatIsTooMuch) {
  append("old\n");
  LogFile log(path_);
  log.begin();
  const std::string line = std::string(1023, 'x') + "\n";
  for (int i = 0; i < 9 * 1024; ++i) append(line);
  append("last\n");
  const NewLines lines = log.read();
  EXPECT_FALSE(lines.complete);
  EXPECT_LE(lines.bytes, tail_size);
  ASSERT_FALSE(lines.lines.empty());
  EXPECT_EQ(lines.lines.back(), "last");
  EXPECT_EQ(lines.lines.front().size(), 1023U);  // whole lines only
}

TEST(LineSplitter, KeepsNoMoreOfALineThanCountsAsTooLong) {
  LineSplitter splitter;
  std::vector<std::string> lines;
  splitter.take(std::string(longest_line * 3, 'x'), lines);
  splitter.take("\nnext\npart", lines);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].size(), longest_line + 1);
  EXPECT_EQ(lines[1], "next");
  splitter.finish(lines);
  EXPECT_EQ(lines.back(), "part");
}

}  // namespace
}  // namespace wsprobe::witness
