#include "wire/grammar.hpp"

#include <gtest/gtest.h>

namespace wsprobe::wire {
namespace {

using namespace std::string_view_literals;

TEST(Grammar, TokensAreWhatRfc9110Says) {
  std::string tokens;
  for (int code = 0; code < 256; ++code) {
    if (is_token_character(static_cast<char>(code))) tokens += static_cast<char>(code);
  }
  EXPECT_EQ(tokens, "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("a b"));
  EXPECT_TRUE(is_token("X-Name_1"));
}

TEST(Grammar, ControlCharactersAreAllButTheTab) {
  EXPECT_FALSE(has_control("a\tb ~\x80\xFF"sv));
  EXPECT_TRUE(has_control("\0"sv));
  EXPECT_TRUE(has_control("\r"sv));
  EXPECT_TRUE(has_control("\x1f"sv));
  EXPECT_TRUE(has_control("\x7f"sv));
}

TEST(Grammar, WhitespaceIsSpacesAndTabs) {
  EXPECT_EQ(trim_whitespace(" \t a b\t "), "a b");
  EXPECT_EQ(trim_whitespace(" \t "), "");
  EXPECT_EQ(trim_whitespace("\ra\n"), "\ra\n");
}

TEST(Grammar, Digits) {
  EXPECT_TRUE(is_hex_digit('f') && is_hex_digit('A') && is_hex_digit('0'));
  EXPECT_FALSE(is_hex_digit('g') || is_hex_digit('x') || is_hex_digit('-') || is_digit('a'));
}

}  // namespace
}  // namespace wsprobe::wire
