#include "exchange/http_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/run_task.hpp"
#include "unit/exchange/exchange_support.hpp"

namespace wsprobe::exchange::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* ok = "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: 4\r\n\r\nbody";

bool has_phase(const Evidence& evidence, Phase phase) { return evidence.times.duration(phase).has_value(); }

TEST(HttpExchange, SendsTheRequestAsAClientWould) {
  Peer peer = answering(ok);
  HttpSpec spec = get();
  spec.fields.push_back({"X-Trace", "1"});
  run_http(peer, std::move(spec));
  EXPECT_EQ(peer.written, "GET /api/ws?token=s3cr3t HTTP/1.1\r\nHost: edge.test\r\nUser-Agent: " + user_agent() +
                              "\r\nAccept: */*\r\nX-Trace: 1\r\n\r\n");
}

TEST(HttpExchange, GivenFieldsReplaceTheDefaults) {
  Peer peer = answering(ok);
  HttpSpec spec = get();
  spec.fields = {{"accept", "application/json"}, {"USER-AGENT", "mine"}};
  run_http(peer, std::move(spec));
  EXPECT_THAT(peer.written, HasSubstr("\r\nHost: edge.test\r\naccept: application/json\r\nUSER-AGENT: mine\r\n\r\n"));
}

TEST(HttpExchange, SendsABodyWithItsLength) {
  Peer peer = answering(ok);
  HttpSpec spec = get();
  spec.method = "POST";
  spec.body = Text("abc");
  run_http(peer, std::move(spec));
  EXPECT_THAT(peer.written, StartsWith("POST "));
  EXPECT_THAT(peer.written, HasSubstr("Content-Length: 3\r\n\r\nabc"));
}

TEST(HttpExchange, CompletesWithAnyStatus) {
  for (const char* status : {"200 OK", "204 No Content", "302 Found", "403 Forbidden", "502 Bad Gateway", "599 "}) {
    Peer peer = answering(std::string("HTTP/1.1 ") + status + "\r\nContent-Length: 0\r\n\r\n");
    const ExchangeResult result = run_http(peer);
    EXPECT_EQ(ending_of(result.outcome), "completed") << status;
    ASSERT_TRUE(result.evidence.response);
    EXPECT_EQ(result.evidence.response->head.status, std::stoi(status));
  }
}

TEST(HttpExchange, TimesEveryPhaseItPassed) {
  Peer peer = answering(ok);
  const ExchangeResult result = run_http(peer);
  for (const Phase phase : {Phase::connect, Phase::request, Phase::first_byte, Phase::response}) {
    EXPECT_TRUE(has_phase(result.evidence, phase)) << name(phase);
  }
  for (const Phase phase : {Phase::upgrade, Phase::message, Phase::close}) {
    EXPECT_FALSE(has_phase(result.evidence, phase)) << name(phase);
  }
  const auto& times = result.evidence.times;
  EXPECT_EQ(times.span(Phase::request).end, times.span(Phase::first_byte).begin);
  EXPECT_EQ(times.span(Phase::first_byte).end, times.span(Phase::response).begin);
}

TEST(HttpExchange, TheRequestIsShownWithoutItsSecrets) {
  Peer peer = answering(ok);
  HttpSpec spec = get();
  Text bearer("Bearer ");
  bearer.append(std::make_shared<const Secret>("valid", "s3cr3t"));
  spec.fields.push_back({"Authorization", bearer});
  const ExchangeResult result = run_http(peer, std::move(spec));
  const RequestFacts& request = result.evidence.request;
  EXPECT_EQ(request.url, "http://edge.test/api/ws?token=${valid}");
  EXPECT_EQ(request.path, "/api/ws");
  EXPECT_EQ(request.host, "edge.test");
  EXPECT_FALSE(request.upgrade);
  EXPECT_EQ(request.fields.back().value, "Bearer ${valid}");
  EXPECT_THAT(peer.written, HasSubstr("Authorization: Bearer s3cr3t\r\n"));
}

TEST(RequestFacts, WritesTheAuthorityAsAUrlDoes) {
  const auto url = [](net::Security security, const char* host, std::uint16_t port, bool is_upgrade) {
    Target to = target();
    to.authority = {security, host, port};
    to.query = Text();
    return request_facts(to, "GET", {}, is_upgrade).url;
  };
  EXPECT_EQ(url(net::Security::plain, "h", 80, false), "http://h/api/ws");
  EXPECT_EQ(url(net::Security::plain, "h", 443, false), "http://h:443/api/ws");
  EXPECT_EQ(url(net::Security::tls, "h", 443, true), "wss://h/api/ws");
  EXPECT_EQ(url(net::Security::tls, "h", 8443, false), "https://h:8443/api/ws");
  EXPECT_EQ(url(net::Security::plain, "2001:db8::1", 8000, true), "ws://[2001:db8::1]:8000/api/ws");
}

TEST(HttpExchange, HeadHasNoBody) {
  Peer peer = answering("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n");
  HttpSpec spec = get();
  spec.method = "HEAD";
  EXPECT_EQ(ending_of(run_http(peer, std::move(spec)).outcome), "completed");
}

TEST(HttpExchange, ARequestThatWouldBreakTheMessageIsNotSent) {
  Peer peer = answering(ok);
  HttpSpec spec = get();
  spec.fields.push_back({"X", "a\r\nY: b"});
  EXPECT_EQ(ending_of(run_http(peer, std::move(spec)).outcome), "request bad_configuration");
  EXPECT_EQ(peer.operations, 0U);
}

TEST(HttpExchange, AnEarlyAnswerIsReadThoughTheRequestWasNotTaken) {
  Peer peer;
  peer.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  peer.ending = Ending::reset;
  peer.refuses_writes = true;
  const ExchangeResult result = run_http(peer);
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_EQ(result.evidence.response->head.status, 413);
}

TEST(HttpExchange, AnEarlyAnswerThatIsNotHttpSaysMoreThanTheFailedWrite) {
  Peer peer;
  peer.say("SSH-2.0-OpenSSH_9.2\r\n");
  peer.refuses_writes = true;
  peer.ending = Ending::reset;
  const ExchangeResult result = run_http(peer);
  EXPECT_EQ(ending_of(result.outcome), "response not_http");
  EXPECT_EQ(result.evidence.unparsed, "SSH-2.0-OpenSSH_9.2\r\n");
}

TEST(HttpExchange, AFailedWriteIsReportedWhenThereIsNothingToRead) {
  for (const Ending ending : {Ending::reset, Ending::end, Ending::silence}) {
    Peer peer;
    peer.refuses_writes = true;
    peer.ending = ending;
    EXPECT_EQ(ending_of(run_http(peer).outcome), "request closed_in_request");
  }
}

TEST(HttpExchange, APartialResponseIsKeptOnceItsHeadIsComplete) {
  Peer peer = answering("HTTP/1.1 403 Forbidden\r\nServer: test\r\nContent-Length: 10\r\n\r\nsome", Ending::end);
  const ExchangeResult result = run_http(peer);
  EXPECT_EQ(ending_of(result.outcome), "response closed_in_body");
  ASSERT_TRUE(result.evidence.response);
  EXPECT_EQ(result.evidence.response->head.status, 403);
  EXPECT_EQ(result.evidence.response->body, "some");
  EXPECT_FALSE(result.evidence.response->body_complete);
}

TEST(HttpExchange, ABodyOverTheLimitIsDrainedToItAndNoFurther) {
  HttpSpec spec = get();
  spec.limits.body_kept = 10;
  spec.limits.body_drained = 100'000;
  Peer peer = answering("HTTP/1.1 200 OK\r\n\r\n" + std::string(1'000'000, 'x'));
  const ExchangeResult result = run_http(peer, std::move(spec));
  EXPECT_EQ(ending_of(result.outcome), "completed");
  EXPECT_EQ(result.evidence.response->body, "xxxxxxxxxx");
  EXPECT_EQ(result.evidence.response->body_size, 100'000U);
  EXPECT_FALSE(result.evidence.response->body_complete);
  EXPECT_LT(peer.operations, 20U) << "large bodies are read in large pieces";
}

TEST(HttpExchange, APeerThatAlwaysHasMoreIsStoppedByTheDeadline) {
  Peer peer = answering("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + std::string(900'000, 'x'));
  peer.largest_read = 1;
  wsprobe::test::ScriptedOpener opener(peer);
  const ExchangeResult result = wsprobe::test::run_task(http_exchange(opener, get(), SteadyClock::now()));
  EXPECT_EQ(ending_of(result.outcome), "response timeout_response");
  EXPECT_EQ(peer.operations, 3U) << "open, write, one read";
}

TEST(HttpExchange, AHeadThatBreaksOffIsNotCalledForeign) {
  Peer peer = answering("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
  const ExchangeResult result = run_http(peer);
  EXPECT_EQ(ending_of(result.outcome), "response bad_header");
  EXPECT_EQ(result.evidence.unparsed, "");
}

struct Row {
  const char* name;
  const char* answer;
  Ending ending;
  const char* expected;
};

class HttpRow : public testing::TestWithParam<Row> {};

TEST_P(HttpRow, EndsAsTheRowSaysAtEverySplit) {
  Peer whole = answering(GetParam().answer, GetParam().ending);
  const ExchangeResult result = run_http(whole);
  EXPECT_EQ(ending_of(result.outcome), GetParam().expected);
  for (std::size_t cut = 0; cut <= whole.said; ++cut) {
    Peer peer = answering(GetParam().answer, GetParam().ending);
    peer.cut_at = cut;
    ASSERT_EQ(digest_of(run_http(peer)), digest_of(result)) << "cut after " << cut;
  }
  Peer peer = answering(GetParam().answer, GetParam().ending);
  peer.largest_read = 1;
  EXPECT_EQ(digest_of(run_http(peer)), digest_of(result)) << "one byte at a time";
}

// One row for each way in which a response can end.
INSTANTIATE_TEST_SUITE_P(
    Responses, HttpRow,
    testing::Values(
        Row{"length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", Ending::silence, "completed"},
        Row{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", Ending::silence,
            "completed"},
        Row{"until_close", "HTTP/1.1 200 OK\r\n\r\nab", Ending::end, "completed"},
        Row{"keep_alive", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", Ending::silence,
            "completed"},
        Row{"interim", "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            Ending::silence, "completed"},
        Row{"silent", "", Ending::silence, "first_byte timeout_first_byte"},
        Row{"silent_in_head", "HTTP/1.1 200", Ending::silence, "response timeout_response"},
        Row{"silent_in_body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", Ending::silence,
            "response timeout_response"},
        Row{"silent_until_close", "HTTP/1.1 200 OK\r\n\r\nab", Ending::silence, "response timeout_response"},
        Row{"closed", "", Ending::end, "first_byte closed_before_response"},
        Row{"closed_in_head", "HTTP/1.1 200 OK\r\nServer", Ending::end, "response closed_in_head"},
        Row{"closed_after_interim", "HTTP/1.1 100 Continue\r\n\r\n", Ending::end, "response closed_in_head"},
        Row{"closed_in_body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", Ending::end, "response closed_in_body"},
        Row{"closed_in_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na", Ending::end,
            "response closed_in_body"},
        Row{"reset", "", Ending::reset, "first_byte reset_before_response"},
        Row{"reset_in_head", "HTTP/1.1 200 OK\r\nServer", Ending::reset, "response reset_in_head"},
        Row{"reset_in_body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", Ending::reset, "response reset_in_body"},
        Row{"reset_until_close", "HTTP/1.1 200 OK\r\n\r\nab", Ending::reset, "response reset_in_body"},
        Row{"truncated", "", Ending::truncated, "first_byte closed_before_response"},
        Row{"truncated_in_head", "HTTP/1.1 200 OK\r\nServer", Ending::truncated, "response closed_in_head"},
        Row{"truncated_in_body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", Ending::truncated,
            "response closed_in_body"},
        Row{"truncated_until_close", "HTTP/1.1 200 OK\r\n\r\nab", Ending::truncated, "response closed_truncated"},
        Row{"truncated_after_the_end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", Ending::truncated,
            "completed"},
        Row{"cancelled", "", Ending::cancelled, "first_byte cancelled"},
        Row{"cancelled_in_body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", Ending::cancelled,
            "response cancelled"},
        Row{"another_protocol", "220 mail.test ESMTP\r\n", Ending::silence, "response not_http"},
        Row{"bad_header", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Ending::silence, "response bad_header"},
        Row{"unasked_switch", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", Ending::silence,
            "response unasked_switch"}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

}  // namespace
}  // namespace wsprobe::exchange::test
