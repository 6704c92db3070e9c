#include "web/request.hpp"

#include <gtest/gtest.h>

namespace wsprobe::web {
namespace {

using State = RequestParser::State;

int refusal_of(std::string_view text, RequestLimits limits = {}) {
  RequestParser parser(limits);
  return parser.feed(text) == State::refused ? parser.refusal() : 0;
}

TEST(RequestParser, ReadsARequestAtEverySplit) {
  const std::string text =
      "POST /a%20b?x=1&y=%C3%A4+b HTTP/1.1\r\nHost: h\r\nX-Field:  value \r\nContent-Length: 4\r\n\r\nbody";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    RequestParser parser;
    parser.feed(std::string_view(text).substr(0, split));
    ASSERT_EQ(parser.feed(std::string_view(text).substr(split)), State::complete) << split;
    const Request request = parser.take();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/a b");
    EXPECT_EQ(request.parameter("x"), "1");
    EXPECT_EQ(request.parameter("y"), "ä b");
    EXPECT_FALSE(request.parameter("z"));
    ASSERT_NE(request.find("x-field"), nullptr);
    EXPECT_EQ(*request.find("x-field"), "value");
    EXPECT_EQ(request.body, "body");
    EXPECT_TRUE(request.keep_alive);
  }
}

TEST(RequestParser, GoesOnWithWhatFollows) {
  RequestParser parser;
  parser.feed("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET");
  EXPECT_EQ(parser.take().path, "/1");
  ASSERT_EQ(parser.state(), State::complete);
  EXPECT_EQ(parser.take().path, "/2");
  EXPECT_EQ(parser.state(), State::head);
  EXPECT_FALSE(parser.is_untouched());
}

TEST(RequestParser, KnowsWhenTheConnectionStays) {
  const auto keeps = [](std::string_view text) {
    RequestParser parser;
    EXPECT_EQ(parser.feed(text), State::complete) << text;
    return parser.take().keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
}

TEST(RequestParser, AsksForABodyThatIsWaitedFor) {
  RequestParser parser;
  parser.feed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(parser.take_expectation());
  EXPECT_FALSE(parser.take_expectation());
  EXPECT_EQ(parser.feed("ab"), State::complete);
}

struct BadRequest {
  const char* text;
  int status;
  friend void PrintTo(const BadRequest& request, std::ostream* out) { *out << request.text; }
};

class BadRequests : public testing::TestWithParam<BadRequest> {};

TEST_P(BadRequests, AreRefused) { EXPECT_EQ(refusal_of(GetParam().text), GetParam().status) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(
    All, BadRequests,
    testing::Values(BadRequest{"GET\r\n\r\n", 400}, BadRequest{"GET /\r\n\r\n", 400},
                    BadRequest{"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505}, BadRequest{"GET / FTP/1.1\r\n\r\n", 400},
                    BadRequest{"GE T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    BadRequest{"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    BadRequest{"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    BadRequest{"GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    BadRequest{"GET /%2 HTTP/1.1\r\nHost: h\r\n\r\n", 400}, BadRequest{"GET / HTTP/1.1\r\n\r\n", 400},
                    BadRequest{"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400},
                    BadRequest{"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
                    BadRequest{"GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400},
                    BadRequest{"GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
                    BadRequest{"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
                    BadRequest{"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", 400},
                    BadRequest{"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n", 413},
                    BadRequest{"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413},
                    BadRequest{"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 501}));

TEST(RequestParser, RefusesWhatIsTooLargeBeforeItHasCome) {
  RequestLimits limits;
  limits.line = 64;
  limits.head = 256;
  limits.fields = 3;
  EXPECT_EQ(refusal_of("GET /" + std::string(100, 'a'), limits), 414);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(300, 'a'), limits), 431);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits), 431);
}

}  // namespace
}  // namespace wsprobe::web
