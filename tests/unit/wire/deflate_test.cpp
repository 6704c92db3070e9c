#include "wire/deflate.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "support/splits.hpp"
#include "unit/wire/server_frames.hpp"
#include "wire/ws_frames.hpp"

namespace wsprobe::wire {
namespace {

using namespace std::string_literals;
using test::as_bytes;
using test::for_each_split;
using test::Pieces;

const std::string left_out("\x00\x00\xff\xff", 4);

// The examples of RFC 7692 section 7.2.3.
const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
const std::string hello_again("\xf2\x00\x11\x00\x00", 5);
const std::string hello_stored("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11);
const std::string hello_last_block("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);
const std::string hello_two_blocks("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13);

constexpr Inflater::Limits ample{1 << 20, 1 << 24};

Result<std::string> inflate(Inflater& inflater, const Pieces& pieces) {
  std::string message;
  for (const std::string_view piece : pieces) {
    if (auto added = inflater.add(as_bytes(piece), message); !added) return tl::unexpected(added.error());
  }
  if (auto added = inflater.add(as_bytes(left_out), message); !added) return tl::unexpected(added.error());
  if (auto ended = inflater.end_message(); !ended) return tl::unexpected(ended.error());
  return message;
}

Result<std::string> inflate(Inflater& inflater, const std::string& payload) {
  return inflate(inflater, Pieces{payload});
}

std::string compressible(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "{\"symbol\": " + std::to_string(text.size() * 7919 % 1000) + "}";
  text.resize(size);
  return text;
}

TEST(Inflater, ReadsTheExamplesOfTheStandardAtEverySplit) {
  for (const std::string& payload : {hello, hello_stored, hello_last_block, hello_two_blocks}) {
    for_each_split(payload, [](const Pieces& pieces) {
      Inflater inflater(ContextTakeover::kept, ample);
      EXPECT_EQ(inflate(inflater, pieces).value(), "Hello");
    });
  }
}

TEST(Inflater, KeepsItsWindowFromMessageToMessage) {
  Inflater inflater(ContextTakeover::kept, ample);
  EXPECT_EQ(inflate(inflater, hello).value(), "Hello");
  EXPECT_EQ(inflate(inflater, hello_again).value(), "Hello");
}

TEST(Inflater, KeepsItsWindowBehindTheLastBlockOfAStream) {
  Inflater inflater(ContextTakeover::kept, ample);
  EXPECT_EQ(inflate(inflater, hello_last_block).value(), "Hello");
  EXPECT_EQ(inflate(inflater, hello_again).value(), "Hello");
}

TEST(Inflater, ForgetsItWhereThatWasAgreed) {
  Inflater inflater(ContextTakeover::dropped, ample);
  EXPECT_EQ(inflate(inflater, hello).value(), "Hello");
  EXPECT_EQ(inflate(inflater, hello).value(), "Hello");
  EXPECT_EQ(inflate(inflater, hello_again).error().reason, Reason::frame_error);
}

TEST(Inflater, RefusesWhatIsNoDeflate) {
  for (const std::string& payload : {"\x07garbage"s, "\x00\x05\x00\x00\x00Hello\x00"s}) {
    Inflater inflater(ContextTakeover::kept, ample);
    EXPECT_EQ(inflate(inflater, payload).error().reason, Reason::frame_error);
  }
}

TEST(Inflater, RefusesAMessageThatStopsInsideABlock) {
  for (std::size_t size = 1; size + 1 < hello.size(); ++size) {
    Inflater inflater(ContextTakeover::kept, ample);
    const auto message = inflate(inflater, hello.substr(0, size));
    ASSERT_FALSE(message) << size;
    EXPECT_EQ(message.error().reason, Reason::frame_error);
  }
}

TEST(Inflater, StopsAtTheLimitOfAMessage) {
  const std::string bomb = Deflater({}).compress(std::string(1 << 24, 'x')).value();
  Inflater inflater(ContextTakeover::kept, {1 << 20, 1 << 30});
  std::string message;
  const auto added = inflater.add(as_bytes(bomb), message);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().reason, Reason::message_too_large);
  EXPECT_LE(message.size(), 1U << 20);
  EXPECT_LE(message.capacity(), 1U << 21);
}

TEST(Inflater, TakesAMessageOfExactlyTheLimitAndNoneOfAByteMore) {
  for (const std::size_t size : {99U, 100U, 101U}) {
    Inflater inflater(ContextTakeover::kept, {100, 1000});
    EXPECT_EQ(inflate(inflater, Deflater({}).compress(std::string(size, 'x')).value()).has_value(), size <= 100);
  }
}

TEST(Inflater, StopsAtTheLimitOfASession) {
  const std::string payload = Deflater({}).compress(std::string(1000, 'x')).value();
  Inflater inflater(ContextTakeover::dropped, {1000, 10'000});
  for (int message = 0; message < 10; ++message) ASSERT_TRUE(inflate(inflater, payload));
  EXPECT_EQ(inflate(inflater, payload).error().reason, Reason::session_input_limit);
}

TEST(Deflater, IsReadWithEveryWindowAndBothTakeovers) {
  for (int bits = smallest_window_bits; bits <= largest_window_bits; ++bits) {
    for (const ContextTakeover takeover : {ContextTakeover::kept, ContextTakeover::dropped}) {
      Deflater deflater({.client = takeover, .client_window_bits = bits});
      Inflater inflater(takeover, ample);
      for (const std::size_t size : {0U, 1U, 5U, 1000U, 0U, 100000U}) {
        const std::string text = compressible(size);
        const std::string payload = deflater.compress(text).value();
        EXPECT_EQ(inflate(inflater, payload).value(), text);
        if (size >= 1000) {
          EXPECT_LT(payload.size(), size);
        }
      }
    }
  }
}

TEST(Deflater, RefersToEarlierMessagesOnlyWhereThatWasAgreed) {
  const std::string text = compressible(200);
  Deflater keeping({});
  Deflater forgetting({.client = ContextTakeover::dropped});
  const std::string first = keeping.compress(text).value();
  EXPECT_LT(keeping.compress(text).value().size(), first.size() / 4);
  EXPECT_EQ(forgetting.compress(text).value(), forgetting.compress(text).value());
}

// From here on: frames. RSV1 says that a message is compressed (RFC 7692 section 6).

std::string with_rsv1(std::string frame) {
  frame[0] = static_cast<char>(frame[0] | 0x40);
  return frame;
}

FrameCodec make_codec(SessionLimits limits = {}) {
  return FrameCodec([](std::span<std::byte> out) { std::fill(out.begin(), out.end(), std::byte{}); }, limits,
                    DeflateParameters{});
}

/// The messages' texts, or how it failed.
Result<std::vector<std::string>> receive(const Pieces& pieces, SessionLimits limits = {}) {
  FrameCodec codec = make_codec(limits);
  std::vector<std::string> texts;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const auto taken = codec.feed(as_bytes(piece));
      if (!taken) return tl::unexpected(taken.error());
      piece.remove_prefix(*taken);
      if (auto item = codec.next()) texts.push_back(std::move(item->payload));
    }
  }
  return texts;
}

void expect_failure(const std::string& bytes, Reason reason) {
  for_each_split(bytes, [&](const Pieces& pieces) {
    const auto texts = receive(pieces);
    ASSERT_FALSE(texts);
    EXPECT_EQ(name(texts.error().reason), name(reason));
  });
}

TEST(CompressedFrames, StandBesidePlainOnesAndControlFrames) {
  const std::string bytes = with_rsv1(frame(opcode::text, hello)) + frame(opcode::text, "plain") +
                            with_rsv1(frame(opcode::text, hello_again.substr(0, 2), Fin::more)) +
                            frame(opcode::ping, "ping") + frame(opcode::continuation, "", Fin::more) +
                            frame(opcode::continuation, hello_again.substr(2));
  for_each_split(bytes, [](const Pieces& pieces) {
    EXPECT_EQ(receive(pieces).value(), (std::vector<std::string>{"Hello", "plain", "ping", "Hello"}));
  });
}

TEST(CompressedFrames, OnlyTheFirstFragmentOfAMessageSaysSo) {
  expect_failure(with_rsv1(frame(opcode::text, hello.substr(0, 3), Fin::more)) +
                     with_rsv1(frame(opcode::continuation, hello.substr(3))),
                 Reason::frame_reserved_bits);
  expect_failure(frame(opcode::text, "H", Fin::more) + with_rsv1(frame(opcode::continuation, "el", Fin::more)) +
                     frame(opcode::continuation, "lo"),
                 Reason::frame_reserved_bits);
  expect_failure(frame(opcode::text, "Hel", Fin::more) + with_rsv1(frame(opcode::continuation, "lo")),
                 Reason::frame_reserved_bits);
}

TEST(CompressedFrames, AreNeverControlFrames) {
  for (const unsigned code : {opcode::ping, opcode::pong, opcode::close}) {
    expect_failure(with_rsv1(frame(code, "")), Reason::frame_reserved_bits);
  }
}

TEST(CompressedFrames, HaveToHoldDeflateAndUtf8) {
  expect_failure(with_rsv1(frame(opcode::text, "\x07garbage")), Reason::frame_error);
  expect_failure(with_rsv1(frame(opcode::text, hello.substr(0, 4))), Reason::frame_error);
  expect_failure(with_rsv1(frame(opcode::text, Deflater({}).compress("\xff").value())), Reason::frame_bad_utf8);
  expect_failure(with_rsv1(frame(opcode::text, Deflater({}).compress("\xe2\x82").value())), Reason::frame_bad_utf8);
}

TEST(CompressedFrames, AreHeldToTheLimitByWhatTheyDecompressTo) {
  const std::string bomb = with_rsv1(frame(opcode::binary, Deflater({}).compress(std::string(1 << 23, '\0')).value()));
  ASSERT_LT(bomb.size(), 10'000U);
  EXPECT_EQ(receive({bomb}).error().reason, Reason::message_too_large);
}

TEST(CompressedFrames, AreWhatIsSent) {
  FrameCodec codec = make_codec();
  const std::string text = codec.text("Hello");
  EXPECT_EQ(static_cast<unsigned char>(text[0]), 0xC1);
  EXPECT_EQ(text.substr(6), hello);
  EXPECT_EQ(static_cast<unsigned char>(codec.binary("Hello")[0]), 0xC2);
  EXPECT_EQ(static_cast<unsigned char>(codec.ping("Hello")[0]), 0x89);
  EXPECT_EQ(static_cast<unsigned char>(codec.close(1000, "")[0]), 0x88);
}

}  // namespace
}  // namespace wsprobe::wire
