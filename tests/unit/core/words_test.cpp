#include "core/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> words(std::string_view text) {
  const auto split = split_words(text);
  EXPECT_TRUE(split) << split.error();
  return split ? *split : std::vector<std::string>();
}

TEST(Words, ArePartedByWhiteSpace) {
  EXPECT_THAT(words("docker logs --since 1m backend"), ElementsAre("docker", "logs", "--since", "1m", "backend"));
  EXPECT_THAT(words("  journalctl \t -u\napi  "), ElementsAre("journalctl", "-u", "api"));
}

TEST(Words, AreQuotedAsAShellQuotesThem) {
  EXPECT_THAT(words(R"(ssh host 'docker logs $X | tail')"), ElementsAre("ssh", "host", "docker logs $X | tail"));
  EXPECT_THAT(words(R"(a "b \" \\ c\d" '')"), ElementsAre("a", "b \" \\ c\\d", ""));
  EXPECT_THAT(words(R"(con'cat'"en"ated esc\ aped\|)"), ElementsAre("concatenated", "esc aped|"));
  EXPECT_THAT(words(R"(a "\$X")"), ElementsAre("a", "$X"));
}

TEST(Words, ThatOnlyAShellCouldDoSomethingWithAreRefused) {
  for (const char* text : {"a | b", "a && b", "a; b", "a > b", "a < b", "a $X", "a `b`", "(a)", R"(a "$X")"}) {
    const auto split = split_words(text);
    ASSERT_FALSE(split) << text;
    EXPECT_FALSE(split.error().empty());
  }
  EXPECT_THAT(split_words("docker logs x | tail").error(), HasSubstr("without a shell"));
}

TEST(Words, ThatAreNotFinishedOrTooManyAreRefused) {
  EXPECT_THAT(split_words("a 'b").error(), HasSubstr("' is not closed"));
  EXPECT_THAT(split_words("a \"b").error(), HasSubstr("\" is not closed"));
  EXPECT_THAT(split_words("a \\").error(), HasSubstr("backslash"));
  EXPECT_THAT(split_words("  ").error(), HasSubstr("no command"));
  EXPECT_THAT(split_words(std::string("a\0b", 3)).error(), HasSubstr("NUL"));
  EXPECT_THAT(split_words(std::string("'a\0b'", 5)).error(), HasSubstr("NUL"));
  EXPECT_THAT(split_words(std::string("\"a\0b\"", 5)).error(), HasSubstr("NUL"));
  EXPECT_THAT(split_words(std::string(5000, 'x')).error(), HasSubstr("longer than 4096"));
  std::string many;
  for (int i = 0; i < 65; ++i) many += "w ";
  EXPECT_THAT(split_words(many).error(), HasSubstr("more than 64"));
}

}  // namespace
}  // namespace wsprobe
