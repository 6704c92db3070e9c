#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "scenario/loader.hpp"

namespace wsprobe::scenario {
namespace {

class ProcessEnvironment : public testing::Test {
 protected:
  ProcessEnvironment() {
    std::string pattern = (std::filesystem::temp_directory_path() / "wsprobe-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ProcessEnvironment() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text, ::mode_t mode = 0600) {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  const Environment environment_ = Environment::of_process();
  std::filesystem::path folder_;
};

TEST_F(ProcessEnvironment, ReadsVariables) {
  ::setenv("WSPROBE_TEST_VARIABLE", "value", 1);
  EXPECT_EQ(environment_.variable("WSPROBE_TEST_VARIABLE"), "value");
  ::unsetenv("WSPROBE_TEST_VARIABLE");
  EXPECT_EQ(environment_.variable("WSPROBE_TEST_VARIABLE"), std::nullopt);
}

TEST_F(ProcessEnvironment, ReadsFilesUpToTheirBound) {
  EXPECT_EQ(environment_.read_file(write("a", std::string("a\0b\n", 4))), std::string("a\0b\n", 4));
  EXPECT_EQ(environment_.read_file(write("empty", "")), "");
  EXPECT_EQ(environment_.read_file(write("whole", std::string(maximum_file_size, 'x')))->size(), maximum_file_size);
  EXPECT_EQ(environment_.read_file(write("more", std::string(maximum_file_size + 1, 'x'))).error(),
            "it is larger than 1 MiB");
  EXPECT_EQ(environment_.read_file("/dev/zero").error(), "it is larger than 1 MiB");
}

TEST_F(ProcessEnvironment, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(environment_.read_file(folder_ / "none").error(), "No such file or directory");
  EXPECT_EQ(environment_.read_file(folder_).error(), "Is a directory");
}

TEST_F(ProcessEnvironment, KnowsWhoMayReadASecret) {
  EXPECT_FALSE(environment_.readable_by_all(write("private", "x", 0640)));
  EXPECT_TRUE(environment_.readable_by_all(write("public", "x", 0644)));
  EXPECT_FALSE(environment_.readable_by_all(folder_ / "none"));
}

TEST_F(ProcessEnvironment, MarksEveryInvalidCredentialAnew) {
  const std::string mark = environment_.random_mark();
  EXPECT_TRUE(std::regex_match(mark, std::regex("wsprobe-invalid-[0-9a-f]{16}"))) << mark;
  EXPECT_NE(mark, environment_.random_mark());
}

TEST_F(ProcessEnvironment, LoadsAScenarioAndTheSecretBesideIt) {
  write("token", "s3cr3t\n");
  const std::string path = write(
      "probe.yaml", "scenario: a\ntarget: {edge: \"ws://h\"}\ncredentials: {valid: {file: token}}\nsteps: [health]\n");
  const auto loaded = load_file(path, environment_, Credentials::required);
  ASSERT_TRUE(loaded) << loaded.error().at(0).render();
  EXPECT_EQ(loaded->valid.reveal(), "s3cr3t");
  EXPECT_TRUE(loaded->warnings.empty());
}

}  // namespace
}  // namespace wsprobe::scenario
