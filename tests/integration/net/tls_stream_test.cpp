// TLS streams after the handshake.
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include "conversation.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using net::Security;

ScriptedServer::Behaviour after_handshake(std::function<void(SSL*)> talk) {
  TlsServerSpec spec = good_server();
  spec.converse = std::move(talk);
  return tls_behaviour(std::move(spec));
}

/// Closes the socket under the TLS connection.
void cut(SSL* ssl) { ::shutdown(SSL_get_fd(ssl), SHUT_RDWR); }

TEST(TlsStream, AnOrderlyEndIsZero) {
  const ScriptedServer server(after_handshake([](SSL*) {}));
  converse(server, Security::tls, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    const auto heard = co_await read(stream, Phase::response);
    EXPECT_EQ(heard.value_or("?"), "");
  });
}

TEST(TlsStream, AnEndWithoutCloseNotifyIsTruncation) {
  const ScriptedServer server(after_handshake([](SSL* ssl) {
    SSL_write(ssl, "half", 4);
    cut(ssl);
  }));
  converse(server, Security::tls, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    EXPECT_EQ((co_await read(stream, Phase::response)).value_or("?"), "half");
    EXPECT_EQ(reason_of(co_await read(stream, Phase::response)), "closed_truncated");
  });
}

TEST(TlsStream, AResetIsNamedByItsPhase) {
  const ScriptedServer server(after_handshake([](SSL* ssl) {
    // The unread byte makes a reset of the close.
    char byte = 0;
    while (::recv(SSL_get_fd(ssl), &byte, 1, MSG_PEEK) != 1) {
    }
    reset_on_close(SSL_get_fd(ssl));
    SSL_set_quiet_shutdown(ssl, 1);
    const int gone = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::dup2(gone, SSL_get_fd(ssl));
    ::close(gone);
  }));
  converse(server, Security::tls, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    EXPECT_EQ(reason_of(co_await write(stream, "x", Phase::request)), "ok");
    EXPECT_EQ(reason_of(co_await read(stream, Phase::first_byte)), "reset_before_response");
  });
}

TEST(TlsStream, SilenceIsATimeoutAndTheStreamStaysUsable) {
  const ScriptedServer server(after_handshake([](SSL* ssl) {
    char byte = 0;
    SSL_read(ssl, &byte, 1);
    SSL_write(ssl, "late", 4);
  }));
  converse(server, Security::tls, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    const TimePoint begun = SteadyClock::now();
    EXPECT_EQ(reason_of(co_await read(stream, Phase::first_byte, 150ms)), "timeout_first_byte");
    EXPECT_LT(SteadyClock::now() - begun, 250ms);
    EXPECT_EQ(reason_of(co_await write(stream, "x", Phase::message)), "ok");
    EXPECT_EQ((co_await read(stream, Phase::message)).value_or("?"), "late");
  });
}

TEST(TlsStream, ACorruptRecordIsNamed) {
  const ScriptedServer server(after_handshake(
      [](SSL* ssl) { send_all(SSL_get_fd(ssl), std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x')); }));
  converse(server, Security::tls, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    EXPECT_EQ(reason_of(co_await read(stream, Phase::response)), "tls_bad_record");
  });
}

TEST(TlsStream, AFloodOfRecordsWithoutDataEndsAtTheDeadline) {
  const ScriptedServer server(after_handshake([](SSL* ssl) {
    const auto end = SteadyClock::now() + 3s;
    while (SteadyClock::now() < end) {
      if (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 || SSL_do_handshake(ssl) != 1) break;
    }
  }));
  converse(server, Security::tls, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    const TimePoint begun = SteadyClock::now();
    EXPECT_NE(reason_of(co_await read(stream, Phase::first_byte, 300ms)), "ok");
    EXPECT_LT(SteadyClock::now() - begun, 400ms);
    stream.close();
  });
}

TEST(TlsStream, ClosingSaysSo) {
  bool orderly = false;
  {
    const ScriptedServer server(after_handshake([&orderly](SSL* ssl) {
      char byte = 0;
      orderly = SSL_get_error(ssl, SSL_read(ssl, &byte, 1)) == SSL_ERROR_ZERO_RETURN;
    }));
    converse(server, Security::tls, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
      stream.close();
      co_return;
    });
  }
  EXPECT_TRUE(orderly);
}

}  // namespace
}  // namespace wsprobe::test
