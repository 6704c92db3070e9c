#include "wire/ws_frames.hpp"

#include <array>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/splits.hpp"
#include "unit/wire/error_rows.hpp"
#include "unit/wire/server_frames.hpp"

namespace wsprobe::wire {

bool operator==(const Incoming& left, const Incoming& right) {
  return left.type == right.type && left.payload == right.payload && left.close_code == right.close_code;
}

void PrintTo(const Incoming& incoming, std::ostream* out) {
  constexpr std::array names{"text", "binary", "ping", "pong", "close"};
  *out << names.at(static_cast<std::size_t>(incoming.type));
  if (incoming.close_code) *out << ' ' << *incoming.close_code;
  *out << ' ' << testing::PrintToString(incoming.payload);
}

namespace {

using namespace std::string_literals;
using test::as_bytes;
using test::for_each_split;
using test::Pieces;
using testing::HasSubstr;

/// The mask of the examples of RFC 6455 section 5.7, again and again.
void sample_mask(std::span<std::byte> out) {
  constexpr std::array<unsigned char, 4> mask{0x37, 0xfa, 0x21, 0x3d};
  for (std::size_t at = 0; at < out.size(); ++at) out[at] = static_cast<std::byte>(mask[at % mask.size()]);
}

FrameCodec make_codec(SessionLimits limits = {}) { return FrameCodec(sample_mask, limits); }

/// Feeds the pieces as a session does, item by item.
Result<std::vector<Incoming>> receive(FrameCodec& codec, const Pieces& pieces) {
  std::vector<Incoming> items;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const auto taken = codec.feed(as_bytes(piece));
      if (!taken) return tl::unexpected(taken.error());
      EXPECT_LE(*taken, piece.size());
      auto item = codec.next();
      EXPECT_TRUE(item || *taken == piece.size()) << "it stopped without a reason";
      if (item) items.push_back(std::move(*item));
      if (*taken == 0) break;
      piece.remove_prefix(*taken);
    }
  }
  return items;
}

struct ReceivedRow {
  std::string name;
  std::string bytes;
  std::vector<Incoming> items;
};

class Receives : public testing::TestWithParam<ReceivedRow> {};

TEST_P(Receives, AtEverySplit) {
  for_each_split(GetParam().bytes, [](const Pieces& pieces) {
    FrameCodec codec = make_codec();
    const auto items = receive(codec, pieces);
    ASSERT_TRUE(items) << describe(items.error());
    ASSERT_EQ(*items, GetParam().items);
    EXPECT_FALSE(codec.mid_message());
    EXPECT_EQ(codec.bytes_received(), GetParam().bytes.size());
  });
}

constexpr FrameType text = FrameType::text;
constexpr FrameType binary = FrameType::binary;
constexpr FrameType ping = FrameType::ping;
constexpr FrameType pong = FrameType::pong;
constexpr FrameType close = FrameType::close;
constexpr Fin more = Fin::more;

std::vector<ReceivedRow> received_rows() {
  const std::string first_200(200, 'a');
  return {
      // RFC 6455 section 5.7, the unmasked ones.
      {"sample_text", "\x81\x05\x48\x65\x6c\x6c\x6f"s, {{text, "Hello", {}}}},
      {"sample_fragments", "\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f"s, {{text, "Hello", {}}}},
      {"sample_ping", "\x89\x05\x48\x65\x6c\x6c\x6f"s, {{ping, "Hello", {}}}},
      {"sample_256_bytes", "\x82\x7E\x01\x00"s + std::string(256, '\xAB'), {{binary, std::string(256, '\xAB'), {}}}},

      {"empty_text", frame(opcode::text, ""), {{text, "", {}}}},
      {"empty_binary", frame(opcode::binary, ""), {{binary, "", {}}}},
      {"length_125", frame(opcode::binary, std::string(125, 'x')), {{binary, std::string(125, 'x'), {}}}},
      {"length_126", frame(opcode::binary, std::string(126, 'x')), {{binary, std::string(126, 'x'), {}}}},
      {"binary_is_any_bytes", frame(opcode::binary, "\xFF\xFE\0\x80"s), {{binary, "\xFF\xFE\0\x80"s, {}}}},
      {"text_with_nul", frame(opcode::text, "a\0b"s), {{text, "a\0b"s, {}}}},
      {"two_messages",
       frame(opcode::text, "one") + frame(opcode::binary, "two"),
       {{text, "one", {}}, {binary, "two", {}}}},

      {"empty_fragments",
       frame(opcode::text, "", more) + frame(opcode::continuation, "", more) + frame(opcode::continuation, ""),
       {{text, "", {}}}},
      {"fragments_of_binary",
       frame(opcode::binary, "\xE2", more) + frame(opcode::continuation, "\x82", more) +
           frame(opcode::continuation, "z"),
       {{binary, "\xE2\x82z", {}}}},
      {"long_fragments",
       frame(opcode::text, first_200, more) + frame(opcode::continuation, first_200),
       {{text, first_200 + first_200, {}}}},
      {"control_frames_between_fragments",
       frame(opcode::text, "a", more) + frame(opcode::ping, "1") + frame(opcode::continuation, "b", more) +
           frame(opcode::pong, "2") + frame(opcode::continuation, "c"),
       {{ping, "1", {}}, {pong, "2", {}}, {text, "abc", {}}}},
      {"fragmented_then_whole",
       frame(opcode::text, "a", more) + frame(opcode::continuation, "b") + frame(opcode::text, "c"),
       {{text, "ab", {}}, {text, "c", {}}}},

      {"longest_ping", frame(opcode::ping, std::string(125, '\xFF')), {{ping, std::string(125, '\xFF'), {}}}},
      {"unasked_pong", frame(opcode::pong, "?"), {{pong, "?", {}}}},
      {"close_without_body", frame(opcode::close, ""), {{close, "", {}}}},
      {"close_with_reason",
       frame(opcode::close, close_body(1008, "no token \xE2\x82\xAC")),
       {{close, "no token \xE2\x82\xAC", 1008}}},
      {"close_with_longest_reason",
       frame(opcode::close, close_body(4401, std::string(123, 'r'))),
       {{close, std::string(123, 'r'), 4401}}},
      {"close_inside_a_message", frame(opcode::close, close_body(1001)), {{close, "", 1001}}},

      {"utf8_of_each_length",
       frame(opcode::text, "z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80"),
       {{text, "z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80", {}}}},
      {"utf8_across_fragments",
       frame(opcode::text, "\xF0\x9F", more) + frame(opcode::ping, "") + frame(opcode::continuation, "", more) +
           frame(opcode::continuation, "\x98", more) + frame(opcode::continuation, "\x80"),
       {{ping, "", {}}, {text, "\xF0\x9F\x98\x80", {}}}},
      {"utf8_edges",
       frame(opcode::text,
             "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80"),
       {{text,
         "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80",
         {}}}},
      {"utf8_noncharacters", frame(opcode::text, "\xEF\xB7\x90\xEF\xBF\xBE"), {{text, "\xEF\xB7\x90\xEF\xBF\xBE", {}}}},
  };
}

INSTANTIATE_TEST_SUITE_P(Frames, Receives, testing::ValuesIn(received_rows()),
                         [](const auto& row) { return row.param.name; });

class CloseCode : public testing::TestWithParam<int> {};

TEST_P(CloseCode, ThatMayBeSentIsTaken) {
  FrameCodec codec = make_codec();
  const auto items = receive(codec, {frame(opcode::close, close_body(static_cast<unsigned>(GetParam())))});
  ASSERT_TRUE(items) << describe(items.error());
  EXPECT_EQ(items->at(0).close_code, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Frames, CloseCode,
                         testing::Values(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000,
                                         3999, 4000, 4401, 4999));

class RefusesFrames : public testing::TestWithParam<FrameErrorRow> {};

TEST_P(RefusesFrames, AtEverySplit) {
  for_each_split(GetParam().bytes, [](const Pieces& pieces) {
    FrameCodec codec = make_codec(GetParam().limits);
    const auto items = receive(codec, pieces);
    ASSERT_FALSE(items);
    EXPECT_EQ(name(items.error().reason), name(GetParam().reason));
    EXPECT_EQ(items.error().phase, Phase::message);
    EXPECT_EQ(items.error().origin, Origin::peer);
    EXPECT_THAT(items.error().detail, HasSubstr(GetParam().detail));
    // It stays failed, with the same error.
    const auto again = codec.feed(as_bytes(frame(opcode::text, "late")));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().reason, items.error().reason);
    EXPECT_FALSE(codec.next());
  });
}

INSTANTIATE_TEST_SUITE_P(Frames, RefusesFrames, testing::ValuesIn(frame_error_rows()),
                         [](const auto& row) { return row.param.name; });

TEST(FrameCodec, StopsBehindEachItemAndTakesNothingUntilItIsFetched) {
  const std::string first = frame(opcode::text, "one");
  const std::string both = first + frame(opcode::text, "two");
  FrameCodec codec = make_codec();
  EXPECT_EQ(codec.feed(as_bytes(both)).value(), first.size());
  EXPECT_EQ(codec.feed(as_bytes(both)).value(), 0U);
  EXPECT_EQ(codec.next()->payload, "one");
  EXPECT_FALSE(codec.next());
  EXPECT_EQ(codec.feed(as_bytes(both.substr(first.size()))).value(), both.size() - first.size());
  EXPECT_EQ(codec.next()->payload, "two");
}

TEST(FrameCodec, BadTextIsRefusedAtItsFirstBadByte) {
  // The frame announces 10 bytes; the second one is wrong and the rest never comes.
  FrameCodec codec = make_codec();
  ASSERT_TRUE(
      codec.feed(as_bytes("\x81\x0A"
                          "a")));
  const auto taken = codec.feed(as_bytes("\xFF"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().reason, Reason::frame_bad_utf8);
}

TEST(FrameCodec, AMessageThatIsTooLargeIsRefusedByItsHeader) {
  FrameCodec codec = make_codec();
  const auto taken = codec.feed(as_bytes("\x82\x7F\x00\x00\x00\x00\x00\x10\x00\x01"s));  // 1 MiB and 1
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().reason, Reason::message_too_large);
}

TEST(FrameCodec, AMessageOfExactlyTheLimitIsTaken) {
  SessionLimits limits;
  limits.message_bytes = 70'000;
  const std::string payload(limits.message_bytes, 'm');
  FrameCodec codec = make_codec(limits);
  const auto items = receive(codec, {frame(opcode::binary, payload), frame(opcode::text, payload.substr(9), more),
                                     frame(opcode::continuation, payload.substr(0, 9))});
  ASSERT_TRUE(items) << describe(items.error());
  EXPECT_EQ(*items, (std::vector<Incoming>{{binary, payload, {}}, {text, payload, {}}}));
}

TEST(FrameCodec, CountsFramesAndBytes) {
  FrameCodec codec = make_codec();
  const std::string bytes = frame(opcode::text, "a", more) + frame(opcode::ping, "") + frame(opcode::continuation, "");
  ASSERT_TRUE(receive(codec, {bytes}));
  EXPECT_EQ(codec.frames_received(), 3U);
  EXPECT_EQ(codec.bytes_received(), bytes.size());
}

TEST(FrameCodec, KnowsWhetherAnEndNowWouldBeACut) {
  FrameCodec codec = make_codec();
  EXPECT_FALSE(codec.mid_message());
  const auto mid_message_after = [&](std::string_view bytes) {
    EXPECT_TRUE(receive(codec, {bytes}));
    return codec.mid_message();
  };
  EXPECT_TRUE(mid_message_after("\x01"));       // inside a header
  EXPECT_TRUE(mid_message_after("\x02"));       // behind it
  EXPECT_TRUE(mid_message_after("a"));          // inside the payload
  EXPECT_TRUE(mid_message_after("b"));          // a fragment is awaited
  EXPECT_TRUE(mid_message_after("\x89\x01x"));  // still, behind a ping
  EXPECT_FALSE(mid_message_after("\x80\x00"s));
  EXPECT_FALSE(mid_message_after("\x89\x00"s));
}

TEST(FrameCodec, WritesTheSampleOfTheStandard) {
  FrameCodec codec = make_codec();
  EXPECT_EQ(codec.text("Hello"), "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s);
  EXPECT_EQ(codec.pong("Hello"), "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s);
  EXPECT_EQ(codec.ping(""), "\x89\x80\x37\xfa\x21\x3d"s);
  EXPECT_EQ(codec.close(std::nullopt, "unused without a code"), "\x88\x80\x37\xfa\x21\x3d"s);
}

/// Undoes what the codec wrote: its frame without the mask, as a server would write it.
std::string unmasked(const std::string& written) {
  const auto length_code = static_cast<unsigned char>(written.at(1)) & 0x7FU;
  const std::size_t header = length_code == 127 ? 10 : length_code == 126 ? 4 : 2;
  EXPECT_NE(static_cast<unsigned char>(written.at(1)) & 0x80U, 0U) << "a client masks";
  std::string out = written.substr(0, header);
  out[1] = static_cast<char>(length_code);
  const std::string mask = written.substr(header, 4);
  const std::string payload = written.substr(header + 4);
  for (std::size_t at = 0; at < payload.size(); ++at) out += static_cast<char>(payload[at] ^ mask[at % 4]);
  return out;
}

TEST(FrameCodec, WritesLengthsInTheirShortestForm) {
  FrameCodec codec = make_codec();
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 70000U}) {
    std::string payload(size, '\0');
    for (std::size_t at = 0; at < size; ++at) payload[at] = static_cast<char>(at * 7);
    EXPECT_EQ(unmasked(codec.binary(payload)), frame(opcode::binary, payload)) << size;
  }
}

TEST(FrameCodec, WritesCloseCodesAndReasons) {
  FrameCodec codec = make_codec();
  EXPECT_EQ(unmasked(codec.close(1000, "")), frame(opcode::close, close_body(1000)));
  EXPECT_EQ(unmasked(codec.close(4999, "bye")), frame(opcode::close, close_body(4999, "bye")));
}

TEST(FrameCodec, CutsWhatIsTooLongForAControlFrame) {
  FrameCodec codec = make_codec();
  const std::string longer(200, 'x');
  EXPECT_EQ(unmasked(codec.ping(longer)), frame(opcode::ping, longer.substr(0, 125)));
  EXPECT_EQ(unmasked(codec.pong(longer)), frame(opcode::pong, longer.substr(0, 125)));
  EXPECT_EQ(unmasked(codec.close(1000, longer)), frame(opcode::close, close_body(1000, longer.substr(0, 123))));
}

TEST(FrameCodec, TakesAFreshMaskForEachFrame) {
  unsigned calls = 0;
  FrameCodec codec([&](std::span<std::byte> out) {
    ++calls;
    std::fill(out.begin(), out.end(), static_cast<std::byte>(calls));
  });
  EXPECT_EQ(codec.text("").substr(2), "\1\1\1\1");
  EXPECT_EQ(codec.ping("").substr(2), "\2\2\2\2");
  EXPECT_EQ(codec.close(1000, "").substr(2, 4), "\3\3\3\3");
}

TEST(FrameCodec, MayBeMovedInTheMiddleOfAFrame) {
  FrameCodec codec = make_codec();
  ASSERT_TRUE(codec.feed(as_bytes("\x81\x05Hel")));
  FrameCodec moved = std::move(codec);
  ASSERT_TRUE(moved.feed(as_bytes("lo")));
  EXPECT_EQ(moved.next()->payload, "Hello");
  EXPECT_EQ(moved.text("x").size(), 7U);
}

}  // namespace
}  // namespace wsprobe::wire
