#include "wire/handshake.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/splits.hpp"
#include "unit/wire/error_rows.hpp"
#include "wire/response_decoder.hpp"

namespace wsprobe::wire {
namespace {

using test::feed_pieces;
using test::for_each_split;
using test::Pieces;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* sample_key = "dGhlIHNhbXBsZSBub25jZQ==";         // RFC 6455 section 1.3
constexpr const char* sample_answer = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";  // and what answers it

Offer sample_offer() {
  Offer offer;
  offer.key = sample_key;
  offer.subprotocols = {Text("chat.v2"), Text("chat.v1")};
  return offer;
}

/// Decodes the head of a 101 in these pieces; ANSWER in it stands for the right Sec-WebSocket-Accept.
std::string with_answer(std::string head) {
  const std::string placeholder = "ANSWER";
  const std::size_t at = head.find(placeholder);
  if (at != std::string::npos) head.replace(at, placeholder.size(), sample_answer);
  return head;
}

ResponseHead decode(const Pieces& pieces) {
  ResponseDecoder decoder(RequestShape::upgrade);
  const auto taken = feed_pieces(decoder, pieces);
  EXPECT_TRUE(taken) << describe(taken.error());
  EXPECT_TRUE(decoder.head_done());
  return decoder.response().head;
}

TEST(MakeKey, IsTheBase64Of16Bytes) {
  std::array<std::byte, 16> zeros{};
  EXPECT_EQ(make_key(zeros), "AAAAAAAAAAAAAAAAAAAAAA==");
  std::array<std::byte, 16> counted{};
  for (std::size_t at = 0; at < counted.size(); ++at) counted[at] = static_cast<std::byte>(0xF0 + at);
  EXPECT_EQ(make_key(counted), "8PHy8/T19vf4+fr7/P3+/w==");
}

TEST(AcceptFor, AnswersTheSampleOfTheStandard) { EXPECT_EQ(accept_for(sample_key), sample_answer); }

std::vector<std::string> lines_of(const std::vector<RequestField>& fields) {
  std::vector<std::string> lines;
  for (const RequestField& field : fields) lines.push_back(field.name + ": " + field.value.reveal());
  return lines;
}

TEST(HandshakeFields, AreWhatBrowsersSend) {
  Offer offer;
  offer.key = sample_key;
  EXPECT_THAT(lines_of(handshake_fields(offer)),
              ElementsAre("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                          std::string("Sec-WebSocket-Key: ") + sample_key));
}

TEST(HandshakeFields, HoldWhatIsOffered) {
  Offer offer = sample_offer();
  offer.extensions = {"x-one", "x-two; level=3"};
  const std::vector<std::string> lines = lines_of(handshake_fields(offer));
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[4], "Sec-WebSocket-Protocol: chat.v2, chat.v1");
  EXPECT_EQ(lines[5], "Sec-WebSocket-Extensions: x-one, x-two; level=3");
}

TEST(HandshakeFields, ATokenAmongTheSubprotocolsStaysASecret) {
  Offer offer;
  Text bearer("bearer.");
  bearer.append(std::make_shared<const Secret>("valid", "t0ken"));
  offer.subprotocols = {Text("chat"), bearer};
  const std::vector<RequestField> fields = handshake_fields(offer);
  EXPECT_EQ(fields.back().value.redacted(), "chat, bearer.${valid}");
  EXPECT_EQ(fields.back().value.reveal(), "chat, bearer.t0ken");
}

struct AcceptedRow {
  std::string name;
  std::string head;
  std::string subprotocol;
};

class Accepts : public testing::TestWithParam<AcceptedRow> {};

TEST_P(Accepts, TheSwitchAtEverySplit) {
  for_each_split(with_answer(GetParam().head), [](const Pieces& pieces) {
    const auto accepted = judge_switch(decode(pieces), sample_offer());
    ASSERT_TRUE(accepted) << describe(accepted.error());
    EXPECT_EQ(accepted->subprotocol, GetParam().subprotocol);
    EXPECT_EQ(accepted->extensions, "");
  });
}

const std::string line = "HTTP/1.1 101 Switching Protocols\r\n";
const std::string upgrade = "Upgrade: websocket\r\n";
const std::string connection = "Connection: Upgrade\r\n";
const std::string answer = "Sec-WebSocket-Accept: ANSWER\r\n";

const std::vector<AcceptedRow>& accepted_rows() {
  static const std::vector<AcceptedRow> rows{
      {"plain", line + upgrade + connection + answer + "\r\n", ""},
      {"other_case", line + "UPGRADE: WebSocket\r\nconnection: upgrade\r\nsec-websocket-ACCEPT: ANSWER\r\n\r\n", ""},
      {"no_reason_phrase", "HTTP/1.1 101 \r\n" + upgrade + connection + answer + "\r\n", ""},
      {"list_of_connection", line + upgrade + "Connection: keep-alive, Upgrade\r\n" + answer + "\r\n", ""},
      {"two_connections", line + upgrade + "Connection: keep-alive\r\n" + connection + answer + "\r\n", ""},
      {"subprotocol", line + upgrade + connection + answer + "Sec-WebSocket-Protocol: chat.v1\r\n\r\n", "chat.v1"},
      {"no_extension_named", line + upgrade + connection + answer + "Sec-WebSocket-Extensions:\r\n\r\n", ""},
      {"length_zero", line + upgrade + connection + answer + "Content-Length: 0\r\n\r\n", ""},
      {"behind_interim", "HTTP/1.1 100 Continue\r\n\r\n" + line + upgrade + connection + answer + "\r\n", ""},
      {"more_fields", line + "Server: x\r\nDate: y\r\n" + upgrade + connection + answer + "Content-Type: a/b\r\n\r\n",
       ""},
  };
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Handshake, Accepts, testing::ValuesIn(accepted_rows()),
                         [](const auto& row) { return row.param.name; });

class Refuses : public testing::TestWithParam<SwitchErrorRow> {};

TEST_P(Refuses, TheSwitchAtEverySplit) {
  for_each_split(with_answer(GetParam().head), [](const Pieces& pieces) {
    const auto accepted = judge_switch(decode(pieces), sample_offer());
    ASSERT_FALSE(accepted);
    EXPECT_EQ(name(accepted.error().reason), name(GetParam().reason));
    EXPECT_EQ(accepted.error().phase, Phase::upgrade);
    EXPECT_EQ(accepted.error().origin, Origin::peer);
    EXPECT_THAT(accepted.error().detail, HasSubstr(GetParam().detail));
  });
}

INSTANTIATE_TEST_SUITE_P(Handshake, Refuses, testing::ValuesIn(switch_error_rows()),
                         [](const auto& row) { return row.param.name; });

TEST(JudgeSwitch, OfOfferedExtensionsAnyMayBeChosenAndNoOther) {
  Offer offer = sample_offer();
  offer.extensions = {"x-one; a=1", "x-two"};
  const auto judge = [&](const std::string& chosen) {
    return judge_switch(decode({with_answer(line + upgrade + connection + answer + chosen + "\r\n")}), offer);
  };
  EXPECT_EQ(judge("Sec-WebSocket-Extensions: X-Two, x-one; a=2\r\n").value().extensions, "X-Two, x-one; a=2");
  EXPECT_EQ(judge("Sec-WebSocket-Extensions: x-one\r\nSec-WebSocket-Extensions: x-two\r\n").value().extensions,
            "x-one, x-two");
  EXPECT_EQ(judge("Sec-WebSocket-Extensions: x-one, x-three\r\n").error().reason, Reason::extension_bad);
}

TEST(JudgeSwitch, CompressionIsJudgedByWhatWasOffered) {
  Offer offer = sample_offer();
  const auto judge = [&](const std::string& chosen) {
    const std::string fields = "Sec-WebSocket-Extensions: " + chosen + "\r\n\r\n";
    return judge_switch(decode({with_answer(line + upgrade + connection + answer + fields)}), offer);
  };
  EXPECT_EQ(judge("permessage-deflate").error().reason, Reason::extension_bad);
  offer.extensions = {"permessage-deflate; server_max_window_bits=9", "permessage-deflate"};
  EXPECT_EQ(judge("permessage-deflate; server_max_window_bits=9").value().deflate->server_window_bits, 9);
  EXPECT_TRUE(judge("permessage-deflate").value().deflate);
  EXPECT_FALSE(judge("").value().deflate);
  for (const std::string bad : {"permessage-deflate, permessage-deflate", "permessage-deflate; level=9", "x",
                                "permessage-deflate; client_max_window_bits=9", "permessage-deflate;"}) {
    const auto judged = judge(bad);
    ASSERT_FALSE(judged) << bad;
    EXPECT_EQ(judged.error().reason, Reason::extension_bad);
  }
}

TEST(JudgeSwitch, AnErrorsDetailIsEscapedAndShort) {
  ResponseHead head;
  head.version = "1.1";
  head.fields = {{"Upgrade", "\x1b[2J" + std::string(1000, 'x')}};
  const auto accepted = judge_switch(head, sample_offer());
  ASSERT_FALSE(accepted);
  EXPECT_THAT(accepted.error().detail, HasSubstr("\\x1b[2Jxxx"));
  EXPECT_LT(accepted.error().detail.size(), 200U);
}

}  // namespace

const std::vector<SwitchErrorRow>& switch_error_rows() {
  const std::string good = line + upgrade + connection + answer;
  static const std::vector<SwitchErrorRow> rows{
      {"http_1_0", "HTTP/1.0 101 \r\n" + upgrade + connection + answer + "\r\n", Reason::http_version_unsupported,
       "1.0"},
      {"no_upgrade", line + connection + answer + "\r\n", Reason::upgrade_header_bad, "no such field"},
      {"h2c", line + "Upgrade: h2c\r\n" + connection + answer + "\r\n", Reason::upgrade_header_bad, "\"h2c\""},
      {"list_of_upgrades", line + "Upgrade: websocket, h2c\r\n" + connection + answer + "\r\n",
       Reason::upgrade_header_bad, "h2c"},
      {"two_upgrades", line + upgrade + upgrade + connection + answer + "\r\n", Reason::upgrade_header_bad, "several"},
      {"no_connection", line + upgrade + answer + "\r\n", Reason::connection_header_bad, "no such field"},
      {"connection_close", line + upgrade + "Connection: close\r\n" + answer + "\r\n", Reason::connection_header_bad,
       "\"close\""},
      {"connection_upgraded", line + upgrade + "Connection: upgraded\r\n" + answer + "\r\n",
       Reason::connection_header_bad, "upgraded"},
      {"no_accept", line + upgrade + connection + "\r\n", Reason::accept_missing, ""},
      {"empty_accept", line + upgrade + connection + "Sec-WebSocket-Accept:\r\n\r\n", Reason::accept_wrong, ""},
      {"of_another_key", line + upgrade + connection + "Sec-WebSocket-Accept: Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=\r\n\r\n",
       Reason::accept_wrong, ""},
      {"key_sent_back", line + upgrade + connection + "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
       Reason::accept_wrong, ""},
      {"accept_in_lower_case",
       line + upgrade + connection + "Sec-WebSocket-Accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n\r\n", Reason::accept_wrong,
       ""},
      {"accept_without_padding",
       line + upgrade + connection + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n\r\n", Reason::accept_wrong,
       ""},
      {"two_accepts", good + "Sec-WebSocket-Accept: x\r\n\r\n", Reason::accept_repeated, ""},
      {"same_accept_twice", good + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
       Reason::accept_repeated, ""},
      {"subprotocol_not_offered", good + "Sec-WebSocket-Protocol: mqtt\r\n\r\n", Reason::subprotocol_bad, "\"mqtt\""},
      {"subprotocol_in_other_case", good + "Sec-WebSocket-Protocol: CHAT.v1\r\n\r\n", Reason::subprotocol_bad, "CHAT"},
      {"two_subprotocols", good + "Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n\r\n", Reason::subprotocol_bad,
       "chat.v1, chat.v2"},
      {"two_subprotocol_fields", good + "Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Protocol: chat.v1\r\n\r\n",
       Reason::subprotocol_bad, "several"},
      {"empty_subprotocol", good + "Sec-WebSocket-Protocol:\r\n\r\n", Reason::subprotocol_bad, "\"\""},
      {"deflate_not_offered", good + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", Reason::extension_bad,
       "permessage-deflate"},
      {"deflate_in_a_second_field", good + "Sec-WebSocket-Extensions:\r\nSec-WebSocket-Extensions: x; y\r\n\r\n",
       Reason::extension_bad, "x; y"},
      {"body_length", good + "Content-Length: 12\r\n\r\n", Reason::body_on_switch, ""},
      {"body_chunked", good + "Transfer-Encoding: chunked\r\n\r\n", Reason::body_on_switch, ""},
  };
  return rows;
}

}  // namespace wsprobe::wire
