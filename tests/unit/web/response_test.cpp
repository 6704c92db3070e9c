#include "web/response.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::web {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Response, HasTheFieldsThatKeepBrowsersStrict) {
  const Response response = text_response(200, "x");
  const std::string head = write_head(response, {true, 1, WallTime{}});
  EXPECT_THAT(head, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(head, HasSubstr("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 1\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Connection:")));
  EXPECT_THAT(head, testing::EndsWith("\r\n\r\n"));
}

TEST(Response, OwnFieldsCountInPlaceOfTheUsual) {
  Response response = text_response(200, "");
  response.fields.push_back({"content-security-policy", "default-src 'self'"});
  const std::string head = write_head(response, {false, 0, WallTime{}});
  EXPECT_THAT(head, HasSubstr("content-security-policy: default-src 'self'\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("default-src 'none'")));
  EXPECT_THAT(head, HasSubstr("Connection: close\r\n"));
}

TEST(Response, WithoutAnEndHasNoLength) {
  Response response = text_response(200, "");
  response.stream = [](BodyWriter&) -> net::awaitable<void> { co_return; };
  EXPECT_THAT(write_head(response, {false, 0, WallTime{}}), Not(HasSubstr("Content-Length")));
}

}  // namespace
}  // namespace wsprobe::web
