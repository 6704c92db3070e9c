#include "net/tasks.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <stdexcept>

#include "net/connector.hpp"
#include "support/run_task.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;

net::awaitable<int> run_three(int& ended) {
  std::vector<net::awaitable<void>> tasks;
  for (int at = 0; at < 3; ++at) {
    tasks.push_back([](int which, int& count) -> net::awaitable<void> {
      co_await net::wait_until(SteadyClock::now() + which * 20ms);
      ++count;
    }(at, ended));
  }
  co_await net::run_all(std::move(tasks));
  co_return ended;
}

TEST(RunAll, WaitsForEachAndRunsThemTogether) {
  int ended = 0;
  const TimePoint begun = SteadyClock::now();
  EXPECT_EQ(run_task(run_three(ended)), 3);
  EXPECT_LT(SteadyClock::now() - begun, 150ms);
}

net::awaitable<int> run_none() {
  co_await net::run_all({});
  co_return 1;
}

TEST(RunAll, OfNothingReturns) { EXPECT_EQ(run_task(run_none()), 1); }

net::awaitable<void> fail() {
  throw std::runtime_error("defect");
  co_return;
}

net::awaitable<void> fail_among_others() {
  std::vector<net::awaitable<void>> tasks;
  tasks.push_back(fail());
  co_await net::run_all(std::move(tasks));
}

TEST(Spawn, ADefectComesOutOfTheContext) {
  asio::io_context context;
  net::spawn(context, fail());
  EXPECT_THROW(context.run(), std::runtime_error);
  asio::io_context another;
  net::spawn(another, fail_among_others());
  EXPECT_THROW(another.run(), std::runtime_error);
}

TEST(WaitUntil, ReturnsAtOnceForThePast) {
  const TimePoint begun = SteadyClock::now();
  const auto wait = []() -> net::awaitable<int> {
    co_await net::wait_until(SteadyClock::now() - 1h);
    co_return 1;
  };
  EXPECT_EQ(run_task(wait()), 1);
  EXPECT_LT(SteadyClock::now() - begun, 100ms);
}

TEST(Signals, AreHandledUntilDestroyed) {
  asio::io_context context;
  std::vector<int> handled;
  {
    const net::Signals signals(context, {SIGUSR1, SIGUSR2}, [&handled](int signal) { handled.push_back(signal); });
    std::raise(SIGUSR1);
    context.run_for(50ms);
    std::raise(SIGUSR2);
    context.restart();
    context.run_for(50ms);
    EXPECT_EQ(handled, (std::vector<int>{SIGUSR1, SIGUSR2}));
    std::signal(SIGUSR1, SIG_IGN);
  }
  context.restart();
  context.run_for(20ms);
  EXPECT_EQ(handled.size(), 2U);
}

TEST(RandomBytes, Differ) {
  std::array<std::byte, 600> first{};
  std::array<std::byte, 600> second{};
  net::random_bytes(first);
  net::random_bytes(second);
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace wsprobe::test
