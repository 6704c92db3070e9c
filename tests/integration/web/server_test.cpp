#include "web/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "client.hpp"
#include "net/event.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* get_root = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

TEST_F(ServerTest, Answers) {
  start({}, hello);
  const std::string answer = run_task(context, ask(get_root));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\nhello from /"));
}

TEST_F(ServerTest, KeepsAConnectionAndAnswersInOrder) {
  start({}, hello);
  const auto talk = [&]() -> net::awaitable<std::string> {
    const net::StreamPtr stream = co_await connect();
    co_await send(*stream, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    co_await send(*stream, "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    co_return co_await receive(*stream);
  };
  const std::string answers = run_task(context, talk());
  EXPECT_LT(answers.find("hello from /1"), answers.find("hello from /3"));
  EXPECT_EQ(answers.find("hello from /2"), std::string::npos) << "a HEAD has no body";
}

TEST_F(ServerTest, SaysWhyARequestIsRefused) {
  start({}, hello);
  EXPECT_THAT(run_task(context, ask("GET / HTTP/1.1\r\n\r\n")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(run_task(context, ask("GET /" + std::string(9000, 'a'))), StartsWith("HTTP/1.1 414 "));
}

TEST_F(ServerTest, CompressesForThoseWhoTakeIt) {
  start({}, [](const web::Request&) -> net::awaitable<web::Response> {
    co_return web::text_response(200, std::string(100'000, 'a'));
  });
  const std::string answer =
      run_task(context, ask("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_LT(answer.size(), 2000U);
  EXPECT_GT(run_task(context, ask(get_root)).size(), 100'000U);
}

TEST_F(ServerTest, GivesARequestOnlySoMuchTime) {
  web::ServerLimits limits;
  limits.head_time = 100ms;
  start(limits, hello);
  const TimePoint before = SteadyClock::now();
  EXPECT_THAT(run_task(context, ask("GET / HTTP/1.1\r\nHost:")), StartsWith("HTTP/1.1 408 "));
  EXPECT_LT(SteadyClock::now() - before, 5s);
}

TEST_F(ServerTest, EndsASilentConnectionWithoutAWord) {
  web::ServerLimits limits;
  limits.idle_time = 50ms;
  start(limits, hello);
  EXPECT_EQ(run_task(context, ask("")), "");
}

TEST_F(ServerTest, HearsThoseWhoAskAmongManyWhoAreSilent) {
  web::ServerLimits limits;
  limits.connections = 100;
  start(limits, hello);
  std::vector<net::StreamPtr> silent;
  const auto crowd = [&]() -> net::awaitable<bool> {
    for (int at = 0; at < 300; ++at) {
      net::StreamPtr stream = co_await connect();
      silent.push_back(std::move(stream));
      // Half of them begin a request and never end it.
      if (at % 2 == 0) co_await send(*silent.back(), "GET / HTTP/1.1\r\n");
    }
    co_return true;
  };
  ASSERT_TRUE(run_task(context, crowd()));
  for (int round = 0; round < 5; ++round) {
    const TimePoint before = SteadyClock::now();
    EXPECT_THAT(run_task(context, ask(get_root)), StartsWith("HTTP/1.1 200 "));
    EXPECT_LT(SteadyClock::now() - before, 1s);
  }
  EXPECT_LE(server->connections(), 101U);
}

TEST_F(ServerTest, TurnsNobodyAwayWhoIsBeingAnswered) {
  web::ServerLimits limits;
  limits.connections = 2;
  net::Event go_on(context);
  start(limits, [&](const web::Request&) -> net::awaitable<web::Response> {
    co_await go_on.wait(TimePoint::max());
    co_return web::text_response(200, "at last");
  });
  std::string first;
  const auto talk = [&]() -> net::awaitable<void> { first = co_await ask(get_root); };
  net::spawn(context, talk());
  const auto crowd = [&]() -> net::awaitable<bool> {
    for (int at = 0; at < 10; ++at) {
      const net::StreamPtr stream = co_await connect();
    }
    go_on.set();
    co_return true;
  };
  run_task(context, crowd());
  while (first.empty() && context.run_one() > 0) {
  }
  EXPECT_THAT(first, testing::EndsWith("at last"));
}

TEST_F(ServerTest, StreamsUntilTheClientLeaves) {
  bool left = false;
  start({}, [&](const web::Request&) -> net::awaitable<web::Response> {
    web::Response response;
    response.content_type = "text/event-stream";
    response.stream = [&left](web::BodyWriter& writer) -> net::awaitable<void> {
      while (co_await writer.write("data: x\n\n")) co_await net::wait_until(SteadyClock::now() + 1ms);
      left = true;
    };
    co_return response;
  });
  const auto talk = [&]() -> net::awaitable<std::string> {
    const net::StreamPtr stream = co_await connect();
    co_await send(*stream, get_root);
    co_return co_await receive(*stream, "data: x\n\ndata: x\n\n");
  };
  EXPECT_THAT(run_task(context, talk()), HasSubstr("Content-Type: text/event-stream"));
  while (!left && context.run_one() > 0) {
  }
  EXPECT_TRUE(left);
}

TEST_F(ServerTest, DrainsWithoutCuttingAnAnswerOff) {
  net::Event asked(context);
  net::Event go_on(context);
  start({}, [&](const web::Request&) -> net::awaitable<web::Response> {
    asked.set();
    co_await go_on.wait(TimePoint::max());
    co_return web::text_response(200, "whole");
  });
  std::string answer;
  bool drained = false;
  const auto talk = [&]() -> net::awaitable<void> { answer = co_await ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n"); };
  const auto drain = [&]() -> net::awaitable<void> {
    co_await server->drain(SteadyClock::now() + 10s);
    drained = true;
  };
  const auto shut_down = [&]() -> net::awaitable<bool> {
    const net::StreamPtr silent = co_await connect();
    co_await asked.wait(TimePoint::max());
    net::spawn(context, drain());
    const std::string nothing = co_await receive(*silent);
    EXPECT_EQ(nothing, "") << "a silent connection ends at once";
    EXPECT_FALSE(drained);
    go_on.set();
    co_return true;
  };
  net::spawn(context, talk());
  ASSERT_TRUE(run_task(context, shut_down()));
  while ((!drained || answer.empty()) && context.run_one() > 0) {
  }
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THAT(answer, testing::EndsWith("whole"));
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(ServerTest, DoesNotWaitForEverWhenDraining) {
  net::Event asked(context);
  net::Event never(context);
  start({}, [&](const web::Request&) -> net::awaitable<web::Response> {
    asked.set();
    co_await never.wait(SteadyClock::now() + 10s);
    co_return web::text_response(200, "late");
  });
  std::string answer = "none";
  const auto talk = [&]() -> net::awaitable<void> { answer = co_await ask(get_root); };
  const auto drain = [&]() -> net::awaitable<bool> {
    co_await asked.wait(TimePoint::max());
    co_await server->drain(SteadyClock::now() + 50ms);
    co_return true;
  };
  net::spawn(context, talk());
  const TimePoint before = SteadyClock::now();
  ASSERT_TRUE(run_task(context, drain()));
  EXPECT_LT(SteadyClock::now() - before, 5s);
  never.set();
}

}  // namespace
}  // namespace wsprobe::test
