#include "wire/http2_session.hpp"

#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/http2_server.hpp"
#include "support/splits.hpp"
#include "unit/wire/http2_frames.hpp"

namespace wsprobe::wire {
namespace {

using test::as_bytes;
using test::Http2Server;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint32_t stream = 1;  // the first one of a client

const std::string offer = http2::settings_of({{http2::enable_connect_protocol, 1}});
const std::string settings_ack = http2::frame(http2::settings, http2::ack, 0);

std::string response(std::string_view status, std::uint8_t flags = 0,
                     std::initializer_list<std::pair<std::string, std::string>> fields = {}) {
  return http2::frame(http2::headers, http2::end_headers | flags, stream, http2::head(status, fields));
}

std::string stream_data(std::string_view bytes, std::uint8_t flags = 0) {
  return http2::frame(http2::data, flags, stream, bytes);
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int at = 0; at < times; ++at) out += text;
  return out;
}

Http2Connect request() {
  Http2Connect connect;
  connect.authority = "edge.test";
  connect.path = "/api/ws";
  connect.path.append(std::make_shared<const Secret>("valid", "?token=s3cr3t"));
  connect.fields = {{"Sec-WebSocket-Version", "13"},
                    {"Origin", "https://app.test"},
                    {"Connection", "Upgrade"},
                    {"Host", "other.test"}};
  return connect;
}

std::string read_all(Http2Session& session) {
  std::string out(4096, '\0');
  out.resize(session.read(std::as_writable_bytes(std::span(out))));
  return out;
}

/// Everything that may not depend on how the bytes were cut.
std::string digest_of(Http2Session& session, const Result<void>& result) {
  const Http2Facts& facts = session.facts();
  std::string digest =
      fmt::format("settings {} offers {} reset \"{}\" goaway \"{}\" broken \"{}\" ended {}", facts.settings,
                  facts.connect_protocol, facts.reset, facts.goaway, session.broken(), session.ended());
  if (session.head_done()) {
    digest += fmt::format("; {} after {} interim", session.head().raw, session.interim_statuses().size());
  }
  if (!result) digest += fmt::format("; {} ({})", name(result.error().reason), result.error().detail);
  return digest + "; \"" + read_all(session) + "\"";
}

/// Feeds the first SETTINGS, asks, and feeds the rest in pieces.
std::string converse(const std::string& before, const test::Pieces& after, const Http2Limits& limits = {}) {
  Http2Session session(limits);
  Result<void> result = session.feed(as_bytes(before));
  if (result) result = session.connect(request());
  static_cast<void>(session.take_output());
  for (const std::string_view piece : after) {
    if (result) result = session.feed(as_bytes(piece));
    static_cast<void>(session.take_output());
  }
  return digest_of(session, result);
}

TEST(Http2Session, BeginsWithThePrefaceAndSettingsThatWantNoPush) {
  Http2Session session;
  const std::string output = session.take_output();
  EXPECT_THAT(output, StartsWith("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  const std::string enable_push{'\0', '\2', '\0', '\0', '\0', '\0'};
  EXPECT_THAT(output, HasSubstr(enable_push));
  EXPECT_EQ(session.take_output(), "");
}

TEST(Http2Session, SettingsSayWhetherWebSocketIsOffered) {
  for (const bool offered : {false, true}) {
    const std::string bytes = http2::settings_of({{3, 100}, {http2::enable_connect_protocol, offered ? 1 : 0}});
    test::for_each_split(bytes, [&](const test::Pieces& pieces) {
      Http2Session session;
      for (const std::string_view piece : pieces) ASSERT_TRUE(session.feed(as_bytes(piece)));
      EXPECT_TRUE(session.has_settings());
      EXPECT_EQ(session.facts().connect_protocol, offered);
      EXPECT_THAT(session.take_output(), HasSubstr(settings_ack));
    });
  }
}

TEST(Http2Session, TheRequestIsAnExtendedConnectWithoutWhatBelongsToHttp1) {
  Http2Server server(true);
  server.answer = Http2Server::Answer::nothing;
  Http2Session session;
  ASSERT_TRUE(session.feed(as_bytes(server.serve(session.take_output()))));
  ASSERT_TRUE(session.connect(request()));
  server.serve(session.take_output());
  const std::map<std::string, std::string> expected{
      {":method", "CONNECT"},        {":protocol", "websocket"},        {":scheme", "https"},
      {":authority", "edge.test"},   {":path", "/api/ws?token=s3cr3t"}, {"sec-websocket-version", "13"},
      {"origin", "https://app.test"}};
  EXPECT_EQ(server.request, expected);
}

TEST(Http2Session, AWholeConversationIsTheSameAtEverySplit) {
  const std::string bytes =
      settings_ack + http2::frame(http2::ping, 0, 0, "12345678") + response("103", 0, {{"link", "</a>"}}) +
      response("200", 0, {{"server", "test"}, {"sec-websocket-protocol", "chat"}}) + stream_data("hello ") +
      http2::frame(http2::window_update, 0, 0, http2::number(1000, 4)) + stream_data("world", http2::end_stream);
  const std::string expected =
      "settings true offers true reset \"\" goaway \"\" broken \"\" ended true; HTTP/2 200\r\nserver: test\r\n"
      "sec-websocket-protocol: chat\r\n\r\n after 1 interim; \"hello world\"";
  test::for_each_split(bytes, [&](const test::Pieces& pieces) { ASSERT_EQ(converse(offer, pieces), expected); });
}

TEST(Http2Session, WhatIsSentWaitsForTheWindowOfThePeer) {
  Http2Server server(true, {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}});
  Http2Session session;
  ASSERT_TRUE(session.feed(as_bytes(server.serve(session.take_output()))));
  ASSERT_TRUE(session.connect(request()));
  ASSERT_TRUE(session.feed(as_bytes(server.serve(session.take_output()))));
  ASSERT_TRUE(session.head_done());
  static_cast<void>(session.take_output());
  ASSERT_TRUE(session.send("frame"));
  EXPECT_EQ(session.take_output(), "");
  ASSERT_TRUE(session.feed(as_bytes(http2::frame(http2::window_update, 0, stream, http2::number(3, 4)))));
  EXPECT_EQ(session.take_output(), stream_data("fra"));
  const Result<void> too_much = session.send(std::string(Http2Limits{}.unsent_bytes, 'x'));
  ASSERT_FALSE(too_much);
  EXPECT_EQ(too_much.error().reason, Reason::session_output_limit);
}

TEST(Http2Session, AnsweredStreamsThatBreakOffAreNoErrorHere) {
  const std::string reset = http2::frame(http2::rst_stream, 0, stream, http2::number(8, 4));
  EXPECT_THAT(converse(offer, {response("200"), stream_data("a"), reset}),
              HasSubstr("reset \"CANCEL\" goaway \"\" broken \"CANCEL\" ended false"));
}

TEST(Http2Session, EndsWithAGoaway) {
  Http2Session session;
  ASSERT_TRUE(session.feed(as_bytes(offer)));
  static_cast<void>(session.take_output());
  session.finish();
  EXPECT_THAT(session.take_output(), HasSubstr(http2::frame(http2::goaway, 0, 0, std::string(8, '\0'))));
}

// ---- what is refused ----

struct Row {
  std::string name;
  std::string before;  ///< in place of the peer's first SETTINGS
  std::string after;   ///< the request
  Reason reason;
  Http2Limits limits = {};
};

std::string continuations(int count) {
  std::string out = http2::frame(http2::headers, 0, stream, http2::head("200"));
  for (int at = 0; at < count; ++at) {
    out +=
        http2::frame(http2::continuation, 0, stream, http2::field(fmt::format("name-{}", at), std::string(100, 'v')));
  }
  return out;
}

std::string many_fields(int count) {
  std::string block = http2::head("200");
  for (int at = 0; at < count; ++at) block += http2::field("a", "b");
  return http2::frame(http2::headers, http2::end_headers, stream, block);
}

/// One large field enters the table of HPACK, and a byte each names it again.
std::string bomb() {
  std::string block =
      http2::head("200") + std::string{'\x40', '\1', 'a', '\x7f', '\xa1', '\x1e'} + std::string(4000, 'v');
  block += std::string(8000, '\xbe');
  return http2::frame(http2::headers, http2::end_headers, stream, block);
}

std::vector<Row> rows() {
  const std::string reset = http2::frame(http2::rst_stream, 0, stream, http2::number(7, 4));
  const std::string goaway = http2::frame(http2::goaway, 0, 0, http2::number(0, 4) + http2::number(11, 4));
  return {
      {"http_1", "HTTP/1.1 400 Bad Request\r\n\r\n", "", Reason::http2_error},
      {"no_settings_first", http2::frame(http2::ping, 0, 0, "12345678"), "", Reason::http2_error},
      {"settings_cut", http2::frame(http2::settings, 0, 0, "12345"), "", Reason::http2_error},
      {"connect_protocol_2", http2::settings_of({{http2::enable_connect_protocol, 2}}), "", Reason::http2_error},
      {"connect_protocol_taken_back", offer, http2::settings_of({{http2::enable_connect_protocol, 0}}),
       Reason::http2_error},
      {"too_many_settings_in_one", http2::frame(http2::settings, 0, 0, repeated(http2::number(3, 6), 2000)), "",
       Reason::http2_error},
      {"settings_flood", offer, repeated(http2::settings_of({{3, 1}}), 2000), Reason::http2_limit},
      {"ping_flood", offer, repeated(http2::frame(http2::ping, 0, 0, "12345678"), 2000), Reason::http2_limit},
      {"empty_data_flood",
       offer,
       response("200") + repeated(stream_data(""), 200),
       Reason::http2_limit,
       {.frames = 100}},
      {"too_many_bytes",
       offer,
       response("200") + repeated(stream_data(std::string(1000, 'x')), 20),
       Reason::http2_limit,
       {.input_bytes = 10'000}},
      {"unread_bytes",
       offer,
       response("200") + repeated(stream_data(std::string(1000, 'x')), 20),
       Reason::http2_limit,
       {.unread_bytes = 5000}},
      {"continuation_flood", offer, continuations(500), Reason::http2_error},
      {"header_bomb", offer, bomb(), Reason::head_too_large},
      {"many_fields", offer, many_fields(300), Reason::too_many_fields},
      {"interim_flood", offer, repeated(response("103"), 20), Reason::too_many_interim},
      {"frame_too_large", offer, http2::number(1 << 20, 3) + std::string(6, '\0'), Reason::http2_error},
      {"goaway_at_once", offer + goaway, "", Reason::http2_goaway},
      {"goaway_instead_of_an_answer", offer, goaway, Reason::http2_goaway},
      {"reset_instead_of_an_answer", offer, reset, Reason::http2_reset},
      {"push", offer + settings_ack, http2::frame(http2::push_promise, http2::end_headers, stream, http2::number(2, 4)),
       Reason::http2_error},
      {"data_before_the_head", offer, stream_data("x"), Reason::http2_error},
      {"data_of_no_stream", offer, http2::frame(http2::data, 0, 0, "x"), Reason::http2_error},
      {"no_status", offer, http2::frame(http2::headers, http2::end_headers, stream, http2::field("a", "b")),
       Reason::http2_error},
      {"status_101", offer, response("101"), Reason::http2_error},
      {"upper_case", offer, response("200", 0, {{"Server", "x"}}), Reason::http2_error},
      {"connection_field", offer, response("200", 0, {{"connection", "upgrade"}}), Reason::http2_error},
      {"bad_compression", offer, http2::frame(http2::headers, http2::end_headers, stream, "\xff\xff\xff\xff\xff\xff"),
       Reason::http2_error},
      {"window_overflow", offer, http2::frame(http2::window_update, 0, 0, http2::number(0x7fffffff, 4)),
       Reason::http2_error},
      {"unasked_headers", offer, http2::frame(http2::headers, http2::end_headers, 2, http2::head("200")),
       Reason::http2_error},
  };
}

class Http2Refusals : public testing::TestWithParam<Row> {};

TEST_P(Http2Refusals, HaveTheirReasonAtOnceAndByteByByte) {
  const Row& row = GetParam();
  const std::string expected = fmt::format("; {} (", name(row.reason));
  EXPECT_THAT(converse(row.before, {row.after}, row.limits), HasSubstr(expected));
  test::Pieces bytes;
  for (std::size_t at = 0; at < row.after.size(); ++at) bytes.push_back(std::string_view(row.after).substr(at, 1));
  EXPECT_THAT(converse(row.before, bytes, row.limits), HasSubstr(expected));
}

TEST_P(Http2Refusals, StayRefused) {
  const Row& row = GetParam();
  Http2Session session(row.limits);
  Result<void> result = session.feed(as_bytes(row.before));
  if (result) {
    ASSERT_TRUE(session.connect(request()));
    static_cast<void>(session.take_output());
    result = session.feed(as_bytes(row.after));
  }
  ASSERT_FALSE(result);
  const Result<void> again = session.feed(as_bytes(response("200")));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason, row.reason);
}

INSTANTIATE_TEST_SUITE_P(Row, Http2Refusals, testing::ValuesIn(rows()),
                         [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

}  // namespace
}  // namespace wsprobe::wire
