#include "exporters/page.hpp"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::exporters {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Wrap, BreaksAtSpacesOnly) {
  EXPECT_THAT(wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap("see https://example.com/long now", 8), ElementsAre("see", "https://example.com/long", "now"));
}

TEST(Wrap, OfNothingIsOneEmptyLine) { EXPECT_THAT(wrap("", 10), ElementsAre("")); }

TEST(Wrap, CountsCharactersNotBytes) { EXPECT_THAT(wrap("ää öö üü", 5), ElementsAre("ää öö", "üü")); }

TEST(Readable, HasThreeDigits) {
  EXPECT_EQ(readable(50us), "0.05 ms");
  EXPECT_EQ(readable(1420us), "1.42 ms");
  EXPECT_EQ(readable(9996us), "10.0 ms");
  EXPECT_EQ(readable(21300us), "21.3 ms");
  EXPECT_EQ(readable(213ms), "213 ms");
  EXPECT_EQ(readable(999600us), "1.00 s");
  EXPECT_EQ(readable(61s), "61.00 s");
}

TEST(Page, AlignsCellsAndIndentsWhatIsWrapped) {
  Page page(Colour::none, Glyphs::utf8, 40);
  page.row(2, {{"left", Tone::plain, 6}, {"12", Tone::plain, -4}, {" "}}, "a text that is longer than its column");
  EXPECT_EQ(page.take(), "  left    12 a text that is longer than\n             its column\n");
}

TEST(Page, BeginsOnALineOfItsOwnWhereTheColumnWouldBeNarrow) {
  Page page(Colour::none, Glyphs::utf8, 34);
  page.row(2, {{"left", Tone::plain, 16}}, "a text that is longer than its column");
  EXPECT_EQ(page.take(), "  left\n      a text that is longer than\n      its column\n");
}

TEST(Page, PaintsWithoutMovingAnything) {
  Page page(Colour::ansi, Glyphs::utf8, 40);
  page.row(0, {{"ok", Tone::good, 4}}, "fine");
  EXPECT_EQ(page.take(), "\033[1;32mok\033[0m  fine\n");
}

TEST(Page, SpellsTypographyInAscii) {
  Page page(Colour::none, Glyphs::ascii, 60);
  page.paragraph(0, "it\u2019s 2\u20133 \u2014 \u201cfine\u201d \u2192 ok\u2026 \u00e4");
  EXPECT_EQ(page.take(), "it's 2-3 - \"fine\" -> ok... ?\n");
}

TEST(Page, VerbatimIsNeverWrapped) {
  Page page(Colour::none, Glyphs::utf8, 10);
  page.verbatim(2, "curl --http1.1 https://example.com/");
  EXPECT_EQ(page.take(), "  curl --http1.1 https://example.com/\n");
}

}  // namespace
}  // namespace wsprobe::exporters
