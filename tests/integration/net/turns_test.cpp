// A peer that has sent more than is read in one turn: reading never blocks, and yet others run and the deadline holds.
#include <future>

#include <gtest/gtest.h>

#include "conversation.hpp"
#include "net/socket.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using net::Security;

constexpr std::size_t sent = 4 * net::Socket::turn_bytes;

class Talkative : public testing::TestWithParam<Security> {
 protected:
  /// Everything has been sent before the first byte is read.
  void talk_to_one_that_has_sent(const Talk& talk) {
    std::promise<void> done;
    const ScriptedServer server(behaviour(done));
    converse(server, GetParam(), [&](net::Stream& stream, net::Connector& connector) -> net::awaitable<void> {
      done.get_future().wait();
      co_await talk(stream, connector);
    });
  }

 private:
  static ScriptedServer::Behaviour behaviour(std::promise<void>& done) {
    if (GetParam() == Security::plain) {
      return [&done](int socket) {
        send_all(socket, std::string(sent, 'x'));
        done.set_value();
        drain(socket);
      };
    }
    TlsServerSpec spec = good_server();
    spec.converse = [&done](SSL* ssl) {
      SSL_write(ssl, std::string(sent, 'x').data(), static_cast<int>(sent));
      done.set_value();
      drain(SSL_get_fd(ssl));
    };
    return tls_behaviour(std::move(spec));
  }
};

net::awaitable<void> note(bool& has_run) {
  co_await net::wait_until(SteadyClock::now() + 1us);  // through the context: at once would be without it
  has_run = true;
}

TEST_P(Talkative, LetsOthersRun) {
  talk_to_one_that_has_sent([](net::Stream& stream, net::Connector& connector) -> net::awaitable<void> {
    bool has_run = false;
    net::spawn(connector.context(), note(has_run));
    std::size_t total = 0;
    while (!has_run && total < sent) {
      const auto heard = co_await read(stream, Phase::message);
      EXPECT_EQ(reason_of(heard), "ok");
      if (!heard) co_return;
      total += heard->size();
    }
    EXPECT_TRUE(has_run);
    EXPECT_LT(total, sent);
  });
}

TEST_P(Talkative, MeetsTheDeadline) {
  talk_to_one_that_has_sent([](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    std::size_t total = 0;
    Result<std::string> heard = co_await read(stream, Phase::message, 0ms);
    while (heard && total < sent) {
      total += heard->size();
      heard = co_await read(stream, Phase::message, 0ms);
    }
    EXPECT_EQ(reason_of(heard), "timeout_message");
    EXPECT_LT(total, sent);
  });
}

INSTANTIATE_TEST_SUITE_P(Streams, Talkative, testing::Values(Security::plain, Security::tls),
                         [](const auto& row) { return row.param == Security::plain ? "plain" : "tls"; });

}  // namespace
}  // namespace wsprobe::test
