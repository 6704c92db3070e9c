#include "net/listener.hpp"

#include <gtest/gtest.h>

#include "conversation.hpp"

namespace wsprobe::test {
namespace {

net::awaitable<void> echo_once(net::Listener& listener) {
  auto stream = co_await listener.accept();
  EXPECT_TRUE(stream);
  const auto heard = co_await read(**stream, Phase::request);
  EXPECT_EQ(reason_of(co_await write(**stream, heard.value_or("?"), Phase::response)), "ok");
}

TEST(Listener, AcceptsStreams) {
  asio::io_context context;
  auto listener = net::Listener::bind(context, "127.0.0.1", 0);
  ASSERT_TRUE(listener);
  EXPECT_NE((*listener)->port(), 0);
  net::spawn(context, echo_once(**listener));
  net::Connector connector(context, {});
  Evidence evidence;
  const auto talk = [&]() -> net::awaitable<std::string> {
    const net::Authority authority{net::Security::plain, "127.0.0.1", (*listener)->port()};
    auto stream = co_await connector.open(authority, SteadyClock::now() + ample, evidence);
    EXPECT_EQ(reason_of(co_await write(**stream, "echo", Phase::request)), "ok");
    co_return (co_await read(**stream, Phase::response)).value_or("?");
  };
  EXPECT_EQ(run_task(context, talk()), "echo");
}

TEST(Listener, CloseEndsAcceptAndTheStreamsAccepted) {
  asio::io_context context;
  auto listener = net::Listener::bind(context, "127.0.0.1", 0);
  ASSERT_TRUE(listener);
  net::Connector connector(context, {});
  Evidence evidence;
  std::string of_read;
  std::string of_accept;
  const auto serve = [&]() -> net::awaitable<void> {
    auto stream = co_await (*listener)->accept();
    of_read = reason_of(co_await read(**stream, Phase::request));
  };
  const auto close_later = [&]() -> net::awaitable<void> {
    const net::Authority authority{net::Security::plain, "127.0.0.1", (*listener)->port()};
    const auto stream = co_await connector.open(authority, SteadyClock::now() + ample, evidence);
    co_await net::wait_until(SteadyClock::now() + std::chrono::milliseconds(50));
    (*listener)->close();
    of_accept = reason_of(co_await (*listener)->accept());
  };
  net::spawn(context, serve());
  net::spawn(context, close_later());
  context.run();
  EXPECT_EQ(of_read, "cancelled");
  EXPECT_EQ(of_accept, "cancelled");
}

TEST(Listener, TellsWhyItCannotListen) {
  asio::io_context context;
  const DeadPort taken;
  const auto second = net::Listener::bind(context, "127.0.0.1", taken.port());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, Reason::local_error);
  EXPECT_NE(second.error().detail.find("in use"), std::string::npos) << second.error().detail;
  EXPECT_EQ(net::Listener::bind(context, "nowhere", 0).error().reason, Reason::bad_configuration);
}

}  // namespace
}  // namespace wsprobe::test
