#include "browser/literals.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::browser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> literals_of(std::string_view script) {
  std::vector<std::string> out;
  for (const Literal& literal : find_literals(script)) {
    out.push_back(fmt::format("{}:{} {}{}", literal.line, literal.column, literal.url, literal.whole ? "" : " +"));
  }
  return out;
}

TEST(Literals, AreFoundWithTheirPlace) {
  EXPECT_THAT(literals_of("window.A = 'wss://a.org/ws';\n  window.B = \"WS://b.org:8080\"; // ws://c.org/x\n"),
              ElementsAre("1:13 wss://a.org/ws", "2:15 WS://b.org:8080", "2:36 ws://c.org/x"));
  EXPECT_THAT(literals_of(R"({"url":"wss:\/\/a.org\/ws"})"), ElementsAre("1:9 wss://a.org/ws"));
}

TEST(Literals, KnowThatAPartIsComputed) {
  EXPECT_THAT(literals_of("`wss://${location.host}/ws`; 'ws://' + host; \"wss://a.org\"+path; 'wss://b.org', +1"),
              ElementsAre("1:2 wss:// +", "1:31 ws:// +", "1:47 wss://a.org +", "1:67 wss://b.org"));
}

TEST(Literals, AreNotPartsOfOtherWords) {
  EXPECT_THAT(literals_of("news://x 'aws://y' ws:/z http://a.org:80 {ws: 1} s://"), IsEmpty());
}

TEST(Literals, AreBounded) {
  std::string script;
  for (std::size_t count = 0; count < most_literals + 5; ++count) script += "'ws://a' ";
  EXPECT_EQ(find_literals(script).size(), most_literals);
  EXPECT_LE(find_literals("'ws://" + std::string(5000, 'a') + "'").front().url.size(), 256U);
}

TEST(Assignments, AreFoundByName) {
  const std::string_view script =
      "if (window.WS_URL == 1) {}\nwindow.WS_URL = 'a';\nwindow['WS_URL']='b'\nx = {WS_URL: 1, \"WS_URL\" : 2}\n"
      "window.WS_URL ||= 3; MY_WS_URL = 1; WS_URL2 = 2\nf(WS_URL)\nWS_URL => 1\nWS_URL === 2\nvar WS_URL\n= 4";
  EXPECT_THAT(find_assignments(script, "WS_URL"), ElementsAre(2U, 3U, 4U, 4U, 5U, 9U));
  EXPECT_THAT(find_assignments(script, ""), IsEmpty());
}

}  // namespace
}  // namespace wsprobe::browser
