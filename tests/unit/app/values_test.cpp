#include "app/values.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Header, IsNameAndValue) {
  const auto header = parse_header("X-Room:  blue green ");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->name, "X-Room");
  EXPECT_EQ(header->value, "blue green");
}

TEST(Header, RefusesWhatIsNone) {
  EXPECT_EQ(parse_header("nothing").error(), "a header is written `NAME: VALUE`");
  EXPECT_EQ(parse_header("a b: c").error(), "`a b` cannot be the name of a header");
  EXPECT_EQ(parse_header(": c").error(), "`` cannot be the name of a header");
  EXPECT_EQ(parse_header("X-A:").error(), "the header `X-A` has no value");
  EXPECT_EQ(parse_header("X-A: b\r\nX-B: c").error(), "the value of `X-A` has a control character in it");
}

TEST(Header, RefusesThoseOfTheHandshake) {
  for (const char* name : {"connection", "Upgrade", "Sec-WebSocket-Key", "sec-websocket-protocol", "Content-Length"}) {
    EXPECT_THAT(parse_header(std::string(name) + ": x").error(), HasSubstr("itself")) << name;
  }
}

TEST(Header, NoMessageRepeatsTheValue) {
  for (const char* text : {"hunter2", "a b: hunter2", "Upgrade: hunter2", "X: hunter2\x01"}) {
    EXPECT_THAT(parse_header(text).error(), Not(HasSubstr("hunter2"))) << text;
  }
}

TEST(Resolve, TakesAddressesOfBothFamilies) {
  const auto parsed = parse_resolve("example.com:443:127.0.0.1,[::1],2001:db8::7");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->host, "example.com");
  EXPECT_EQ(parsed->port, 443);
  EXPECT_THAT(parsed->addresses, ElementsAre("127.0.0.1", "::1", "2001:db8::7"));
  EXPECT_EQ(parse_resolve("*:80:127.0.0.1")->host, "*");
}

TEST(Resolve, RefusesWhatIsNone) {
  for (const char* text : {"", "h", "h:80", ":80:127.0.0.1", "h:0:127.0.0.1", "h:65536:127.0.0.1", "h:x:127.0.0.1",
                           "h:80:", "h:80:name", "h:80:127.0.0.1,", "h:80:1.2.3"}) {
    EXPECT_FALSE(parse_resolve(text)) << text;
  }
}

TEST(ConnectTo, PartsMayBeEmpty) {
  const auto parsed = parse_connect_to("::[::1]:8443");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->host, "");
  EXPECT_EQ(parsed->port, 0);
  EXPECT_EQ(parsed->to_host, "::1");
  EXPECT_EQ(parsed->to_port, 8443);
  EXPECT_EQ(parse_connect_to("a:1:b:")->to_port, 0);
}

TEST(ConnectTo, RefusesWhatIsNone) {
  for (const char* text : {"", "a:1:b", "a:1:b:2:c", "a:0:b:2", "a:1:b:x"})
    EXPECT_FALSE(parse_connect_to(text)) << text;
}

TEST(TimeLimit, IsADurationOrSeconds) {
  EXPECT_EQ(*parse_time_limit("10s"), Duration(10s));
  EXPECT_EQ(*parse_time_limit("500ms"), Duration(500ms));
  EXPECT_EQ(*parse_time_limit("10"), Duration(10s));
  EXPECT_EQ(*parse_time_limit("2.5"), Duration(2500ms));
  for (const char* text : {"", "0", "-1", "1e9", "nan", "inf", "86401", "10 s", "soon"}) {
    EXPECT_FALSE(parse_time_limit(text)) << text;
  }
}

// ---- add_header ----

scenario::Scenario scenario_with_upgrade() {
  scenario::UpgradeStep step;
  step.headers.emplace_back("x-room", Text("red"));
  scenario::Scenario scenario;
  scenario.steps.emplace_back(step);
  return scenario;
}

const scenario::Headers& headers_of(const scenario::Scenario& scenario) {
  return std::get<scenario::UpgradeStep>(scenario.steps.front()).headers;
}

TEST(AddHeader, ReplacesAFieldOfThatNameInAnyCase) {
  auto scenario = scenario_with_upgrade();
  add_header(scenario, {"X-Room", "blue"});
  ASSERT_EQ(headers_of(scenario).size(), 1U);
  EXPECT_EQ(headers_of(scenario).front().second.reveal(), "blue");
}

TEST(AddHeader, ValueIsNeverShown) {
  auto scenario = scenario_with_upgrade();
  add_header(scenario, {"X-Room", "blue"});
  EXPECT_EQ(headers_of(scenario).front().second.redacted(), "${header:X-Room}");
  EXPECT_TRUE(scenario.secrets.empty()) << "an ordinary word must not be cut out of what peers write";
}

TEST(AddHeader, CredentialsAreRedactedAloneToo) {
  auto scenario = scenario_with_upgrade();
  add_header(scenario, {"Authorization", "Bearer hunter2hunter2"});
  ASSERT_EQ(scenario.secrets.size(), 1U);
  EXPECT_EQ(scenario.secrets.front()->reveal(), "hunter2hunter2");
  EXPECT_EQ(headers_of(scenario).back().second.redacted(), "Bearer ${header:Authorization}");
}

TEST(AddHeader, EachCookieIsASecretOfItsOwn) {
  auto scenario = scenario_with_upgrade();
  add_header(scenario, {"Cookie", "a=first; b=second"});
  const Text& value = headers_of(scenario).back().second;
  EXPECT_EQ(value.reveal(), "a=first; b=second");
  EXPECT_EQ(value.redacted(), "a=${header:Cookie}; b=${header:Cookie}");
  ASSERT_EQ(scenario.secrets.size(), 2U);
  EXPECT_EQ(scenario.secrets.back()->reveal(), "second");
}

TEST(AddHeader, HostIsNoSecret) {
  auto scenario = scenario_with_upgrade();
  add_header(scenario, {"Host", "other.example.com"});
  EXPECT_EQ(headers_of(scenario).back().second.redacted(), "other.example.com");
}

}  // namespace
}  // namespace wsprobe::app
