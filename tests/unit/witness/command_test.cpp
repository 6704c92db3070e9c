#include "witness/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/clock.hpp"

namespace wsprobe::witness {
namespace {

using testing::HasSubstr;
using testing::Not;

bool keep_all(std::string_view, std::string_view) { return true; }

Command run(const std::string& script, const Command::KeepVariable& keep = keep_all) {
  auto command = Command::start({"/bin/sh", "-c", script}, keep);
  EXPECT_TRUE(command) << command.error();
  return std::move(*command);
}

void finish(Command& command) {
  const TimePoint limit = SteadyClock::now() + std::chrono::seconds(20);
  while (!command.ended() && SteadyClock::now() < limit) {
    command.poll();
    std::this_thread::yield();
  }
  EXPECT_TRUE(command.ended());
}

TEST(Command, GivesBothOfItsOutputs) {
  Command command = run("echo out; echo err >&2");
  finish(command);
  EXPECT_EQ(command.out(), "out\n");
  EXPECT_EQ(command.err(), "err\n");
  EXPECT_EQ(command.failure(), "");
}

TEST(Command, HasNothingToReadAndNoneOfOurFiles) {
  const int descriptor = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  Command command = run("cat; ls /proc/self/fd | wc -l");
  finish(command);
  ::close(descriptor);
  EXPECT_EQ(command.out(), "4\n");  // 0, 1, 2 and the directory itself
}

TEST(Command, GetsOnlyTheVariablesThatAreKept) {
  ::setenv("WSPROBE_TEST_SECRET", "hunter2", 1);
  ::setenv("WSPROBE_TEST_PLAIN", "plain", 1);
  Command command = run("env", [](std::string_view, std::string_view value) { return value != "hunter2"; });
  finish(command);
  EXPECT_THAT(command.out(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(command.out(), HasSubstr("WSPROBE_TEST_PLAIN=plain"));
}

TEST(Command, SaysHowItEnded) {
  Command failed = run("exit 7");
  finish(failed);
  EXPECT_EQ(failed.failure(), "it ended with exit code 7");
  Command killed = run("kill -TERM $$");
  finish(killed);
  EXPECT_EQ(killed.failure(), "it was ended by signal 15");
}

TEST(Command, ThatIsNotThereCannotBeStarted) {
  const auto command = Command::start({"/nonexistent"}, keep_all);
  ASSERT_FALSE(command);
  EXPECT_EQ(command.error(), "it cannot be run: No such file or directory");
  EXPECT_FALSE(Command::start({}, keep_all));
}

bool is_alive(pid_t process) { return ::kill(process, 0) == 0; }

/// An orphan is reaped by whoever adopts it, at its own time.
bool ends(pid_t process) {
  const TimePoint limit = SteadyClock::now() + std::chrono::seconds(20);
  while (is_alive(process)) {
    std::ifstream status("/proc/" + std::to_string(process) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(status), {}};
    if (text.find(") Z ") != std::string::npos) return true;
    if (SteadyClock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(Command, IsEndedWithEverythingItStarted) {
  pid_t child = 0;
  {
    Command command = run("sleep 1000 & echo $!; wait");
    while (command.out().find('\n') == std::string::npos) command.poll();
    child = std::atoi(command.out().c_str());
    ASSERT_TRUE(is_alive(child));
  }
  EXPECT_TRUE(ends(child));
}

TEST(Command, LeavesNothingRunningWhenItEndsByItself) {
  Command command = run("sleep 1000 & echo $!");
  finish(command);
  EXPECT_TRUE(ends(std::atoi(command.out().c_str())));
}

TEST(Command, ThatPrintsTooMuchIsEnded) {
  Command command = run("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done");
  finish(command);
  EXPECT_TRUE(command.overflowed());
  EXPECT_LE(command.out().size(), most_output + 65536);
}

}  // namespace
}  // namespace wsprobe::witness
