// Plain streams: what a lost, closed or silent peer is called in each phase.
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>

#include "conversation.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using net::Security;

struct Loss {
  Phase phase;
  std::string reason;
};

class ResetPeer : public testing::TestWithParam<Loss> {};

TEST_P(ResetPeer, IsNamedByThePhaseOfTheRead) {
  const ScriptedServer server([](int socket) {
    receive_some(socket);
    reset_on_close(socket);
  });
  converse(server, Security::plain, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    EXPECT_EQ(reason_of(co_await write(stream, "x", Phase::request)), "ok");
    const auto heard = co_await read(stream, GetParam().phase);
    EXPECT_EQ(reason_of(heard), GetParam().reason);
    EXPECT_TRUE(heard || heard.error().phase == GetParam().phase);
  });
}

INSTANTIATE_TEST_SUITE_P(Phases, ResetPeer,
                         testing::Values(Loss{Phase::first_byte, "reset_before_response"},
                                         Loss{Phase::response, "reset_in_body"},
                                         Loss{Phase::message, "reset_in_session"},
                                         Loss{Phase::close, "reset_in_session"}),
                         [](const auto& row) { return std::string(name(row.param.phase)); });

class SilentPeer : public testing::TestWithParam<Phase> {};

TEST_P(SilentPeer, IsATimeoutOfThePhaseAndTheStreamStaysUsable) {
  const ScriptedServer server([](int socket) {
    receive_some(socket);
    send_all(socket, "late");
    drain(socket);
  });
  converse(server, Security::plain, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    const TimePoint begun = SteadyClock::now();
    EXPECT_EQ(reason_of(co_await read(stream, GetParam(), 150ms)), name(timeout_in(GetParam())));
    const Duration took = SteadyClock::now() - begun;
    EXPECT_GE(took, 150ms);
    EXPECT_LT(took, 250ms);
    EXPECT_EQ(reason_of(co_await write(stream, "now", Phase::message)), "ok");
    const auto heard = co_await read(stream, GetParam());
    EXPECT_EQ(heard.value_or(""), "late");
  });
}

INSTANTIATE_TEST_SUITE_P(Phases, SilentPeer,
                         testing::Values(Phase::first_byte, Phase::response, Phase::message, Phase::close),
                         [](const auto& row) { return std::string(name(row.param)); });

TEST(Stream, AnOrderlyEndIsZero) {
  const ScriptedServer server([](int socket) { receive_some(socket); });
  converse(server, Security::plain, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    EXPECT_EQ(reason_of(co_await write(stream, "x", Phase::request)), "ok");
    const auto heard = co_await read(stream, Phase::first_byte);
    EXPECT_EQ(heard.value_or("?"), "");
  });
}

TEST(Stream, APeerThatIsGoneIsToldByTheWrite) {
  const ScriptedServer server([](int socket) {
    receive_some(socket);  // not before the stream is open: a reset may also end the connecting
    reset_on_close(socket);
  });
  converse(server, Security::plain, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    EXPECT_EQ(reason_of(co_await write(stream, "x", Phase::request)), "ok");
    EXPECT_NE(reason_of(co_await read(stream, Phase::first_byte)), "ok");  // by now the reset has come
    EXPECT_EQ(reason_of(co_await write(stream, "x", Phase::request)), "closed_in_request");
  });
}

TEST(Stream, APeerThatDoesNotReadIsATimeoutOfTheWrite) {
  const ScriptedServer server([](int socket) {
    char byte = 0;
    ::recv(socket, &byte, 1, 0);
    pollfd gone{socket, POLLRDHUP, 0};
    ::poll(&gone, 1, 10000);
  });
  converse(server, Security::plain, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    const std::string much(64U << 20U, 'x');
    const TimePoint begun = SteadyClock::now();
    EXPECT_EQ(reason_of(co_await write(stream, much, Phase::request, 300ms)), "timeout_request");
    EXPECT_LT(SteadyClock::now() - begun, 400ms);
  });
}

TEST(Stream, ManyBytesArriveWholeBothWays) {
  const std::string much(3U << 20U, 'x');
  for (const Security security : {Security::plain, Security::tls}) {
    TlsServerSpec spec = good_server();
    spec.converse = [&much](SSL* ssl) {
      std::string heard(much.size(), '\0');
      for (std::size_t at = 0; at < heard.size();) {
        const int size = SSL_read(ssl, heard.data() + at, static_cast<int>(heard.size() - at));
        if (size <= 0) return;
        at += static_cast<std::size_t>(size);
      }
      SSL_write(ssl, heard.data(), static_cast<int>(heard.size()));
    };
    const ScriptedServer server(security == Security::tls ? tls_behaviour(spec) : [&much](int socket) {
      std::string heard;
      while (heard.size() < much.size()) heard += receive_some(socket);
      send_all(socket, heard);
    });
    converse(server, security, [&much](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
      EXPECT_EQ(reason_of(co_await write(stream, much, Phase::request)), "ok");
      std::string heard;
      while (heard.size() < much.size()) {
        const auto piece = co_await read(stream, Phase::response);
        if (!piece || piece->empty()) break;
        heard += *piece;
      }
      EXPECT_EQ(heard, much);
    });
  }
}

}  // namespace
}  // namespace wsprobe::test
