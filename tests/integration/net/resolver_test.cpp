// Every way a name server can fail has its own reason, and none costs more than the deadline.
#include <ctime>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "opening.hpp"
#include "support/dns_server.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;

struct Row {
  const char* label;
  DnsServer::Answer answer;
  std::string reason;
  std::string host = "name.test";
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.label; }

Opened look_up(const DnsServer& server, const std::string& host, std::uint16_t port, Duration limit,
               net::AddressFamily family = net::AddressFamily::any) {
  net::ConnectSettings settings;
  settings.name_servers = {server.address()};
  settings.family = family;
  return open_once(std::move(settings), {net::Security::plain, host, port}, limit);
}

DnsServer::Answer code(int response_code) {
  return [response_code](const DnsQuestion& question) { return dns_response(question, response_code); };
}

std::string cname_loop(const DnsQuestion& question) {
  return dns_response(question, dns_no_error,
                      {{question.name, DnsType::cname, "other.test"}, {"other.test", DnsType::cname, question.name}});
}

std::string cut_short(const DnsQuestion& question) {
  const std::string whole = dns_addresses(question, {"127.0.0.1"}, {"::1"});
  return whole.substr(0, whole.size() - 7);
}

std::string truncated_and_silent(const DnsQuestion& question) {
  if (question.transport == DnsTransport::tcp) return {};
  return dns_response(question, dns_no_error, {}, Truncated::yes);
}

std::string of_another_query(const DnsQuestion& question) {
  std::string answer = dns_addresses(question, {"127.0.0.1"}, {"::1"});
  answer[0] = static_cast<char>(~answer[0]);
  return answer;
}

std::string silence(const DnsQuestion&) { return {}; }

class NameServerFails : public testing::TestWithParam<Row> {};

TEST_P(NameServerFails, WithItsOwnReasonInTime) {
  const Row& row = GetParam();
  const DnsServer server(row.answer);
  const bool times_out = row.reason == "timeout_resolve";
  const Duration limit = times_out ? Duration(400ms) : Duration(ample);
  const std::clock_t before = std::clock();
  const Opened opened = look_up(server, row.host, 9, limit);
  EXPECT_EQ(opened.reason(), row.reason) << opened.detail();
  EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 0.1) << "waiting costs nothing";
  EXPECT_LT(opened.took, times_out ? limit + 100ms : Duration(2s));
  ASSERT_FALSE(opened.stream);
  EXPECT_EQ(opened.stream.error().phase, Phase::resolve);
  EXPECT_NE(opened.detail().find(row.host.substr(0, 20)), std::string::npos) << opened.detail();
}

INSTANTIATE_TEST_SUITE_P(Answers, NameServerFails,
                         testing::Values(Row{"nxdomain", code(dns_name_error), "dns_not_found"},
                                         Row{"servfail", code(dns_server_failure), "dns_server_failure"},
                                         Row{"refused", code(dns_query_refused), "dns_refused"},
                                         Row{"not_implemented", code(dns_not_implemented), "dns_malformed"},
                                         Row{"form_error", code(dns_form_error), "dns_malformed"},
                                         Row{"no_records", code(dns_no_error), "dns_no_address"},
                                         Row{"cname_loop", cname_loop, "dns_no_address"},
                                         Row{"cut_short", cut_short, "dns_malformed"},
                                         Row{"silence", silence, "timeout_resolve"},
                                         Row{"truncated_and_silent", truncated_and_silent, "timeout_resolve"},
                                         Row{"of_another_query", of_another_query, "timeout_resolve"},
                                         Row{"empty_label", silence, "dns_bad_name", "name..test"},
                                         Row{"long_label", silence, "dns_bad_name", std::string(64, 'a') + ".test"}),
                         [](const auto& row) { return row.param.label; });

TEST(Resolver, TellsThatNoNameServerListens) {
  const DeadPort dead;
  net::ConnectSettings settings;
  settings.name_servers = {fmt::format("127.0.0.1:{}", dead.port())};
  const Opened opened = open_once(settings, {net::Security::plain, "name.test", 9});
  EXPECT_EQ(opened.reason(), "dns_unreachable") << opened.detail();
  EXPECT_LT(opened.took, 2s);
}

TEST(Resolver, AsksTheNextServerWhenOneFails) {
  const ScriptedServer target(drain);
  const DnsServer broken(code(dns_server_failure));
  const DnsServer working([](const DnsQuestion& question) { return dns_addresses(question, {"127.0.0.1"}, {}); });
  net::ConnectSettings settings;
  settings.name_servers = {broken.address(), working.address()};
  const Opened opened = open_once(settings, {net::Security::plain, "name.test", target.port()});
  EXPECT_EQ(opened.reason(), "open") << opened.detail();
  EXPECT_LT(opened.took, 2s);
}

TEST(Resolver, ConnectsToWhatItFound) {
  const ScriptedServer target(drain);
  const DnsServer server([](const DnsQuestion& question) { return dns_addresses(question, {"127.0.0.1"}, {}); });
  const Opened opened = look_up(server, "name.test", target.port(), ample);
  EXPECT_EQ(opened.reason(), "open") << opened.detail();
  EXPECT_EQ(opened.evidence.resolved, std::vector{fmt::format("127.0.0.1:{}", target.port())});
  EXPECT_EQ(opened.evidence.address, opened.evidence.resolved.front());
  EXPECT_TRUE(opened.evidence.times.duration(Phase::resolve));
}

TEST(Resolver, FollowsACname) {
  const ScriptedServer target(drain);
  const DnsServer server([](const DnsQuestion& question) {
    if (question.type != DnsType::a) return dns_response(question, dns_no_error);
    return dns_response(question, dns_no_error,
                        {{question.name, DnsType::cname, "real.test"}, {"real.test", DnsType::a, "127.0.0.1"}});
  });
  EXPECT_EQ(look_up(server, "name.test", target.port(), ample).reason(), "open");
}

TEST(Resolver, TakesATruncatedAnswerOverTcp) {
  const ScriptedServer target(drain);
  const DnsServer server([](const DnsQuestion& question) {
    if (question.transport == DnsTransport::udp) return dns_response(question, dns_no_error, {}, Truncated::yes);
    return dns_addresses(question, {"127.0.0.1"}, {});
  });
  EXPECT_EQ(look_up(server, "name.test", target.port(), ample).reason(), "open");
}

TEST(Resolver, OneFamilyFailingDoesNotHideTheOther) {
  const ScriptedServer target(drain);
  const DnsServer server([](const DnsQuestion& question) {
    if (question.type == DnsType::aaaa) return dns_response(question, dns_server_failure);
    return dns_addresses(question, {"127.0.0.1"}, {});
  });
  EXPECT_EQ(look_up(server, "name.test", target.port(), ample).reason(), "open");
}

TEST(Resolver, OneFamilySilentDelaysTheOtherOnlyALittle) {
  const ScriptedServer target(drain);
  const DnsServer server([](const DnsQuestion& question) {
    return question.type == DnsType::aaaa ? std::string() : dns_addresses(question, {"127.0.0.1"}, {});
  });
  const Opened opened = look_up(server, "name.test", target.port(), ample);
  EXPECT_EQ(opened.reason(), "open") << opened.detail();
  EXPECT_LT(opened.took, 1s);
}

TEST(Resolver, AsksOnlyForTheWantedFamily) {
  const DnsServer server([](const DnsQuestion& question) { return dns_addresses(question, {}, {"::1"}); });
  const Opened opened = look_up(server, "name.test", 9, ample, net::AddressFamily::ipv4);
  EXPECT_EQ(opened.reason(), "dns_no_address") << opened.detail();
  for (const DnsQuestion& question : server.questions()) EXPECT_EQ(question.type, DnsType::a);
}

TEST(Resolver, TriesAtMostSixteenAddresses) {
  const DnsServer server([](const DnsQuestion& question) {
    std::vector<std::string> many;
    for (int at = 1; at <= 40; ++at) many.push_back(fmt::format("127.0.0.{}", at));
    return dns_addresses(question, many, {});
  });
  const DeadPort dead;
  EXPECT_EQ(look_up(server, "name.test", dead.port(), ample).evidence.resolved.size(), 16U);
}

TEST(Resolver, AnEqualShareOfBothFamiliesIsTried) {
  const DnsServer server([](const DnsQuestion& question) {
    return dns_addresses(question, {"127.0.0.1", "127.0.0.2"}, {"::1", "::2"});
  });
  const DeadPort dead;
  const Opened opened = look_up(server, "name.test", dead.port(), ample);
  const auto& resolved = opened.evidence.resolved;
  ASSERT_EQ(resolved.size(), 4U);
  for (std::size_t at = 1; at < resolved.size(); ++at) {
    EXPECT_NE(resolved[at].front() == '[', resolved[at - 1].front() == '[') << resolved[at];
  }
}

TEST(Resolver, KnowsLocalhostWithoutAsking) {
  const ScriptedServer target(drain);
  const DnsServer server(silence);
  EXPECT_EQ(look_up(server, "localhost", target.port(), ample).reason(), "open");
  EXPECT_TRUE(server.questions().empty());
}

TEST(Resolver, KnowsNamesBelowLocalhostAndNoOthers) {
  const ScriptedServer target(drain);
  const DnsServer server(code(dns_name_error));
  for (const char* host : {"LOCALHOST", "localhost.", "api.localhost", "api.Localhost."}) {
    EXPECT_EQ(look_up(server, host, target.port(), ample).reason(), "open") << host;
  }
  EXPECT_TRUE(server.questions().empty());
  for (const char* host : {"notlocalhost", "localhost.test", "ocalhost"}) {
    EXPECT_EQ(look_up(server, host, target.port(), ample).reason(), "dns_not_found") << host;
  }
}

TEST(Resolver, LocalhostIsOfTheFamilyThatIsWanted) {
  const ScriptedServer target(drain);
  const DnsServer server(silence);
  const Opened ipv4 = look_up(server, "localhost", target.port(), ample, net::AddressFamily::ipv4);
  EXPECT_EQ(ipv4.evidence.resolved, std::vector{fmt::format("127.0.0.1:{}", target.port())});
  const Opened ipv6 = look_up(server, "localhost", target.port(), ample, net::AddressFamily::ipv6);
  EXPECT_EQ(ipv6.evidence.resolved, std::vector{fmt::format("[::1]:{}", target.port())});
  const Opened any = look_up(server, "localhost", target.port(), ample);
  EXPECT_EQ(any.evidence.resolved.size(), 2U);
}

TEST(Resolver, ANumericAddressIsNotAskedFor) {
  const ScriptedServer target(drain);
  const DnsServer server(silence);
  EXPECT_EQ(look_up(server, "127.0.0.1", target.port(), ample).reason(), "open");
  EXPECT_TRUE(server.questions().empty());
}

}  // namespace
}  // namespace wsprobe::test
