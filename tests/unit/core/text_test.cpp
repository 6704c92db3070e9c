#include "core/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe {
namespace {

using namespace std::string_literals;

TEST(EscapeForDisplay, LeavesPrintableUtf8Alone) {
  EXPECT_EQ(escape_for_display("Verboten: caf\xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x98\x80 ~"),
            "Verboten: caf\xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x98\x80 ~");
}

TEST(EscapeForDisplay, NothingSteersATerminalOrBreaksALine) {
  EXPECT_EQ(escape_for_display("a\r\nb\tc"), "a\\r\\nb\\tc");
  EXPECT_EQ(escape_for_display("\x1b[2J\x07\0\x7F"s), "\\x1b[2J\\x07\\x00\\x7f");
  EXPECT_EQ(escape_for_display("\xC2\x9B"), "\\u{009b}") << "CSI as one character";
  EXPECT_EQ(escape_for_display("\xE2\x80\xAE"), "\\u{202e}") << "right to left override";
  EXPECT_EQ(escape_for_display("\xE2\x80\xA8"), "\\u{2028}") << "line separator";
  EXPECT_EQ(escape_for_display("\xEF\xBB\xBF"), "\\u{feff}");
}

TEST(EscapeForDisplay, AnEscapeOfThePeersOwnIsToldFromOurs) { EXPECT_EQ(escape_for_display("\\x1b"), "\\\\x1b"); }

TEST(EscapeForDisplay, EachByteThatIsNoUtf8IsShown) {
  EXPECT_EQ(escape_for_display("\xFF\xC3"), "\\xff\\xc3");
  EXPECT_EQ(escape_for_display("\xED\xA0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(escape_for_display("\xE2\x82z"), "\\xe2\\x82z");
}

TEST(Printable, LeavesBackslashesAndNothingElse) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable(R"(\)"), R"(\)");
  EXPECT_EQ(printable(R"(header_regexp \.js$ \\ \)"), R"(header_regexp \.js$ \\ \)");
  EXPECT_EQ(printable("a\\\x1b\\n\n"), "a\\\\x1b\\n\\n");
  EXPECT_EQ(printable("\xC3\\\xA9"), "\\xc3\\\\xa9") << "what a backslash parts is not one character";
}

TEST(LinesOf, CountsAsAnEditorDoes) {
  using testing::ElementsAre;
  using testing::IsEmpty;
  EXPECT_THAT(lines_of(""), IsEmpty());
  EXPECT_THAT(lines_of("a"), ElementsAre("a"));
  EXPECT_THAT(lines_of("a\n"), ElementsAre("a"));
  EXPECT_THAT(lines_of("\na\n\n b"), ElementsAre("", "a", "", " b"));
  EXPECT_THAT(lines_of("\n"), ElementsAre(""));
}

TEST(Shorten, CutsBetweenCharacters) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "abc...");
  EXPECT_EQ(shorten("ab\xE2\x82\xAC", 3), "ab...");
  EXPECT_EQ(shorten("ab\xE2\x82\xAC", 4), "ab...");
  EXPECT_EQ(shorten("ab\xE2\x82\xAC", 5), "ab\xE2\x82\xAC");
  EXPECT_EQ(shorten("\xF0\x9F\x98\x80", 0), "...");
}

TEST(Shorten, KeepsTheBeginningOfWhatIsNoUtf8) { EXPECT_EQ(shorten(std::string(100, '\xBF'), 10).size(), 7U + 3U); }

TEST(Utf8Length, KnowsTheEdges) {
  EXPECT_EQ(utf8_length("a", 0), 1U);
  EXPECT_EQ(utf8_length("\xC2\x80", 0), 2U);
  EXPECT_EQ(utf8_length("\xE0\xA0\x80", 0), 3U);
  EXPECT_EQ(utf8_length("x\xF4\x8F\xBF\xBF", 1), 4U);
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(utf8_length(bad, 0), 0U) << testing::PrintToString(bad);
  }
}

}  // namespace
}  // namespace wsprobe
