#include "wire/response_decoder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/splits.hpp"
#include "unit/wire/dump.hpp"
#include "unit/wire/error_rows.hpp"

namespace wsprobe::wire {
namespace {

using test::as_bytes;
using test::feed_pieces;
using test::for_each_split;
using test::Pieces;
using testing::HasSubstr;

// Each response is a file, NAME.http, beside what is to be understood of it, NAME.txt. The first word of the name says
// what the request was.

const std::filesystem::path& data_folder() {
  static const std::filesystem::path folder = std::filesystem::path(WSPROBE_SOURCE_DIR) / "tests/data/responses";
  return folder;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.is_open()) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> response_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(data_folder())) {
    if (entry.path().extension() == ".http") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

RequestShape shape_of(const std::string& name) {
  if (name.starts_with("upgrade-")) return RequestShape::upgrade;
  return name.starts_with("head-") ? RequestShape::head : RequestShape::plain;
}

class ResponseFile : public testing::TestWithParam<std::string> {};

TEST_P(ResponseFile, IsUnderstoodAtEverySplit) {
  const std::string bytes = read_file(data_folder() / (GetParam() + ".http"));
  const std::string expected = read_file(data_folder() / (GetParam() + ".txt"));
  for_each_split(bytes, [&](const Pieces& pieces) {
    ResponseDecoder decoder(shape_of(GetParam()));
    const auto taken = feed_pieces(decoder, pieces);
    ASSERT_TRUE(taken) << describe(taken.error());
    ASSERT_EQ(*taken, bytes.size());
    EXPECT_TRUE(decoder.head_done());
    EXPECT_EQ(decoder.done(), decoder.response().framing != Framing::until_close);
    ASSERT_TRUE(decoder.end_of_input());
    EXPECT_TRUE(decoder.done());
    ASSERT_EQ(dump(decoder.response()), expected);
    EXPECT_THAT(bytes, HasSubstr(decoder.response().head.raw));
  });
}

TEST_P(ResponseFile, LeavesWhatFollowsAlone) {
  const std::string bytes = read_file(data_folder() / (GetParam() + ".http"));
  const std::string followed = bytes + "HTTP/1.1 200 OK\r\n\r\n";
  ResponseDecoder whole(shape_of(GetParam()));
  ASSERT_TRUE(whole.feed(as_bytes(bytes)));
  if (!whole.done()) return;  // until the peer closes: everything is body
  for_each_split(followed, [&](const Pieces& pieces) {
    ResponseDecoder decoder(shape_of(GetParam()));
    ASSERT_EQ(feed_pieces(decoder, pieces).value(), bytes.size());
    ASSERT_EQ(decoder.feed(as_bytes("more")).value(), 0U);
    Response response = decoder.take_response();
    EXPECT_EQ(response.extra_bytes, response.head.status != 101);
    response.extra_bytes = false;
    ASSERT_EQ(dump(response), dump(whole.response()));
  });
}

TEST_P(ResponseFile, IsIncompleteWhereTheLastByteIsMissing) {
  std::string bytes = read_file(data_folder() / (GetParam() + ".http"));
  ResponseDecoder whole(shape_of(GetParam()));
  ASSERT_TRUE(whole.feed(as_bytes(bytes)));
  if (!whole.done()) return;
  bytes.pop_back();
  ResponseDecoder decoder(shape_of(GetParam()));
  ASSERT_TRUE(decoder.feed(as_bytes(bytes)));
  EXPECT_FALSE(decoder.done());
  const auto end = decoder.end_of_input();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().reason, decoder.head_done() ? Reason::closed_in_body : Reason::closed_in_head);
}

std::string name_of_file(const testing::TestParamInfo<std::string>& row) {
  std::string name = row.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Responses, ResponseFile, testing::ValuesIn(response_names()), name_of_file);

class ResponseError : public testing::TestWithParam<ResponseErrorRow> {};

TEST_P(ResponseError, HasItsReasonAtEverySplit) {
  const ResponseErrorRow& row = GetParam();
  for_each_split(row.bytes, [&](const Pieces& pieces) {
    ResponseDecoder decoder(row.shape, row.limits);
    auto error = std::optional<Error>{};
    const auto taken = feed_pieces(decoder, pieces);
    if (!taken) {
      error = taken.error();
    } else if (row.then == Then::closes) {
      const auto end = decoder.end_of_input();
      if (!end) error = end.error();
    }
    ASSERT_TRUE(error);
    ASSERT_EQ(name(error->reason), name(row.reason)) << error->detail;
    EXPECT_EQ(error->phase, row.reason == Reason::closed_before_response ? Phase::first_byte : Phase::response);
    EXPECT_EQ(error->origin, Origin::peer);
    EXPECT_FALSE(decoder.done());
    // It stays failed, with the same error.
    const auto again = decoder.feed(as_bytes("HTTP/1.1 200 OK\r\n\r\n"));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().detail, error->detail);
    EXPECT_EQ(decoder.end_of_input().error().reason, error->reason);
  });
}

TEST_P(ResponseError, SaysWhatWasWrong) {
  const ResponseErrorRow& row = GetParam();
  ResponseDecoder decoder(row.shape, row.limits);
  const auto taken = decoder.feed(as_bytes(row.bytes));
  const Error error = taken ? decoder.end_of_input().error() : taken.error();
  EXPECT_THAT(error.detail, HasSubstr(row.detail));
  EXPECT_LE(error.detail.size(), 600U);
  EXPECT_TRUE(std::all_of(error.detail.begin(), error.detail.end(), [](char c) { return c >= 0x20 || c < 0; }));
}

INSTANTIATE_TEST_SUITE_P(Responses, ResponseError, testing::ValuesIn(response_error_rows()),
                         [](const auto& row) { return row.param.name; });

TEST(ResponseDecoder, SaysWhetherAnythingCame) {
  ResponseDecoder decoder(RequestShape::plain);
  EXPECT_FALSE(decoder.started());
  ASSERT_TRUE(decoder.feed(as_bytes("H")));
  EXPECT_TRUE(decoder.started());
  EXPECT_EQ(decoder.first_bytes(), "H");
  EXPECT_FALSE(decoder.head_done());
}

TEST(ResponseDecoder, KeepsTheFirst512Bytes) {
  ResponseDecoder decoder(RequestShape::plain);
  const std::string garbage(1000, 'z');
  EXPECT_FALSE(decoder.feed(as_bytes(garbage)));
  EXPECT_EQ(decoder.first_bytes(), garbage.substr(0, 512));
}

TEST(ResponseDecoder, KeepsTheRawHead) {
  ResponseDecoder decoder(RequestShape::upgrade);
  const std::string raw = "HTTP/1.1 403 \nServer:a\r\nserver: b \r\n\r\n";
  ASSERT_TRUE(decoder.feed(as_bytes("HTTP/1.1 100 \r\n\r\n" + raw)));
  EXPECT_EQ(decoder.response().head.raw, raw);
  EXPECT_EQ(decoder.response().head.status_line(), "HTTP/1.1 403 ");
}

TEST(ResponseDecoder, FindsTheStatusLineBehindEmptyLines) {
  ResponseDecoder decoder(RequestShape::plain);
  ASSERT_TRUE(decoder.feed(as_bytes("\r\n\nHTTP/1.1 200 OK\r\n\r\n")));
  EXPECT_EQ(decoder.response().head.status_line(), "HTTP/1.1 200 OK");
}

TEST(ResponseDecoder, WhatWasUnderstoodBeforeAnErrorRemains) {
  ResponseDecoder decoder(RequestShape::plain);
  ASSERT_FALSE(decoder.feed(as_bytes("HTTP/1.1 403 Forbidden\r\nServer: x\r\nTransfer-Encoding: gzip\r\n\r\n")));
  EXPECT_TRUE(decoder.head_done());
  EXPECT_EQ(decoder.response().head.status, 403);
  EXPECT_EQ(*decoder.response().head.find("server"), "x");
}

TEST(ResponseDecoder, KeepsTheBeginningOfALongBodyAndCountsItAll) {
  DecoderLimits limits;
  limits.body_kept = 4;
  for_each_split("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", [&](const Pieces& pieces) {
    ResponseDecoder decoder(RequestShape::plain, limits);
    ASSERT_TRUE(feed_pieces(decoder, pieces));
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(decoder.response().body, "0123");
    EXPECT_EQ(decoder.response().body_size, 10U);
    EXPECT_TRUE(decoder.response().body_complete);
    EXPECT_FALSE(decoder.response().body_kept_whole());
  });
}

class DrainLimit : public testing::TestWithParam<std::string> {};

TEST_P(DrainLimit, EndsTheResponseWithoutCallingItComplete) {
  DecoderLimits limits;
  limits.body_drained = 6;
  for_each_split(GetParam(), [&](const Pieces& pieces) {
    ResponseDecoder decoder(RequestShape::plain, limits);
    ASSERT_TRUE(feed_pieces(decoder, pieces));
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(decoder.response().body_size, 6U);
    EXPECT_FALSE(decoder.response().body_complete);
    EXPECT_FALSE(decoder.response().extra_bytes) << "what follows is body, not something extra";
    EXPECT_TRUE(decoder.end_of_input());
  });
}

INSTANTIATE_TEST_SUITE_P(
    ResponseDecoder, DrainLimit,
    testing::Values("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
                    "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n0123456789",
                    "HTTP/1.1 200 OK\r\n\r\n0123456789",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n6789ab\r\n"));

TEST(ResponseDecoder, ABodyOfExactlyTheDrainLimitIsComplete) {
  DecoderLimits limits;
  limits.body_drained = 6;
  ResponseDecoder decoder(RequestShape::plain, limits);
  ASSERT_TRUE(decoder.feed(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n012345")));
  EXPECT_TRUE(decoder.done());
  EXPECT_TRUE(decoder.response().body_complete);
}

TEST(ResponseDecoder, AHeadOfExactlyTheLimitsIsTaken) {
  const std::string head = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n";
  DecoderLimits limits;
  limits.head_bytes = head.size();
  limits.fields = 2;
  for_each_split(head, [&](const Pieces& pieces) {
    ResponseDecoder decoder(RequestShape::plain, limits);
    ASSERT_EQ(feed_pieces(decoder, pieces).value(), head.size());
    EXPECT_TRUE(decoder.head_done());
  });
}

TEST(ResponseDecoder, TheLimitOfTheHeadIsPerHead) {
  const std::string interim = "HTTP/1.1 102 Processing\r\n\r\n";
  DecoderLimits limits;
  limits.head_bytes = 30;
  ResponseDecoder decoder(RequestShape::plain, limits);
  ASSERT_TRUE(decoder.feed(as_bytes(interim + interim + "HTTP/1.1 200 OK\r\n\r\n")));
  EXPECT_TRUE(decoder.head_done());
}

TEST(ResponseDecoder, FramesRightBehindThe101StayUnconsumed) {
  const std::string head = "HTTP/1.1 101 \r\nUpgrade: websocket\r\n\r\n";
  for_each_split(head + "\x81\x05Hello", [&](const Pieces& pieces) {
    ResponseDecoder decoder(RequestShape::upgrade);
    ASSERT_EQ(feed_pieces(decoder, pieces).value(), head.size());
    EXPECT_TRUE(decoder.done());
    EXPECT_FALSE(decoder.response().extra_bytes);
  });
}

TEST(ResponseDecoder, ChunksInHttp10AreDecoded) {
  // RFC 9112 section 6.1 calls the framing faulty and lets the message be processed; the connection is closed anyway.
  ResponseDecoder decoder(RequestShape::plain);
  ASSERT_TRUE(decoder.feed(as_bytes("HTTP/1.0 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n")));
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(decoder.response().body, "no");
}

}  // namespace
}  // namespace wsprobe::wire
