#include "exporters/textfile.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporters/probe_metrics.hpp"
#include "exporters/replace_file.hpp"
#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

namespace fs = std::filesystem;

class Textfile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "wsprobe-textfile-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
  [[nodiscard]] static std::string read(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(directory_), fs::directory_iterator());
  }

  fs::path directory_;
};

TEST_F(Textfile, HoldsTheReportAndCanBeReadByAll) {
  const Report report = test::healthy_report();
  const mode_t mask = umask(0077);
  const auto written = write_textfile({&report, 1}, path("wsprobe.prom"));
  umask(mask);
  ASSERT_TRUE(written) << written.error();
  EXPECT_EQ(read(path("wsprobe.prom")), probe_text({&report, 1}));
  struct stat status {};
  ASSERT_EQ(stat(path("wsprobe.prom").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644U);
  EXPECT_EQ(files(), 1);
}

TEST_F(Textfile, AFailureLeavesTheOldFileAndNothingElse) {
  fs::create_directory(path("taken.prom"));
  const Report report = test::healthy_report();
  const auto written = write_textfile({&report, 1}, path("taken.prom"));
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error(), testing::HasSubstr("cannot replace"));
  EXPECT_EQ(files(), 1);
  const auto nowhere = write_textfile({&report, 1}, path("no/such/directory.prom"));
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error(), testing::HasSubstr("No such file or directory"));
}

TEST_F(Textfile, ALinkIsReplacedAndNotFollowed) {
  ASSERT_TRUE(replace_file("precious", path("other"), Readers::by_umask));
  fs::create_symlink(path("other"), path("wsprobe.prom"));
  ASSERT_TRUE(replace_file("new", path("wsprobe.prom"), Readers::everyone));
  EXPECT_EQ(read(path("other")), "precious");
  EXPECT_FALSE(fs::is_symlink(path("wsprobe.prom")));
}

TEST_F(Textfile, AReaderNeverSeesHalfOfIt) {
  const std::string first(200'000, 'a');
  const std::string second(300'000, 'b');
  ASSERT_TRUE(replace_file(first, path("wsprobe.prom"), Readers::everyone));
  std::atomic<bool> over = false;
  std::thread writer([&] {
    for (int round = 0; round < 50; ++round) {
      (void)replace_file(round % 2 == 0 ? second : first, path("wsprobe.prom"), Readers::everyone);
    }
    over = true;
  });
  int torn = 0;
  int reads = 0;
  while (!over || reads == 0) {
    const std::string seen = read(path("wsprobe.prom"));
    ++reads;
    if (seen != first && seen != second) ++torn;
  }
  writer.join();
  EXPECT_EQ(torn, 0);
}

TEST(TextfileName, IsWhatTheCollectorReads) {
  EXPECT_TRUE(is_textfile_name("/var/lib/x/wsprobe.prom"));
  EXPECT_TRUE(is_textfile_name("a.prom"));
  EXPECT_FALSE(is_textfile_name("/var/lib/x.prom/wsprobe"));
  EXPECT_FALSE(is_textfile_name("/var/lib/.prom"));
  EXPECT_FALSE(is_textfile_name("wsprobe.txt"));
}

}  // namespace
}  // namespace wsprobe::exporters
