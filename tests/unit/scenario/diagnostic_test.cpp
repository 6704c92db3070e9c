#include "scenario/diagnostic.hpp"

#include <gtest/gtest.h>

namespace wsprobe::scenario {
namespace {

std::string rendered(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.take(Severity::error)) out += diagnostic.render() + "\n";
  return out;
}

TEST(Diagnostic, PointsAtThePlace) {
  Diagnostics diagnostics("f.yaml", "one\ntwo three\n");
  diagnostics.error({2, 5}, "wrong", "do this");
  EXPECT_EQ(rendered(diagnostics), "f.yaml:2:5: error: wrong\n    two three\n        ^\n    help: do this\n");
}

TEST(Diagnostic, NamesTheFileAloneWhereThereIsNoPlace) {
  Diagnostics diagnostics("f.yaml", "one\n");
  diagnostics.error({}, "empty");
  EXPECT_EQ(rendered(diagnostics), "f.yaml: error: empty\n");
}

TEST(Diagnostic, CountsCharactersAndNotBytes) {
  Diagnostics diagnostics("f.yaml", "\xC3\xA9\xE6\x97\xA5: x\n");
  diagnostics.error({1, 8}, "wrong");
  EXPECT_EQ(rendered(diagnostics), "f.yaml:1:5: error: wrong\n    \xC3\xA9\xE6\x97\xA5: x\n        ^\n");
}

TEST(Diagnostic, EscapesWhatWouldSteerATerminalAndStillPointsRight) {
  Diagnostics diagnostics("f\x1b.yaml", "\ta\x1b[31m\\d: x\r\n");
  diagnostics.error({1, 10}, "wrong");
  EXPECT_EQ(rendered(diagnostics), "f\\x1b.yaml:1:10: error: wrong\n    \\ta\\x1b[31m\\d: x\n                 ^\n");
}

TEST(Diagnostic, CutsALongLineAroundTheCaret) {
  const std::string text = std::string(300, 'a') + "X" + std::string(300, 'b');
  Diagnostics diagnostics("f.yaml", text);
  diagnostics.error({1, 301}, "wrong");
  diagnostics.error({1, 1}, "first");
  const auto all = diagnostics.take(Severity::error);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].render(), "f.yaml:1:1: error: first\n    " + std::string(110, 'a') + "...\n    ^");
  EXPECT_EQ(all[1].render(), "f.yaml:1:301: error: wrong\n    ..." + std::string(49, 'a') + "X" + std::string(60, 'b') +
                                 "...\n" + std::string(56, ' ') + "^");
}

TEST(Diagnostic, PointsBehindTheEndOfALine) {
  Diagnostics diagnostics("f.yaml", "ab");
  diagnostics.error({1, 3}, "more was expected");
  EXPECT_EQ(rendered(diagnostics), "f.yaml:1:3: error: more was expected\n    ab\n      ^\n");
}

TEST(Diagnostics, AreInTheOrderOfTheFile) {
  Diagnostics diagnostics("f.yaml", "a\nb\n");
  diagnostics.error({2, 1}, "second");
  diagnostics.warn({1, 1}, "aside");
  diagnostics.error({1, 1}, "first");
  const auto errors = diagnostics.take(Severity::error);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].message, "first");
  EXPECT_EQ(diagnostics.take(Severity::warning).at(0).render(), "f.yaml:1:1: warning: aside\n    a\n    ^");
}

TEST(Diagnostics, HideRegions) {
  Diagnostics diagnostics("f.yaml", "k: {value: hush} # hush\nmore hush, x: y}\nlast\n");
  diagnostics.hide({1, 12}, {2, 12});
  diagnostics.error({1, 5}, "one");
  diagnostics.error({2, 12}, "two");
  EXPECT_EQ(rendered(diagnostics),
            "f.yaml:1:5: error: one\n    k: {value: [hidden]\n        ^\n"
            "f.yaml:2:12: error: two\n    [hidden], x: y}\n               ^\n");
}

TEST(Diagnostics, HideWholeLines) {
  Diagnostics diagnostics("f.yaml", "a\nhush\n");
  diagnostics.hide_line(2);
  diagnostics.error({2, 3}, "wrong");
  EXPECT_EQ(rendered(diagnostics), "f.yaml:2:3: error: wrong\n");
}

TEST(Diagnostics, LeaveTheClosingBracketsOfWhatBeganBefore) {
  Diagnostics diagnostics("f.yaml", "a: {b: [hush, {c: d}]}}\n");
  diagnostics.hide({1, 8}, {2, 1});
  diagnostics.error({1, 1}, "wrong");
  EXPECT_EQ(rendered(diagnostics), "f.yaml:1:1: error: wrong\n    a: {b: [hidden]}}\n    ^\n");
}

TEST(Diagnostics, FindWordsInTheirLine) {
  const Diagnostics diagnostics("f.yaml", "x ${a} ${b}\n");
  EXPECT_EQ(diagnostics.find({1, 1}, "${b}"), (Position{1, 8}));
  EXPECT_EQ(diagnostics.find({1, 4}, "${a}"), (Position{1, 4}));
  EXPECT_EQ(diagnostics.find({9, 1}, "x"), (Position{9, 1}));
  EXPECT_EQ(diagnostics.find({}, "x"), Position{});
}

TEST(Backquoted, IsShortAndPrintable) {
  EXPECT_EQ(backquoted("a\nb\\c"), "`a\\nb\\c`");
  EXPECT_EQ(backquoted(std::string(61, 'x')), "`" + std::string(60, 'x') + "...`");
}

}  // namespace
}  // namespace wsprobe::scenario
