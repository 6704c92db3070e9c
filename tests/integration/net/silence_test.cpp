// A whole opening has one deadline, whatever part of it is slow.
#include <gtest/gtest.h>

#include "opening.hpp"
#include "support/dns_server.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, IsSharedByAllPhases) {
  const ScriptedServer silent(drain);
  const DnsServer slow([](const DnsQuestion& question) {
    std::this_thread::sleep_for(120ms);  // the peer's slowness, not the test's patience
    return dns_addresses(question, {"127.0.0.1"}, {});
  });
  net::ConnectSettings settings;
  settings.name_servers = {slow.address()};
  settings.family = net::AddressFamily::ipv4;
  const Opened opened = open_once(settings, {net::Security::tls, "name.test", silent.port()}, 300ms);
  EXPECT_EQ(opened.reason(), "timeout_tls");
  EXPECT_GE(opened.took, 300ms);
  EXPECT_LT(opened.took, 400ms);
  EXPECT_GE(*opened.evidence.times.duration(Phase::resolve), 120ms);
  EXPECT_LT(*opened.evidence.times.duration(Phase::tls), 200ms);
}

TEST(Deadline, ThatHasPassedEndsAtOnce) {
  const ScriptedServer silent(drain);
  const Opened opened = open_once({}, {net::Security::plain, "127.0.0.1", silent.port()}, -1s);
  EXPECT_EQ(opened.reason(), "timeout_connect");
  EXPECT_LT(opened.took, 100ms);
}

}  // namespace
}  // namespace wsprobe::test
