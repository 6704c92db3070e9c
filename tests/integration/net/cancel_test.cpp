// A signal ends whatever is under way at once, and nothing is left behind.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <thread>

#include <fmt/format.h>
#include <asio/steady_timer.hpp>

#include "conversation.hpp"
#include "support/dns_server.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using net::Security;

net::awaitable<void> cancel_at(net::Connector& connector, TimePoint when) {
  co_await net::wait_until(when);
  connector.cancel();
}

/// Opens, cancelled after 100 ms; the reason and how long it took.
std::string reason_when_cancelled(net::ConnectSettings settings, net::Authority authority) {
  asio::io_context context;
  net::Connector connector(context, std::move(settings));
  Evidence evidence;
  const TimePoint begun = SteadyClock::now();
  net::spawn(context, cancel_at(connector, begun + 100ms));
  const auto stream = run_task(context, connector.open(authority, begun + ample, evidence));
  EXPECT_LT(SteadyClock::now() - begun, 200ms);
  if (!stream) {
    Evidence later;
    EXPECT_EQ(reason_of(run_task(context, connector.open(authority, begun + ample, later))), "cancelled");
  }
  return reason_of(stream);
}

TEST(Cancel, EndsALookUp) {
  const DnsServer silent([](const DnsQuestion&) { return std::string(); });
  net::ConnectSettings settings;
  settings.name_servers = {silent.address()};
  EXPECT_EQ(reason_when_cancelled(settings, {Security::plain, "name.test", 80}), "cancelled");
}

TEST(Cancel, EndsAHandshake) {
  const ScriptedServer server(drain);
  EXPECT_EQ(reason_when_cancelled(settings_for(server.port()), {Security::tls, host_name, server.port()}), "cancelled");
}

TEST(Cancel, EndsAReadAndEveryLaterOperation) {
  for (const Security security : {Security::plain, Security::tls}) {
    TlsServerSpec spec = good_server();
    spec.converse = [](SSL* ssl) {
      char byte = 0;
      while (SSL_read(ssl, &byte, 1) > 0) {
      }
    };
    const ScriptedServer server(security == Security::tls ? tls_behaviour(spec) : ScriptedServer::Behaviour(drain));
    converse(server, security, [](net::Stream& stream, net::Connector& connector) -> net::awaitable<void> {
      const TimePoint begun = SteadyClock::now();
      net::spawn(connector.context(), cancel_at(connector, begun + 50ms));
      EXPECT_EQ(reason_of(co_await read(stream, Phase::message)), "cancelled");
      EXPECT_LT(SteadyClock::now() - begun, 150ms);
      EXPECT_EQ(reason_of(co_await read(stream, Phase::message)), "cancelled");
      EXPECT_EQ(reason_of(co_await write(stream, "x", Phase::message)), "cancelled");
    });
  }
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// The count once it is `expected`, or what it still is after five seconds: the servers' threads close theirs in their
/// own time.
std::size_t settled_descriptors(std::size_t expected) {
  const TimePoint give_up = SteadyClock::now() + 5s;
  while (open_descriptors() != expected && SteadyClock::now() < give_up) std::this_thread::yield();
  return open_descriptors();
}

TEST(Descriptors, NoneIsLeftBehindHoweverAnOpeningEnds) {
  const ScriptedServer silent(drain);
  const ScriptedServer good(tls_behaviour(good_server()));
  const DnsServer no_answer([](const DnsQuestion&) { return std::string(); });
  const DnsServer truncating([](const DnsQuestion& question) {
    return question.transport == DnsTransport::tcp ? std::string()
                                                   : dns_response(question, dns_no_error, {}, Truncated::yes);
  });
  const DeadPort dead;
  const std::size_t before = open_descriptors();
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(open_tls(good).reason(), "open");
    EXPECT_EQ(open_tls(silent, {}, 150ms).reason(), "timeout_tls");
    EXPECT_EQ(open_tls(good, {}).reason(), "tls_untrusted");
    net::ConnectSettings settings;
    settings.resolve = {{host_name, dead.port(), {"127.0.0.1", "127.0.0.2"}}};
    EXPECT_EQ(open_once(settings, {Security::plain, host_name, dead.port()}).reason(), "tcp_refused");
    for (const DnsServer* server : {&no_answer, &truncating}) {
      settings.name_servers = {server->address()};
      EXPECT_EQ(open_once(settings, {Security::plain, "name.test", 80}, 30ms).reason(), "timeout_resolve");
    }
  }
  EXPECT_EQ(settled_descriptors(before), before);
}

TEST(Descriptors, AContextThatGoesAwayTakesItsOpeningsAlong) {
  const ScriptedServer silent(drain);
  const DnsServer no_answer([](const DnsQuestion&) { return std::string(); });
  const std::size_t before = open_descriptors();
  {
    Evidence first;
    Evidence second;
    asio::io_context context;
    net::ConnectSettings settings = settings_for(silent.port());
    settings.name_servers = {no_answer.address()};
    net::Connector connector(context, settings);
    const auto open = [&connector](net::Authority authority, Evidence& evidence) -> net::awaitable<void> {
      co_await connector.open(std::move(authority), SteadyClock::now() + ample, evidence);
    };
    net::spawn(context, open({Security::tls, host_name, silent.port()}, first));
    net::spawn(context, open({Security::plain, "name.test", 80}, second));
    const TimePoint begun = SteadyClock::now();
    context.run_for(50ms);
    EXPECT_LT(SteadyClock::now() - begun, 1s);
  }
  EXPECT_EQ(settled_descriptors(before), before);
}

}  // namespace
}  // namespace wsprobe::test
