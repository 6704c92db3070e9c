// The same upgrade asked elsewhere: at every address of the name, and at each hop between the edge and the application.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/run.hpp"
#include "peer.hpp"
#include "support/certificates.hpp"
#include "support/run_task.hpp"
#include "support/scripted_server.hpp"
#include "support/tls_server.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

constexpr const char* host = "edge.test";

/// Two peers on one port of two loopback addresses, as one name has them.
struct Nodes {
  Nodes(asio::io_context& context, Peer::Answer first, Peer::Answer second)
      : one(context, std::move(first)), two(context, std::move(second), "127.0.0.2", one.port()) {}
  Peer one;
  Peer two;
  [[nodiscard]] std::string address_of_two() const { return "127.0.0.2:" + std::to_string(two.port()); }
};

net::ConnectSettings at_two_addresses(std::uint16_t port) {
  net::ConnectSettings settings;
  settings.resolve = {{host, port, {"127.0.0.1", "127.0.0.2"}}};
  return settings;
}

Report run_at_all_addresses(asio::io_context& context, const Nodes& nodes) {
  scenario::Scenario scenario = scenario_with_token(nodes.one.url());
  scenario.edge.host = host;
  scenario.resolve = scenario::Resolve::all;
  net::Connector connector(context, at_two_addresses(nodes.one.port()));
  return run_task(context, engine::run_scenario(connector, scenario, {}));
}

std::vector<std::string> facts_of(const Report& report) {
  std::vector<std::string> facts;
  for (const SupportingFact& reason : report.verdict.reasons) facts.push_back(reason.fact);
  return facts;
}

std::size_t asked_elsewhere(const Report& report) {
  return static_cast<std::size_t>(
      std::count_if(report.experiments.begin(), report.experiments.end(),
                    [](const StepReport& made) { return made.experiment == ExperimentKind::other_address; }));
}

TEST(EveryAddress, IsAskedAndTheOneThatFailsIsNamed) {
  asio::io_context context(1);
  const Nodes nodes(context, well, [](const std::string&) { return with_status("502 Bad Gateway"); });
  const Report report = run_at_all_addresses(context, nodes);
  EXPECT_EQ(asked_elsewhere(report), 1U);
  EXPECT_FALSE(report.pass);
  EXPECT_NE(report.verdict.cause, Cause(CauseId::healthy));
  EXPECT_THAT(report.verdict.summary, HasSubstr("1 of 2 addresses"));
  EXPECT_THAT(report.verdict.summary, HasSubstr(nodes.address_of_two()));
  EXPECT_THAT(facts_of(report), Contains(HasSubstr(nodes.address_of_two() + " answers the upgrade with 502")));
}

TEST(EveryAddress, ThatAnswersAlikeIsSaidToDoSo) {
  asio::io_context context(1);
  const Nodes nodes(context, well, well);
  const Report report = run_at_all_addresses(context, nodes);
  EXPECT_EQ(asked_elsewhere(report), 1U);
  EXPECT_TRUE(report.pass) << report.verdict.summary;
  EXPECT_EQ(report.verdict.cause, Cause(CauseId::healthy));
  EXPECT_THAT(facts_of(report), Contains("all 2 addresses of the name answer alike"));
}

TEST(EveryAddress, WhereOnlyTheFirstIsSickTheOthersAreNamed) {
  asio::io_context context(1);
  const Nodes nodes(
      context, [](const std::string&) { return with_status("502 Bad Gateway"); }, well);
  const Report report = run_at_all_addresses(context, nodes);
  EXPECT_FALSE(report.pass);
  EXPECT_THAT(report.verdict.summary, HasSubstr(nodes.address_of_two() + " accepts the upgrade"));
}

TEST(EveryAddress, IsNotAskedUnlessTheScenarioSaysSo) {
  asio::io_context context(1);
  const Nodes nodes(context, well, well);
  scenario::Scenario scenario = scenario_with_token(nodes.one.url());
  scenario.edge.host = host;
  net::Connector connector(context, at_two_addresses(nodes.one.port()));
  const Report report = run_task(context, engine::run_scenario(connector, scenario, {}));
  EXPECT_EQ(nodes.two.connections, 0U);
  EXPECT_EQ(asked_elsewhere(report), 0U);
}

/// An upgrade that is refused over TLS, by a server with this certificate.
ScriptedServer::Behaviour refusing_with(const Identity& identity) {
  TlsServerSpec spec;
  spec.identity = &identity;
  spec.converse = [](SSL* ssl) {
    char request[4096];
    if (SSL_read(ssl, request, sizeof request) <= 0) return;
    const std::string answer = with_status("403 Forbidden");
    SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
  };
  return tls_behaviour(std::move(spec));
}

TEST(EveryAddress, HasACertificateOfItsOwn) {
  const Identity root = make_identity(authority_named("root"), nullptr);
  CertificateSpec spec = leaf_for(std::string("DNS:") + host);
  const Identity good = make_identity(spec, &root);
  spec.valid_from = -48h;
  spec.valid_until = -24h;
  const Identity expired = make_identity(spec, &root);
  const PemFiles files;
  const ScriptedServer one(refusing_with(good));
  const ScriptedServer two(refusing_with(expired), "127.0.0.2", one.port());

  asio::io_context context(1);
  scenario::Scenario scenario = usual_scenario({"wss", host, one.port(), true, "/", ""});
  scenario.steps = {scenario.steps[2]};  // the invalid credential alone: refused, as it has to be
  scenario.resolve = scenario::Resolve::all;
  scenario.experiments = scenario::Experiments::never;
  net::ConnectSettings settings;
  settings.resolve = {{host, one.port(), {"127.0.0.1", "127.0.0.2"}}};
  settings.tls.ca_file = files.write("root.pem", root.certificate.get());
  net::Connector connector(context, settings);
  const Report report = run_task(context, engine::run_scenario(connector, scenario, {}));
  ASSERT_EQ(asked_elsewhere(report), 1U);
  EXPECT_FALSE(report.pass);
  const StepReport& elsewhere = report.experiments.back();
  EXPECT_TRUE(std::holds_alternative<Failed>(elsewhere.outcome));
  EXPECT_THAT(report.verdict.summary, HasSubstr("127.0.0.2"));
}

TEST(EveryHop, IsAskedAndTheOneWhereTheAnswersPartIsNamed) {
  asio::io_context context(1);
  const auto refuse = [](const std::string&) { return with_status("403 Forbidden"); };
  Peer edge(context, refuse);
  Peer outer(context, refuse);
  Peer inner(context, well);
  Peer application(context, well);
  scenario::Scenario scenario = usual_scenario(edge.url());
  scenario.hops = {outer.url(), inner.url()};
  scenario.direct = application.url();
  net::Connector connector(context, {});
  const Report report = run_task(context, engine::run_scenario(connector, scenario, {}));
  std::vector<std::size_t> hops;
  for (const StepReport& made : report.experiments) {
    if (made.hop) hops.push_back(*made.hop);
  }
  EXPECT_THAT(hops, testing::ElementsAre(0U, 1U));
  EXPECT_LE(report.experiments.size(), 12U);
  EXPECT_THAT(report.verdict.summary, HasSubstr("127.0.0.1:" + std::to_string(outer.port()) + " (403) and 127.0.0.1:" +
                                                std::to_string(inner.port()) + " (accepted)"));
}

TEST(EveryHop, OutOfReachIsNotTakenForAnAnswer) {
  asio::io_context context(1);
  const auto refuse = [](const std::string&) { return with_status("403 Forbidden"); };
  Peer edge(context, refuse);
  const DeadPort dead;
  Peer application(context, well);
  scenario::Scenario scenario = usual_scenario(edge.url());
  scenario.hops = {{"ws", "127.0.0.1", dead.port(), true, "/", ""}};
  scenario.direct = application.url();
  net::Connector connector(context, {});
  const Report report = run_task(context, engine::run_scenario(connector, scenario, {}));
  EXPECT_THAT(report.verdict.summary, HasSubstr("the answers part between the edge (403) and"));
  EXPECT_THAT(report.verdict.summary, HasSubstr("or at a hop that could not be reached from here"));
  EXPECT_THAT(facts_of(report), Contains(HasSubstr("out of reach from here")));
}

}  // namespace
}  // namespace wsprobe::test
