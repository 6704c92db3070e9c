#include "core/system_call.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace wsprobe {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  std::array<int, 2> ends{};
};

TEST(SystemError, NamesTheReason) {
  errno = ENOSPC;
  EXPECT_EQ(system_error("cannot write report.json"), "cannot write report.json: No space left on device");
}

TEST(WriteAll, GoesOnWhereAPipeTakesOnlyAPart) {
  const Pipe pipe;
  const std::string sent(1'000'000, 'x');  // a pipe holds 64 KiB
  std::string received;
  std::thread reader([&] {
    std::array<char, 10'000> buffer{};
    while (received.size() < sent.size()) {
      const ssize_t count = ::read(pipe.ends[0], buffer.data(), buffer.size());
      if (count <= 0) return;
      received.append(buffer.data(), static_cast<std::size_t>(count));
    }
  });
  EXPECT_TRUE(write_all(pipe.ends[1], sent));
  reader.join();
  EXPECT_EQ(received, sent);
}

TEST(WriteAll, LeavesTheReasonInErrno) {
  errno = 0;
  EXPECT_FALSE(write_all(-1, "x"));
  EXPECT_EQ(errno, EBADF);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  EXPECT_FALSE(write_all(full, "x"));
  EXPECT_EQ(errno, ENOSPC);
  ::close(full);
}

TEST(WriteAll, HasNothingToDoForNothing) { EXPECT_TRUE(write_all(-1, "")); }

}  // namespace
}  // namespace wsprobe
