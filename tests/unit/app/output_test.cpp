#include "app/output.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::app {
namespace {

using testing::HasSubstr;

class Deliver : public testing::Test {
 protected:
  Deliver() {
    std::string pattern = testing::TempDir() + "wsprobe-output-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~Deliver() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  static std::string content(const std::string& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(std::filesystem::directory_iterator(directory_), std::filesystem::directory_iterator());
  }

  std::string directory_;
};

TEST_F(Deliver, ReplacesTheFileAndLeavesNothingElse) {
  ASSERT_TRUE(deliver("first, and longer\n", path("report")));
  ASSERT_TRUE(deliver("second\n", path("report")));
  EXPECT_EQ(content(path("report")), "second\n");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Deliver, NewFileHasTheUsualPermissions) {
  const mode_t old = umask(022);
  ASSERT_TRUE(deliver("x", path("report")));
  umask(old);
  struct stat status {};
  ASSERT_EQ(stat(path("report").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0644U);
}

TEST_F(Deliver, SymbolicLinkStaysOne) {
  ASSERT_TRUE(deliver("old", path("real")));
  std::filesystem::create_symlink("real", path("link"));
  ASSERT_TRUE(deliver("new", path("link")));
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_EQ(content(path("real")), "new");
}

TEST_F(Deliver, DeviceIsWrittenToAndNotReplaced) {
  ASSERT_TRUE(deliver("x", "/dev/null"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(Deliver, FullDiskIsAnError) {
  const auto delivered = deliver("x", "/dev/full");
  ASSERT_FALSE(delivered);
  EXPECT_EQ(delivered.error(), "cannot write /dev/full: No space left on device");
}

TEST_F(Deliver, DirectoryAndMissingDirectoryAreErrors) {
  EXPECT_THAT(deliver("x", directory_).error(), HasSubstr("is a directory"));
  EXPECT_THAT(deliver("x", path("none/report")).error(), HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace wsprobe::app
