// Addresses, overrides and what each failed attempt leaves behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>

#include "net/socket.hpp"
#include "opening.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using net::Security;
using testing::HasSubstr;

TEST(Connect, RefusedNamesTheAddress) {
  const DeadPort dead;
  const Opened opened = open_once({}, {Security::plain, "127.0.0.1", dead.port()});
  EXPECT_EQ(opened.reason(), "tcp_refused");
  EXPECT_THAT(opened.detail(), HasSubstr(fmt::format("127.0.0.1:{}", dead.port())));
  ASSERT_EQ(opened.evidence.attempts.size(), 1U);
  EXPECT_EQ(opened.evidence.attempts[0].error.reason, Reason::tcp_refused);
  EXPECT_EQ(opened.evidence.address, "");
}

TEST(Connect, ADeadFirstAddressCostsNothing) {
  // Addresses of its own: elsewhere another test may listen on the same port by chance.
  const ScriptedServer target(drain, "127.0.73.2");
  net::ConnectSettings settings;
  settings.resolve = {{host_name, target.port(), {"127.0.73.1", "127.0.73.3", "127.0.73.2"}}};
  const Opened opened = open_once(settings, {Security::plain, host_name, target.port()});
  EXPECT_EQ(opened.reason(), "open") << opened.detail();
  EXPECT_EQ(opened.evidence.address, fmt::format("127.0.73.2:{}", target.port()));
  ASSERT_EQ(opened.evidence.attempts.size(), 2U);
  EXPECT_EQ(opened.evidence.attempts[0].address, fmt::format("127.0.73.1:{}", target.port()));
  EXPECT_EQ(opened.evidence.attempts[1].address, fmt::format("127.0.73.3:{}", target.port()));
  EXPECT_LT(opened.took, 200ms);
}

TEST(Connect, AllDeadTellsEach) {
  const DeadPort dead("127.0.0.1");
  net::ConnectSettings settings;
  settings.resolve = {{host_name, dead.port(), {"127.0.0.1", "127.0.0.2"}}};
  const Opened opened = open_once(settings, {Security::plain, host_name, dead.port()});
  EXPECT_EQ(opened.reason(), "tcp_refused");
  EXPECT_EQ(opened.evidence.attempts.size(), 2U);
  EXPECT_THAT(opened.detail(), HasSubstr("127.0.0.1:"));
  EXPECT_THAT(opened.detail(), HasSubstr("127.0.0.2:"));
}

/// A listening socket whose queue is full drops every further SYN, as a firewall does.
class FullQueue {
 public:
  FullQueue() {
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof local;
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(listening_, reinterpret_cast<sockaddr*>(&local), sizeof local);
    ::listen(listening_, 0);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&local), &size);
    port_ = ntohs(local.sin_port);
    for (int& waiting : waiting_) {
      waiting = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(waiting, reinterpret_cast<sockaddr*>(&local), sizeof local);
    }
  }
  ~FullQueue() {
    for (const int waiting : waiting_) ::close(waiting);
    ::close(listening_);
  }
  FullQueue(const FullQueue&) = delete;
  FullQueue& operator=(const FullQueue&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::array<int, 4> waiting_{};
};

TEST(Connect, SilenceEndsAtTheDeadline) {
  const FullQueue full;
  const Opened opened = open_once({}, {Security::plain, "127.0.0.1", full.port()}, 300ms);
  EXPECT_EQ(opened.reason(), "timeout_connect");
  EXPECT_EQ(opened.evidence.attempts.size(), 1U);
  EXPECT_GE(opened.took, 300ms);
  EXPECT_LT(opened.took, 400ms);
}

TEST(Connect, SilenceOfSeveralAddressesIsKeptForEach) {
  const FullQueue full;
  net::ConnectSettings settings;
  settings.resolve = {{host_name, full.port(), {"127.0.0.1", "127.0.0.1"}}};
  const Opened opened = open_once(settings, {Security::plain, host_name, full.port()}, 400ms);
  EXPECT_EQ(opened.reason(), "timeout_connect");
  EXPECT_EQ(opened.evidence.attempts.size(), 2U);
  EXPECT_LT(opened.took, 500ms);
}

TEST(Connect, ASilentAddressIsOvertakenAfterAQuarterOfASecond) {
  const FullQueue full;
  net::ConnectSettings settings;
  settings.resolve = {{host_name, full.port(), {"127.0.0.1", "127.0.0.2"}}};
  const Opened opened = open_once(settings, {Security::plain, host_name, full.port()}, 2s);
  // 127.0.0.2 refuses at once when its turn comes; the first goes on until the deadline.
  EXPECT_EQ(opened.reason(), "tcp_refused");
  ASSERT_EQ(opened.evidence.attempts.size(), 2U);
  EXPECT_EQ(opened.evidence.attempts[0].address, fmt::format("127.0.0.2:{}", full.port()));
  EXPECT_EQ(opened.evidence.attempts[1].error.reason, Reason::timeout_connect);
}

TEST(Connect, TheConnectTimeoutIsInsideTheDeadline) {
  const FullQueue full;
  net::ConnectSettings settings;
  settings.connect_timeout = 200ms;
  const Opened opened = open_once(settings, {Security::plain, "127.0.0.1", full.port()}, 5s);
  EXPECT_EQ(opened.reason(), "timeout_connect");
  EXPECT_LT(opened.took, 300ms);
}

TEST(Connect, NoRouteIsNotHeldAgainstTheOthers) {
  const DeadPort dead;
  net::ConnectSettings settings;
  settings.resolve = {{host_name, dead.port(), {"fe80::1", "127.0.0.1"}}};  // link-local without a zone: no route
  const Opened opened = open_once(settings, {Security::plain, host_name, dead.port()});
  EXPECT_EQ(opened.reason(), "tcp_refused") << opened.detail();
  EXPECT_EQ(opened.evidence.attempts.size(), 2U);
}

TEST(Connect, ResolveOverrideNeedsHostAndPort) {
  const ScriptedServer target(drain);
  net::ConnectSettings settings;
  settings.resolve = {{"Probe.Test", target.port(), {"127.0.0.1"}}};
  EXPECT_EQ(open_once(settings, {Security::plain, host_name, target.port()}).reason(), "open");
  settings.resolve = {{"*", target.port(), {"127.0.0.1"}}};
  EXPECT_EQ(open_once(settings, {Security::plain, host_name, target.port()}).reason(), "open");
  const DeadPort no_name_server;
  settings.name_servers = {fmt::format("127.0.0.1:{}", no_name_server.port())};
  settings.resolve = {{host_name, static_cast<std::uint16_t>(target.port() - 1), {"127.0.0.1"}}};
  EXPECT_EQ(open_once(settings, {Security::plain, host_name, target.port()}).reason(), "dns_unreachable");
}

TEST(Connect, ConnectToRedirectsAndItsEmptyFieldsMeanAny) {
  const ScriptedServer target(drain);
  const auto reason = [&](net::ConnectTo rule) {
    net::ConnectSettings settings;
    settings.connect_to = {std::move(rule)};
    const DeadPort no_name_server;
    settings.name_servers = {fmt::format("127.0.0.1:{}", no_name_server.port())};
    return open_once(settings, {Security::plain, host_name, 80}).reason();
  };
  EXPECT_EQ(reason({host_name, 80, "127.0.0.1", target.port()}), "open");
  EXPECT_EQ(reason({"", 80, "127.0.0.1", target.port()}), "open");
  EXPECT_EQ(reason({"PROBE.test", 0, "127.0.0.1", target.port()}), "open");
  EXPECT_EQ(reason({"", 0, "127.0.0.1", target.port()}), "open");
  EXPECT_EQ(reason({"other.test", 0, "127.0.0.1", target.port()}), "dns_unreachable");
  EXPECT_EQ(reason({"", 81, "127.0.0.1", target.port()}), "dns_unreachable");
}

TEST(Connect, TheFamilyFiltersNumericAddressesToo) {
  const ScriptedServer target(drain);
  net::ConnectSettings settings;
  settings.family = net::AddressFamily::ipv6;
  EXPECT_EQ(open_once(settings, {Security::plain, "127.0.0.1", target.port()}).reason(), "dns_no_address");
  settings.family = net::AddressFamily::ipv4;
  EXPECT_EQ(open_once(settings, {Security::plain, "127.0.0.1", target.port()}).reason(), "open");
}

TEST(Connect, AddressesAreSpelledAsUrlsSpellThem) {
  EXPECT_EQ(net::parse_address("2001:db8::1", 443).to_string(), "[2001:db8::1]:443");
  EXPECT_EQ(net::parse_address("192.0.2.7", 443).to_string(), "192.0.2.7:443");
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "::g", "[::1]", "0x7f.1"}) {
    EXPECT_EQ(net::parse_address(text, 1).length, 0U) << text;
  }
}

}  // namespace
}  // namespace wsprobe::test
