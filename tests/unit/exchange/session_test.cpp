#include "exchange/session.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/tasks.hpp"
#include "unit/exchange/exchange_support.hpp"

namespace wsprobe::exchange::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using wsprobe::test::close_frame;
using wsprobe::test::frame;

using std::chrono::milliseconds;

const CloseFacts& close_of(const ExchangeResult& result) { return result.evidence.session->close.value(); }

TEST(Session, MessagesPingsHoldAndClose) {
  WebSocketServer server;
  Peer peer = serving(server);
  const ExchangeResult result = run_upgrade(peer, upgrade_with_session());
  EXPECT_EQ(ending_of(result.outcome), "completed");
  const SessionFacts& session = *result.evidence.session;
  ASSERT_THAT(session.messages, SizeIs(1));
  EXPECT_EQ(session.messages[0].sent, "hello");
  EXPECT_EQ(session.messages[0].received, "echo hello");
  EXPECT_TRUE(session.messages[0].matched);
  EXPECT_EQ(session.pings_sent, 2);
  EXPECT_THAT(session.ping_round_trips, SizeIs(2));
  EXPECT_EQ(session.frames_received, 4U);
  EXPECT_GT(session.bytes_received, 0U);
  EXPECT_GT(session.open_for, Duration::zero());
  EXPECT_EQ(server.close_received, 1000);
  EXPECT_EQ(close_of(result).first, CloseFacts::By::us);
  EXPECT_EQ(close_of(result).code, 1000);
  EXPECT_TRUE(close_of(result).echoed);
}

TEST(Session, ClosesWithTheCodeAskedFor) {
  WebSocketServer server;
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.close_code = 4000;
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(server.close_received, 4000);
  EXPECT_EQ(ending_of(result.outcome), "completed") << "an echo of our own code refuses nothing";
  EXPECT_EQ(close_of(result).first, CloseFacts::By::us);
}

TEST(Session, SecretsAreSentAndShownByTheirName) {
  WebSocketServer server;
  std::string got;
  server.on_frame = [&got](Opcode opcode, const std::string& payload) {
    if (opcode == Opcode::text) got = payload;
    return opcode == Opcode::text ? frame(Opcode::text, "welcome") : WebSocketServer::polite(opcode, payload);
  };
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  Text login("token=");
  login.append(std::make_shared<const Secret>("valid", "s3cr3t"));
  spec.session.messages.push_back({login, ExpectText{"welcome"}});
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_EQ(got, "token=s3cr3t");
  EXPECT_EQ(result.evidence.session->messages[0].sent, "token=${valid}");
}

TEST(Session, MessagesThatDoNotMatchArePassedOver) {
  WebSocketServer server;
  server.handshake += frame(Opcode::text, "news") + frame(Opcode::binary, "more news");
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.messages.push_back({Text("hello"), ExpectRegex{"^echo"}});
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_EQ(result.evidence.session->messages[0].received, "echo hello");
}

TEST(Session, AnExpectedMessageThatDoesNotComeSaysWhatCameInstead) {
  WebSocketServer server;
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.messages.push_back({Text("hello"), ExpectText{"echo hello"}});
  spec.session.messages.push_back({Text("again"), ExpectText{"something else"}});
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "message timeout_message");
  EXPECT_EQ(std::get<Failed>(result.outcome).error.detail, "message 2 of 2: 1 others came");
  ASSERT_THAT(result.evidence.session->messages, SizeIs(2));
  EXPECT_EQ(result.evidence.session->messages[1].received, "echo again");
  EXPECT_FALSE(result.evidence.session->messages[1].matched);
}

TEST(Session, AMessageMayBeSentWithoutWaiting) {
  WebSocketServer server;
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.messages.push_back({Text("hello"), std::monostate{}});
  EXPECT_EQ(ending_of(run_upgrade(peer, std::move(spec)).outcome), "completed");
}

TEST(Session, AMessageMayBeAwaitedWithoutSending) {
  WebSocketServer server;
  server.handshake += frame(Opcode::text, R"({"type":"welcome"})");
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.messages.push_back({std::nullopt, ExpectJson{{{"/type", R"("welcome")"}}}});
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_EQ(result.evidence.session->messages[0].sent, "");
}

TEST(Session, OfALongMessageOneKibibyteIsKept) {
  WebSocketServer server;
  server.handshake += frame(Opcode::text, std::string(100'000, 'x'));
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.messages.push_back({std::nullopt, ExpectRegex{"x"}});
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_THAT(result.evidence.session->messages[0].received, SizeIs(1024));
}

TEST(Session, EveryPingHasAPayloadOfItsOwn) {
  WebSocketServer server;
  std::set<std::string> payloads;
  server.on_frame = [&payloads](Opcode opcode, const std::string& payload) {
    if (opcode == Opcode::ping) payloads.insert(payload);
    return WebSocketServer::polite(opcode, payload);
  };
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.pings = 10;
  EXPECT_EQ(ending_of(run_upgrade(peer, std::move(spec)).outcome), "completed");
  EXPECT_THAT(payloads, SizeIs(10));
}

TEST(Session, OnlyThePongWithOurPayloadCounts) {
  WebSocketServer server;
  server.handshake += frame(Opcode::pong, "unsolicited");
  server.on_frame = [](Opcode opcode, const std::string& payload) {
    if (opcode != Opcode::ping) return WebSocketServer::polite(opcode, payload);
    return frame(Opcode::pong, "") + frame(Opcode::text, "news") + frame(Opcode::pong, payload);
  };
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.pings = 2;
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_THAT(result.evidence.session->ping_round_trips, SizeIs(2));
}

TEST(Session, AWrongPongIsNoPong) {
  WebSocketServer server;
  server.on_frame = [](Opcode opcode, const std::string& payload) {
    return opcode == Opcode::ping ? frame(Opcode::pong, "wrong") : WebSocketServer::polite(opcode, payload);
  };
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.pings = 3;
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "message timeout_message");
  EXPECT_EQ(result.evidence.session->pings_sent, 1);
  EXPECT_THAT(result.evidence.session->ping_round_trips, SizeIs(0));
}

/// What pongs a peer gets that sends these pings together.
std::vector<std::string> pongs_to(const std::vector<std::string>& pings) {
  WebSocketServer server;
  for (const std::string& ping : pings) server.handshake += frame(Opcode::ping, ping);
  std::vector<std::string> pongs;
  server.on_frame = [&pongs](Opcode opcode, const std::string& payload) {
    if (opcode == Opcode::pong) pongs.push_back(payload);
    return WebSocketServer::polite(opcode, payload);
  };
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.hold = milliseconds(50);
  EXPECT_EQ(ending_of(run_upgrade(peer, std::move(spec)).outcome), "completed");
  return pongs;
}

TEST(Session, PingsOfThePeerAreAnsweredTheLatestOfThoseThatCameTogether) {
  EXPECT_THAT(pongs_to({"one", "two"}), testing::ElementsAre("one", "two"));
  std::vector<std::string> pings;
  for (std::size_t ping = 0; ping < 2 * answered_pings; ++ping) pings.push_back(std::to_string(ping));
  const std::vector<std::string> latest(pings.end() - static_cast<std::ptrdiff_t>(answered_pings), pings.end());
  EXPECT_EQ(pongs_to(pings), latest);
}

TEST(Session, APeerThatBreaksTheProtocolIsTold) {
  for (const auto& [bytes, told] : std::vector<std::pair<std::string, std::string>>{
           {frame(Opcode::text, "\xff"), "\x03\xef"}, {std::string("\x83\x00", 2), "\x03\xea"}}) {
    WebSocketServer server;
    server.handshake += bytes;
    std::vector<std::string> closes;
    server.on_frame = [&closes](Opcode opcode, const std::string& payload) {
      if (opcode == Opcode::close) closes.push_back(payload);
      return WebSocketServer::polite(opcode, payload);
    };
    Peer peer = serving(server);
    UpgradeSpec spec = upgrade();
    spec.session.hold = milliseconds(50);
    EXPECT_THAT(ending_of(run_upgrade(peer, std::move(spec)).outcome), testing::StartsWith("message frame_"));
    EXPECT_THAT(closes, testing::ElementsAre(told));
  }
}

TEST(Session, APeerThatDoesNotReadWhatItsPingsMakeUsSendIsNamed) {
  WebSocketServer server;
  server.handshake += frame(Opcode::ping, "one");
  Peer peer = serving(server);
  peer.fail_at = 3;  // open, request, 101 with the ping, pong
  peer.failure = Ending::silence;
  UpgradeSpec spec = upgrade();
  spec.session.hold = milliseconds(50);
  EXPECT_EQ(ending_of(run_upgrade(peer, std::move(spec)).outcome), "message session_output_limit");
}

TEST(Session, AHoldEndsWhenItsTimeIsOver) {
  WebSocketServer server;
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.hold = milliseconds(50);
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_EQ(server.close_received, 1000);
}

TEST(Session, AHoldThatTheDeadlineCutsIsNoHold) {
  WebSocketServer server;
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.hold = std::chrono::hours(1);
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "message timeout_message");
  EXPECT_EQ(std::get<Failed>(result.outcome).error.origin, Origin::local);
}

TEST(Session, TheCompanyOfAHoldRunsWhileTheSocketIsOpen) {
  for (const milliseconds hold : {milliseconds(0), milliseconds(50)}) {
    WebSocketServer server;
    Peer peer = serving(server);
    UpgradeSpec spec = upgrade();
    spec.session.hold = hold;
    int runs = 0;
    int streams = 0;
    spec.while_held = [&]() -> net::awaitable<void> {
      ++runs;
      co_await net::wait_until(SteadyClock::now() + milliseconds(1));
      streams = peer.streams;
      EXPECT_FALSE(server.close_received);
    };
    EXPECT_EQ(ending_of(run_upgrade(peer, std::move(spec)).outcome), "completed");
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(streams, 1);
    EXPECT_EQ(server.close_received, 1000);
  }
}

TEST(Session, TheCompanyIsNotCalledWhenTheSessionFailsBefore) {
  WebSocketServer server;
  server.on_frame = [](Opcode, const std::string&) { return close_frame(4401); };
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade_with_session();
  spec.while_held = []() -> net::awaitable<void> {
    ADD_FAILURE() << "nothing is held";
    co_return;
  };
  EXPECT_EQ(ending_of(run_upgrade(peer, std::move(spec)).outcome), "rejected by close");
}

TEST(Session, ARefusalAfterTheAcceptIsFoundThoughNothingIsAsked) {
  WebSocketServer server;
  server.handshake += close_frame(4401, "bad token");
  server.on_frame = WebSocketServer::never_closing;
  Peer peer = serving(server);
  const ExchangeResult result = run_upgrade(peer);
  EXPECT_EQ(ending_of(result.outcome), "rejected by close");
  EXPECT_EQ(close_of(result).first, CloseFacts::By::peer);
  EXPECT_EQ(close_of(result).code, 4401);
  EXPECT_EQ(close_of(result).reason, "bad token");
  EXPECT_TRUE(close_of(result).echoed);
}

TEST(Session, TheCloseOfThePeerIsAnsweredWithItsCode) {
  WebSocketServer server;
  server.handshake += close_frame(1008);
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.pings = 1;
  peer.fail_at = 3;  // the ping: the peer has gone, what it said is still there
  EXPECT_EQ(ending_of(run_upgrade(peer, spec).outcome), "rejected by close");

  Peer patient = serving(server = WebSocketServer());
  server.handshake += close_frame(1008);
  server.on_frame = WebSocketServer::never_closing;
  spec.session.pings = 0;
  spec.session.hold = milliseconds(50);
  const ExchangeResult result = run_upgrade(patient, spec);
  EXPECT_EQ(ending_of(result.outcome), "rejected by close");
  EXPECT_EQ(server.close_received, 1008);
  EXPECT_TRUE(close_of(result).echoed);
}

TEST(Session, APoliteCloseBeforeTheEndIsEarly) {
  WebSocketServer server;
  server.handshake += close_frame(1001, "going away");
  Peer peer = serving(server);
  UpgradeSpec spec = upgrade();
  spec.session.hold = milliseconds(50);
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "message closed_early");
  EXPECT_THAT(std::get<Failed>(result.outcome).error.detail, HasSubstr("1001"));
  EXPECT_EQ(close_of(result).code, 1001);
}

TEST(Refuses, AreTheCodesOfRefusals) {
  std::set<int> refusing;
  for (int code = 0; code < 6000; ++code) {
    if (refuses(code)) refusing.insert(code);
  }
  std::set<int> expected{1002, 1003, 1007, 1008, 1011, 1012, 1013, 1014};
  for (int code = 3000; code < 5000; ++code) expected.insert(code);
  EXPECT_EQ(refusing, expected);
}

}  // namespace
}  // namespace wsprobe::exchange::test
