#include "wire/request_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::wire {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

Request sample() {
  Request request;
  request.target = "/api/ws?token=abc";
  request.host = "api.example.com";
  return request;
}

TEST(WriteRequest, WritesALineHostAndFieldsInOrder) {
  Request request = sample();
  request.fields = {{"X-B", "2"}, {"Accept", "*/*"}, {"X-Empty", ""}, {"x-b", "3"}};
  EXPECT_EQ(write_request(request).value(),
            "GET /api/ws?token=abc HTTP/1.1\r\nHost: api.example.com\r\n"
            "X-B: 2\r\nAccept: */*\r\nX-Empty: \r\nx-b: 3\r\n\r\n");
}

TEST(WriteRequest, AddsTheLengthOfABody) {
  Request request = sample();
  request.method = "POST";
  request.target = "/errors";
  request.body = "{\"a\":\"\xC3\xBC\r\n\"}";
  EXPECT_EQ(write_request(request).value(),
            "POST /errors HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 12\r\n\r\n{\"a\":\"\xC3\xBC\r\n\"}");
}

TEST(WriteRequest, SaysThatABodyIsEmptyWhereOneIsUsual) {
  Request request = sample();
  EXPECT_THAT(write_request(request).value(), Not(HasSubstr("Content-Length")));
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    request.method = method;
    EXPECT_THAT(write_request(request).value(), HasSubstr("\r\nContent-Length: 0\r\n\r\n")) << method;
  }
}

TEST(WriteRequest, ASecondHostMayBeAskedFor) {
  // An experiment: every HTTP server has to refuse it itself.
  Request request = sample();
  request.fields = {{"Host", "other.invalid"}};
  EXPECT_THAT(write_request(request).value(), HasSubstr("Host: api.example.com\r\nHost: other.invalid\r\n"));
}

TEST(WriteRequest, SecretsReachTheWire) {
  Request request = sample();
  const auto secret = std::make_shared<const Secret>("valid", "s3cret");
  request.target.append(secret);
  Text authorization("Bearer ");
  authorization.append(secret);
  request.fields = {{"Authorization", authorization}};
  request.body.append(secret);
  const std::string written = write_request(request).value();
  EXPECT_THAT(written, HasSubstr("?token=abcs3cret HTTP"));
  EXPECT_THAT(written, HasSubstr("Bearer s3cret\r\n"));
  EXPECT_THAT(written, HasSubstr("\r\n\r\ns3cret"));
}

struct Injection {
  std::string name;
  void (*inject)(Request&, const std::string&);
};

class NothingInjects : public testing::TestWithParam<Injection> {};

TEST_P(NothingInjects, ThroughAnyControlCharacter) {
  for (const std::string& poison :
       {"a\r\nX: y"s, "a\nX: y"s, "a\rX: y"s, "a\0b"s, "\x1b[2J"s, "a\x7F"s, "\r\n\r\nGET / HTTP/1.1"s}) {
    Request request = sample();
    GetParam().inject(request, poison);
    const auto written = write_request(request);
    ASSERT_FALSE(written) << testing::PrintToString(poison);
    EXPECT_EQ(written.error().reason, Reason::bad_configuration);
    EXPECT_EQ(written.error().origin, Origin::local);
    EXPECT_EQ(written.error().phase, Phase::request);
  }
}

INSTANTIATE_TEST_SUITE_P(
    WriteRequest, NothingInjects,
    testing::Values(Injection{"method", [](Request& request, const std::string& poison) { request.method = poison; }},
                    Injection{"target",
                              [](Request& request, const std::string& poison) { request.target = "/" + poison; }},
                    Injection{"host", [](Request& request, const std::string& poison) { request.host = poison; }},
                    Injection{"name",
                              [](Request& request, const std::string& poison) {
                                request.fields = {{poison, "v"}};
                              }},
                    Injection{"value",
                              [](Request& request, const std::string& poison) {
                                request.fields = {{"X", poison}};
                              }},
                    Injection{"secret",
                              [](Request& request, const std::string& poison) {
                                Text value;
                                value.append(std::make_shared<const Secret>("valid", poison));
                                request.fields = {{"X", value}};
                              }}),
    [](const auto& row) { return row.param.name; });

TEST(WriteRequest, AnErrorNeverShowsAValue) {
  Request request = sample();
  Text value;
  value.append(std::make_shared<const Secret>("valid", "s3cret\n"));
  request.fields = {{"Authorization", value}};
  EXPECT_THAT(write_request(request).error().detail, Not(HasSubstr("s3cret")));
  request = sample();
  request.target.append(std::make_shared<const Secret>("valid", "s3 cret"));
  EXPECT_THAT(write_request(request).error().detail, Not(HasSubstr("s3")));
}

TEST(WriteRequest, TheLengthIsOursAlone) {
  for (const char* name : {"Content-Length", "content-length", "Transfer-Encoding", "TRANSFER-ENCODING"}) {
    Request request = sample();
    request.fields = {{name, "chunked"}};
    EXPECT_FALSE(write_request(request)) << name;
  }
}

TEST(WriteRequest, RefusesWhatIsNoRequest) {
  const auto refuses = [](auto change) {
    Request request = sample();
    change(request);
    return !write_request(request);
  };
  EXPECT_TRUE(refuses([](Request& request) { request.method = ""; }));
  EXPECT_TRUE(refuses([](Request& request) { request.method = "GET /"; }));
  EXPECT_TRUE(refuses([](Request& request) { request.target = ""; }));
  EXPECT_TRUE(refuses([](Request& request) { request.target = "api"; }));
  EXPECT_TRUE(refuses([](Request& request) { request.target = "/a b"; }));
  EXPECT_TRUE(refuses([](Request& request) { request.target = "/caf\xC3\xA9"; }));
  EXPECT_TRUE(refuses([](Request& request) { request.host = ""; }));
  EXPECT_TRUE(refuses([](Request& request) { request.fields = {{"", "v"}}; }));
  EXPECT_TRUE(refuses([](Request& request) { request.fields = {{"X:", "v"}}; }));
  EXPECT_FALSE(refuses([](Request& request) { request.fields = {{"X-Name_1", "caf\xC3\xA9\tx"}}; }));
}

}  // namespace
}  // namespace wsprobe::wire
