// What opening a connection before it is needed rests on: is it still as it was, and can it be given up alone?
#include <gtest/gtest.h>

#include "conversation.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using net::Security;

/// Quiet for as long as is waited for; what the peer has done shows at once.
net::awaitable<bool> becomes_loud(net::Stream& stream) {
  const TimePoint until = SteadyClock::now() + ample;
  while (stream.is_quiet() && SteadyClock::now() < until) co_await net::wait_until(SteadyClock::now() + 1ms);
  co_return !stream.is_quiet();
}

void expect_loud(const ScriptedServer& server, Security security) {
  converse(server, security, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    const bool loud = co_await becomes_loud(stream);
    EXPECT_TRUE(loud);
  });
}

TEST(AWaitingStream, IsQuietWhileThePeerWaitsToo) {
  const ScriptedServer server(drain);
  converse(server, Security::plain, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    EXPECT_TRUE(stream.is_quiet());
    co_return;
  });
}

TEST(AWaitingStream, IsLoudWhenThePeerHasClosed) {
  expect_loud(ScriptedServer([](int) {}), Security::plain);
}

TEST(AWaitingStream, IsLoudWhenThePeerHasSpoken) {
  const ScriptedServer server([](int socket) {
    send_all(socket, "HTTP/1.1 408 Request Timeout\r\n\r\n");
    drain(socket);
  });
  expect_loud(server, Security::plain);
}

TEST(AWaitingStream, IsQuietWhateverSessionTicketsCameOverTls) {
  TlsServerSpec spec = good_server();
  spec.configure = [](SSL_CTX* context) { SSL_CTX_set_num_tickets(context, 4); };
  spec.converse = [](SSL* ssl) {
    char request[64];
    const int size = SSL_read(ssl, request, sizeof request);
    if (size > 0) SSL_write(ssl, request, size);
  };
  const ScriptedServer server(tls_behaviour(std::move(spec)));
  converse(server, Security::tls, [](net::Stream& stream, net::Connector&) -> net::awaitable<void> {
    EXPECT_TRUE(stream.is_quiet());
    const auto written = co_await write(stream, "still there?", Phase::request);
    EXPECT_EQ(reason_of(written), "ok");
    const auto answer = co_await read(stream, Phase::first_byte);
    EXPECT_EQ(answer.value_or(""), "still there?");
  });
}

TEST(AWaitingStream, IsLoudWhenThePeerHasClosedOverTls) {
  TlsServerSpec spec = good_server();
  spec.converse = [](SSL*) {};
  expect_loud(ScriptedServer(tls_behaviour(std::move(spec))), Security::tls);
}

TEST(ABranch, IsCancelledAlone) {
  const ScriptedServer server(drain);
  asio::io_context context;
  net::Connector connector(context, settings_for(server.port()));
  const auto branch = connector.branch();
  branch->cancel();
  const net::Authority authority{Security::plain, host_name, server.port()};
  Evidence given_up;
  EXPECT_EQ(reason_of(run_task(context, branch->open(authority, SteadyClock::now() + ample, given_up))), "cancelled");
  Evidence evidence;
  EXPECT_EQ(reason_of(run_task(context, connector.open(authority, SteadyClock::now() + ample, evidence))), "ok");
}

TEST(ABranch, IsCancelledWithItsConnector) {
  const ScriptedServer server(drain);
  asio::io_context context;
  net::Connector connector(context, settings_for(server.port()));
  const auto early = connector.branch();
  connector.cancel();
  const auto late = connector.branch();
  const net::Authority authority{Security::plain, host_name, server.port()};
  for (const auto* branch : {&early, &late}) {
    Evidence evidence;
    EXPECT_EQ(reason_of(run_task(context, (*branch)->open(authority, SteadyClock::now() + ample, evidence))),
              "cancelled");
  }
}

TEST(AnAddress, ThatIsGivenIsConnectedToUnderTheNameOfTheHost) {
  TlsServerSpec spec = good_server();
  const ScriptedServer server(tls_behaviour(std::move(spec)));
  net::ConnectSettings settings;  // nothing resolves host_name
  settings.tls.ca_file = Pki::instance().root_file;
  net::Authority authority{Security::tls, host_name, server.port()};
  authority.address = "127.0.0.1";
  const Opened opened = open_once(std::move(settings), authority);
  EXPECT_EQ(opened.reason(), "open") << opened.detail();
  EXPECT_EQ(opened.evidence.tls->server_name, host_name);
}

}  // namespace
}  // namespace wsprobe::test
