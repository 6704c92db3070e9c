#include "exchange/message_expectation.hpp"

#include <gtest/gtest.h>

namespace wsprobe::exchange {
namespace {

bool meets(const std::string& message, const MessageExpectation& expectation) {
  const auto matcher = MessageMatcher::make(expectation);
  return matcher && matcher->matches(message);
}

TEST(MessageMatcher, TextIsTheWholeMessage) {
  EXPECT_TRUE(meets("pong", ExpectText{"pong"}));
  EXPECT_TRUE(meets("", ExpectText{""}));
  EXPECT_FALSE(meets("pong ", ExpectText{"pong"}));
  EXPECT_FALSE(meets("pon", ExpectText{"pong"}));
}

TEST(MessageMatcher, EveryPointerHasToHold) {
  const ExpectJson expected{{{"/type", R"("pong")"}, {"/data/0/ok", "true"}, {"/n", "7"}}};
  EXPECT_TRUE(meets(R"({"n": 7, "type": "pong", "data": [{"ok": true}]})", expected));
  EXPECT_FALSE(meets(R"({"n": 8, "type": "pong", "data": [{"ok": true}]})", expected));
  EXPECT_FALSE(meets(R"({"type": "pong", "data": [{"ok": true}]})", expected));
}

TEST(MessageMatcher, AStringIsNoOtherScalar) {
  EXPECT_FALSE(meets(R"({"ok": "true"})", ExpectJson{{{"/ok", "true"}}}));
  EXPECT_FALSE(meets(R"({"ok": true})", ExpectJson{{{"/ok", R"("true")"}}}));
  EXPECT_TRUE(meets(R"({"ok": "true"})", ExpectJson{{{"/ok", R"("true")"}}}));
}

TEST(MessageMatcher, WhatIsNoJsonMeetsNoPointer) {
  const ExpectJson expected{{{"/type", R"("pong")"}}};
  EXPECT_FALSE(meets("", expected));
  EXPECT_FALSE(meets(R"({"type": "pong")", expected));
  EXPECT_FALSE(meets(R"({"type": "ping", "type": "pong"})", expected));
  EXPECT_FALSE(meets(R"({"inner": {"type": "pong"}})", expected));
  EXPECT_FALSE(meets(R"({"type": {"type": "pong"}})", expected));
}

TEST(MessageMatcher, APatternIsSearchedAnywhere) {
  EXPECT_TRUE(meets("welcome, user 42!", ExpectRegex{"user [0-9]+"}));
  EXPECT_FALSE(meets("welcome, user!", ExpectRegex{"user [0-9]+"}));
  EXPECT_TRUE(meets("abc", ExpectRegex{"^abc$"}));
  EXPECT_FALSE(meets("abcd", ExpectRegex{"^abc$"}));
}

TEST(MessageMatcher, APatternIsSearchedInTheFirst4KiBOnly) {
  EXPECT_TRUE(meets(std::string(4095, 'x') + "y", ExpectRegex{"y"}));
  EXPECT_FALSE(meets(std::string(4096, 'x') + "y", ExpectRegex{"y"}));
}

TEST(MessageMatcher, APatternTakesBoundedTimeWhateverThePeerSends) {
  // Minutes and more for a matcher that tries one path after the other.
  EXPECT_FALSE(meets(std::string(2000, 'a') + "!", ExpectRegex{"^(a+)+$"}));
}

TEST(MessageMatcher, APatternThatCannotBeUsedIsAConfigurationError) {
  for (const char* pattern : {"(", "[z-a]", "*", R"((a)\1)"}) {
    const MessageExpectation expectation = ExpectRegex{pattern};
    const auto matcher = MessageMatcher::make(expectation);
    ASSERT_FALSE(matcher) << pattern;
    EXPECT_EQ(matcher.error().reason, Reason::bad_configuration);
    EXPECT_EQ(matcher.error().origin, Origin::local);
    EXPECT_FALSE(matcher.error().detail.empty());
  }
}

TEST(MessageMatcher, NoExpectationIsMetByAnything) {
  EXPECT_TRUE(meets("", std::monostate{}));
  EXPECT_TRUE(meets("x", std::monostate{}));
}

}  // namespace
}  // namespace wsprobe::exchange
