#include "exporters/html.hpp"

#include <gtest/gtest.h>

namespace wsprobe::exporters {
namespace {

TEST(Html, NothingBecomesMarkup) {
  EXPECT_EQ(html(R"(<script>alert("x" & 'y')</script>)"),
            "&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;");
}

TEST(Html, BackslashesStayAsTheyAre) { EXPECT_EQ(html(R"(C:\path\n)"), R"(C:\path\n)"); }

TEST(Html, WhatIsInvisibleIsShown) {
  EXPECT_EQ(html("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(html("line\nbreak"), "line\\nbreak");
  EXPECT_EQ(html("\xff"), "\\xff") << "no UTF-8";
  EXPECT_EQ(html("grün"), "grün");
}

TEST(Html, EveryByteAloneIsHarmless) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string out = html(std::string(1, static_cast<char>(byte)));
    EXPECT_EQ(out.find_first_of("<>\"'"), std::string::npos) << byte;
    EXPECT_FALSE(out.empty()) << byte;
  }
}

TEST(HtmlLines, KeepsLineEndsAndNothingElse) {
  EXPECT_EQ(html_lines("a\n\n<b>\x07\n"), "a\n\n&lt;b&gt;\\x07\n");
  EXPECT_EQ(html_lines(""), "");
}

}  // namespace
}  // namespace wsprobe::exporters
