#include "exchange/http2_exchange.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/http2_server.hpp"
#include "support/run_task.hpp"
#include "unit/exchange/exchange_support.hpp"

namespace wsprobe::exchange::test {
namespace {

using testing::HasSubstr;
using wsprobe::test::Http2Server;
using wsprobe::test::run_task;
using wsprobe::test::ScriptedOpener;
using Answer = Http2Server::Answer;

/// As if TLS had been spoken and the peer had chosen this protocol.
class TlsOpener final : public net::Opener {
 public:
  TlsOpener(Peer& peer, std::string alpn) : opener_(peer), alpn_(std::move(alpn)) {}

  net::awaitable<Result<net::StreamPtr>> open(net::Authority authority, Deadline deadline,
                                              Evidence& evidence) override {
    evidence.tls.emplace().alpn = alpn_;
    net::awaitable<Result<net::StreamPtr>> opened = opener_.open(std::move(authority), deadline, evidence);
    co_return co_await std::move(opened);
  }

  [[nodiscard]] const net::Authority& opened() const { return opener_.opened; }

 private:
  ScriptedOpener opener_;
  std::string alpn_;
};

UpgradeSpec spec_of(int pings = 1) {
  UpgradeSpec spec = upgrade();
  spec.target.authority.security = net::Security::tls;
  spec.fields = {{"Origin", "https://app.test"}};
  spec.session.pings = pings;
  return spec;
}

Peer serving(Http2Server& server) {
  Peer peer;
  peer.on_write = [&server](Peer& self, std::string_view written) { self.say(server.serve(written)); };
  return peer;
}

ExchangeResult run(Peer& peer, const std::string& alpn = "h2", UpgradeSpec spec = spec_of(),
                   BeforeAsking before_asking = {}) {
  TlsOpener opener(peer, alpn);
  ExchangeResult result;
  const auto task = [&]() -> net::awaitable<bool> {
    net::awaitable<void> exchange = http2_upgrade_into(
        opener, std::move(spec), SteadyClock::now() + std::chrono::seconds(30), result, before_asking);
    co_await std::move(exchange);
    co_return true;
  };
  run_task(task());
  EXPECT_EQ(opener.opened().protocols, net::Protocols::http_2_and_http_1);
  EXPECT_EQ(peer.streams, 0) << "a stream was left open";
  expect_accounted(result.evidence.times);
  expect_phase_timed(result);
  return result;
}

std::string digest(const ExchangeResult& result) {
  std::string text = digest_of(result);
  if (const auto& http2 = result.evidence.http2) {
    text += fmt::format("; HTTP/2 {} {} \"{}\" \"{}\"", http2->settings, http2->connect_protocol, http2->reset,
                        http2->goaway);
  }
  return text;
}

TEST(Http2Exchange, APeerThatChoosesHttp1IsAskedNothing) {
  for (const std::string alpn : {"http/1.1", ""}) {
    Peer peer;
    const ExchangeResult result = run(peer, alpn);
    EXPECT_EQ(ending_of(result.outcome), "completed");
    EXPECT_FALSE(result.evidence.http2);
    EXPECT_EQ(peer.written, "");
  }
}

TEST(Http2Exchange, APeerThatDoesNotOfferWebSocketIsNotAskedForIt) {
  Http2Server server(false);
  Peer peer = serving(server);
  const ExchangeResult result = run(peer);
  EXPECT_EQ(digest(result), "completed; HTTP/2 true false \"\" \"\"");
  EXPECT_TRUE(server.request.empty());
  EXPECT_FALSE(result.evidence.response);
}

TEST(Http2Exchange, AWebSocketIsOpenedUsedAndClosed) {
  Http2Server server(true);
  Peer peer = serving(server);
  const ExchangeResult result = run(peer);
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_EQ(server.request[":protocol"], "websocket");
  EXPECT_EQ(server.request[":path"], "/api/ws?token=s3cr3t");
  EXPECT_EQ(server.request[":authority"], "edge.test");
  EXPECT_EQ(server.request["origin"], "https://app.test");
  EXPECT_EQ(server.request["sec-websocket-version"], "13");
  EXPECT_EQ(server.request.count("sec-websocket-key"), 0U);
  EXPECT_EQ(server.request["user-agent"], user_agent());
  const Evidence& evidence = result.evidence;
  EXPECT_EQ(evidence.response->head.status_line(), "HTTP/2 200");
  EXPECT_EQ(evidence.session->ping_round_trips.size(), 1U);
  EXPECT_TRUE(evidence.session->close->echoed);
  EXPECT_EQ(evidence.request.method, "CONNECT");
  EXPECT_THAT(evidence.request.url, HasSubstr("token=${valid}"));
}

TEST(Http2Exchange, TheWebSocketIsTheSameHoweverTheBytesAreCut) {
  std::string expected;
  for (const std::size_t largest : {Peer::unlimited, std::size_t{1}, std::size_t{3}, std::size_t{7}}) {
    Http2Server server(true);
    Peer peer = serving(server);
    peer.largest_read = largest;
    const std::string found = digest(run(peer));
    if (expected.empty()) expected = found;
    EXPECT_EQ(found, expected) << largest;
  }
}

TEST(Http2Exchange, EveryFailureOfTheConnectionIsAFailureOfItsPhase) {
  const auto make = [](Http2Server& server) {
    Peer peer = serving(server);
    peer.largest_read = 40;
    return peer;
  };
  Http2Server whole(true);
  Peer counted = make(whole);
  run(counted);
  ASSERT_GT(counted.operations, 8U);
  for (const Ending failure : {Ending::reset, Ending::end, Ending::silence, Ending::cancelled}) {
    for (std::size_t at = 0; at < counted.operations; ++at) {
      SCOPED_TRACE(fmt::format("operation {} fails, {}", at, static_cast<int>(failure)));
      Http2Server server(true);
      Peer peer = make(server);
      peer.fail_at = at;
      peer.failure = failure;
      const ExchangeResult result = run(peer);
      const auto* failed = std::get_if<Failed>(&result.outcome);
      // A missing echo of our close frame is no failure of a session that has shown that it works.
      if (failed == nullptr) {
        EXPECT_TRUE(result.evidence.session && !result.evidence.session->ping_round_trips.empty());
      } else if (failure == Ending::cancelled) {
        EXPECT_EQ(failed->error.reason, Reason::cancelled);
      }
    }
  }
}

struct Row {
  std::string name;
  std::function<void(Http2Server&)> make;
  std::string ending;
};

std::vector<Row> rows() {
  return {
      {"refused", [](Http2Server& it) { it.answer = Answer::refuse; }, "rejected by response"},
      {"refused_without_end", [](Http2Server& it) { it.answer = Answer::refuse_without_end; }, "rejected by response"},
      {"reset", [](Http2Server& it) { it.answer = Answer::reset; }, "first_byte http2_reset"},
      {"goaway", [](Http2Server& it) { it.answer = Answer::goaway; }, "first_byte http2_goaway"},
      {"silent", [](Http2Server& it) { it.answer = Answer::nothing; }, "first_byte timeout_first_byte"},
      {"other_class_2xx", [](Http2Server& it) { it.status = "202"; }, "completed"},
      {"unasked_subprotocol",
       [](Http2Server& it) {
         it.fields = {{"sec-websocket-protocol", "chat"}};
       },
       "upgrade subprotocol_bad"},
      {"unasked_extension",
       [](Http2Server& it) {
         it.fields = {{"sec-websocket-extensions", "permessage-deflate"}};
       },
       "upgrade extension_bad"},
      {"page_instead_of_frames",
       [](Http2Server& it) {
         it.on_websocket_frame = [](wsprobe::test::Opcode, const std::string&) { return "<!doctype html>"; };
       },
       "message frame_reserved_bits"},
      {"no_pong",
       [](Http2Server& it) {
         it.on_websocket_frame = [](wsprobe::test::Opcode, const std::string&) { return std::string(); };
       },
       "message timeout_message"},
      {"closes_with_4401",
       [](Http2Server& it) {
         it.on_websocket_frame = [](wsprobe::test::Opcode, const std::string&) {
           return wsprobe::test::close_frame(4401, "who are you");
         };
       },
       "rejected by close"},
      {"reset_in_the_session",
       [](Http2Server& it) {
         it.on_websocket_frame = [](wsprobe::test::Opcode, const std::string&) { return "RESET"; };
       },
       "message reset_in_session"},
      {"ended_in_the_session",
       [](Http2Server& it) { it.on_websocket_frame = [](wsprobe::test::Opcode, const std::string&) { return "END"; }; },
       "message closed_without_close_frame"},
  };
}

class Http2Peers : public testing::TestWithParam<Row> {};

TEST_P(Http2Peers, EndAsTheyDoWhateverTheSizeOfThePieces) {
  for (const std::size_t largest : {Peer::unlimited, std::size_t{1}}) {
    Http2Server server(true);
    GetParam().make(server);
    Peer peer = serving(server);
    peer.largest_read = largest;
    EXPECT_EQ(ending_of(run(peer).outcome), GetParam().ending);
  }
}

INSTANTIATE_TEST_SUITE_P(Row, Http2Peers, testing::ValuesIn(rows()),
                         [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST(Http2Exchange, ARefusalKeepsWhatWasSaid) {
  Http2Server server(true);
  server.answer = Answer::refuse;
  Peer peer = serving(server);
  const ExchangeResult result = run(peer);
  const Response& response = *result.evidence.response;
  EXPECT_EQ(response.head.raw, "HTTP/2 404\r\nserver: test\r\n\r\n");
  EXPECT_EQ(response.body, "no such path");
  EXPECT_TRUE(response.body_complete);
}

TEST(Http2Exchange, TheCodeOfAResetIsKept) {
  Http2Server server(true);
  server.answer = Answer::reset;
  Peer peer = serving(server);
  EXPECT_EQ(digest(run(peer)), "first_byte http2_reset; HTTP/2 true true \"PROTOCOL_ERROR\" \"\"");
}

TEST(Http2Exchange, AWindowThatNeverOpensIsATimeout) {
  Http2Server server(true, {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}});
  Peer peer = serving(server);
  EXPECT_EQ(ending_of(run(peer).outcome), "message timeout_message");
}

TEST(Http2Exchange, WhoDoesNotWantToAskDoesNot) {
  Http2Server server(true);
  Peer peer = serving(server);
  const BeforeAsking later = []() -> net::awaitable<Ask> { co_return Ask::not_on_this_connection; };
  const ExchangeResult result = run(peer, "h2", spec_of(), later);
  EXPECT_EQ(digest(result), "completed; HTTP/2 true true \"\" \"\"");
  EXPECT_TRUE(server.request.empty());
}

TEST(Http2Exchange, WhatBrowsersAskAgainMayBeAskedAgain) {
  const auto again_after = [](Answer answer, std::uint32_t code) {
    Http2Server server(true);
    server.answer = answer;
    server.reset_code = code;
    Peer peer = serving(server);
    return may_be_asked_again(run(peer));
  };
  EXPECT_TRUE(again_after(Answer::goaway, 0));
  EXPECT_TRUE(again_after(Answer::reset, NGHTTP2_REFUSED_STREAM));
  EXPECT_FALSE(again_after(Answer::reset, NGHTTP2_PROTOCOL_ERROR));
  EXPECT_FALSE(again_after(Answer::refuse, 0));
  EXPECT_FALSE(again_after(Answer::accept, 0));
  EXPECT_FALSE(again_after(Answer::nothing, 0));
}

TEST(Http2Exchange, AnEndWithoutCloseNotifyBeforeTheAnswerIsSaidInTheDetail) {
  Http2Server server(true);
  Peer peer = serving(server);
  peer.fail_at = 1;  // the first read
  peer.failure = Ending::truncated;
  const ExchangeResult result = run(peer);
  const Error& error = std::get<Failed>(result.outcome).error;
  EXPECT_EQ(error.reason, Reason::closed_before_response);
  EXPECT_EQ(error.detail, "without a TLS close_notify");
  EXPECT_TRUE(may_be_asked_again(result));
}

TEST(Http2Exchange, APeerThatAgreesOnHttp2AndSpeaksSomethingElseIsSaidToBreakIt) {
  Peer peer = answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(digest(run(peer)), "first_byte http2_error; HTTP/2 false false \"\" \"\"");
}

}  // namespace
}  // namespace wsprobe::exchange::test
