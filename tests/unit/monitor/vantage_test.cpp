#include "monitor/vantage.hpp"

#include <gtest/gtest.h>

namespace wsprobe::monitor {
namespace {

constexpr const char* ipv4_titles = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n";

Report failed(std::initializer_list<Reason> reasons) {
  Report report;
  for (const Reason reason : reasons) {
    StepReport step;
    step.outcome = Failed{make_error(Phase::connect, reason)};
    step.verdict.emplace();
    report.steps.push_back(std::move(step));
  }
  report.verdict.cause = Cause::transport(*reasons.begin());
  return report;
}

TEST(Vantage, ARunThatReachedNobodyNeverArrived) {
  EXPECT_TRUE(never_arrived(failed({Reason::timeout_connect, Reason::timeout_resolve})));
  EXPECT_TRUE(never_arrived(failed({Reason::tcp_unreachable})));
  EXPECT_TRUE(never_arrived(failed({Reason::dns_unreachable})));
}

TEST(Vantage, AnAnswerIsAnArrival) {
  EXPECT_FALSE(never_arrived(failed({Reason::tcp_refused})));
  EXPECT_FALSE(never_arrived(failed({Reason::dns_not_found})));
  EXPECT_FALSE(never_arrived(failed({Reason::tls_expired})));
  EXPECT_FALSE(never_arrived(failed({Reason::timeout_connect, Reason::timeout_first_byte})));
  EXPECT_FALSE(never_arrived(failed({Reason::out_of_descriptors})));
  EXPECT_FALSE(never_arrived(Report{}));
  Report refused = failed({Reason::timeout_connect});
  refused.steps[0].outcome = Rejected{};
  EXPECT_FALSE(never_arrived(refused));
}

TEST(Vantage, TheLoopbackIsNotTheNetwork) {
  for (const std::string address : {"127.0.0.1", "127.8.0.9", "::1", "::ffff:127.0.0.1"}) {
    Report report = failed({Reason::timeout_connect});
    report.steps[0].evidence.resolved = {address};
    EXPECT_FALSE(never_arrived(report)) << address;
    report.steps[0].evidence.resolved.emplace_back("192.0.2.7");
    EXPECT_TRUE(never_arrived(report)) << address;
  }
}

TEST(Vantage, TakesTheBlameAndKeepsTheCause) {
  Report report = failed({Reason::timeout_connect});
  blame_vantage(report, Standing::not_suspect);
  EXPECT_EQ(report.verdict.fault, Fault::undetermined);
  blame_vantage(report, Standing::no_route);
  EXPECT_EQ(report.verdict.fault, Fault::client);
  EXPECT_EQ(report.verdict.emitter, Emitter::none);
  EXPECT_EQ(report.verdict.cause, Cause::transport(Reason::timeout_connect));
  EXPECT_FALSE(report.verdict.reasons.empty());
  EXPECT_EQ(report.steps[0].verdict->fault, Fault::client);
  blame_vantage(report, Standing::cut_off);
  EXPECT_EQ(report.verdict.fault, Fault::network);
}

TEST(Route, IsAWayOutOfThisMachine) {
  const std::string titles = ipv4_titles;
  EXPECT_TRUE(has_route(titles + "eth0\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\n", ""));
  EXPECT_TRUE(has_route(titles + "eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\n", ""));
  EXPECT_FALSE(has_route(titles, ""));
  EXPECT_FALSE(has_route(titles + "lo\t0000007F\t00000000\t0001\t0\t0\t0\t000000FF\n", ""));
  EXPECT_FALSE(has_route(titles + "eth0\t00000000\t010012AC\t0002\t0\t0\t0\t00000000\n", ""))
      << "the interface is down";
}

TEST(Route, MayBeOfIpv6) {
  const std::string nowhere(32, '0');
  const std::string none =
      nowhere + " 00 " + nowhere + " 00 " + nowhere + " ffffffff 00000001 00000000 00200200       lo\n";
  const std::string there = nowhere + " 00 " + nowhere +
                            " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth0\n";
  EXPECT_FALSE(has_route(ipv4_titles, none));
  EXPECT_TRUE(has_route(ipv4_titles, none + there));
}

TEST(Route, IsAssumedWhereTheTablesCannotBeRead) { EXPECT_TRUE(has_route("", "")); }

}  // namespace
}  // namespace wsprobe::monitor
