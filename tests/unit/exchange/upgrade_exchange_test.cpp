#include "exchange/upgrade_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/exchange/exchange_support.hpp"

namespace wsprobe::exchange::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

TEST(UpgradeExchange, SendsTheHandshakeInOneWrite) {
  WebSocketServer server;
  Peer peer = serving(server);
  const ExchangeResult result = run_upgrade(peer);
  EXPECT_EQ(ending_of(result.outcome), "completed");
  const std::string key = wsprobe::test::field_of(server.request, "Sec-WebSocket-Key");
  EXPECT_EQ(server.request,
            "GET /api/ws?token=s3cr3t HTTP/1.1\r\nHost: edge.test\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                key + "\r\nUser-Agent: " + user_agent() + "\r\n\r\n");
  EXPECT_THAT(key, MatchesRegex("[A-Za-z0-9+/]{22}=="));
  EXPECT_EQ(peer.operations, 5U) << "open, write the request, read the 101, write the close frame, read its echo";
}

TEST(UpgradeExchange, EveryHandshakeHasAKeyOfItsOwn) {
  WebSocketServer first;
  WebSocketServer second;
  Peer first_peer = serving(first);
  Peer second_peer = serving(second);
  run_upgrade(first_peer);
  run_upgrade(second_peer);
  EXPECT_NE(wsprobe::test::field_of(first.request, "Sec-WebSocket-Key"),
            wsprobe::test::field_of(second.request, "Sec-WebSocket-Key"));
}

TEST(UpgradeExchange, GivenFieldsFollowTheHandshake) {
  WebSocketServer server;
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.fields = {{"Origin", "https://app.test"}, {"User-Agent", "browser"}};
  spec.websocket_version = "99";
  run_upgrade(peer, std::move(spec));
  EXPECT_THAT(server.request, HasSubstr("\r\nOrigin: https://app.test\r\nUser-Agent: browser\r\n\r\n"));
  EXPECT_THAT(server.request, HasSubstr("\r\nSec-WebSocket-Version: 99\r\n"));
}

TEST(UpgradeExchange, TheRequestIsShownWithoutItsSecrets) {
  WebSocketServer server;
  server.handshake =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: lab.v1\r\n\r\n";
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  Text token;
  token.append(std::make_shared<const Secret>("valid", "s3cr3t"));
  spec.subprotocols = {Text("lab.v1"), token};
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_EQ(result.evidence.session->subprotocol, "lab.v1");
  EXPECT_EQ(wsprobe::test::field_of(server.request, "Sec-WebSocket-Protocol"), "lab.v1, s3cr3t");
  const RequestFacts& request = result.evidence.request;
  EXPECT_TRUE(request.upgrade);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "ws://edge.test/api/ws?token=${valid}");
  for (const HeaderField& field : request.fields) EXPECT_THAT(field.value, testing::Not(HasSubstr("s3cr3t")));
}

TEST(UpgradeExchange, AnotherResponseRejectsAndIsKept) {
  for (const char* status :
       {"200 OK", "301 Moved Permanently", "400 Bad Request", "403 ", "426 Upgrade Required", "502 Bad Gateway"}) {
    Peer peer = answering(std::string("HTTP/1.1 ") + status + "\r\nX: y\r\nContent-Length: 2\r\n\r\nno");
    const ExchangeResult result = run_upgrade(peer);
    EXPECT_EQ(ending_of(result.outcome), "rejected by response") << status;
    ASSERT_TRUE(result.evidence.response);
    EXPECT_EQ(result.evidence.response->head.status, std::stoi(status));
    EXPECT_EQ(result.evidence.response->body, "no");
    EXPECT_FALSE(result.evidence.session);
    EXPECT_FALSE(result.evidence.times.duration(Phase::upgrade));
  }
}

TEST(UpgradeExchange, InterimResponsesBeforeTheSwitchAreNoted) {
  WebSocketServer server;
  server.handshake = std::string("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n") + wsprobe::test::polite_handshake;
  Peer peer = serving(server);
  const ExchangeResult result = run_upgrade(peer);
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_THAT(result.evidence.response->interim_statuses, testing::ElementsAre(103));
}

TEST(UpgradeExchange, TimesEveryPhaseWithoutAGap) {
  WebSocketServer server;
  Peer peer = serving(server);
  const ExchangeResult result = run_upgrade(peer, upgrade_with_session());
  EXPECT_EQ(ending_of(result.outcome), "completed");
  for (const Phase phase : {Phase::connect, Phase::request, Phase::first_byte, Phase::response, Phase::upgrade,
                            Phase::message, Phase::close}) {
    EXPECT_TRUE(result.evidence.times.duration(phase)) << name(phase);
  }
}

TEST(UpgradeExchange, ARequestThatWouldBreakTheMessageIsNotSent) {
  Peer peer;
  UpgradeSpec spec = upgrade();
  spec.target.path = "/api ws";
  EXPECT_EQ(ending_of(run_upgrade(peer, std::move(spec)).outcome), "request bad_configuration");
  EXPECT_EQ(peer.operations, 0U);
}

}  // namespace
}  // namespace wsprobe::exchange::test
