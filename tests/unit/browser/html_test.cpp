#include "browser/html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::browser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> scripts_of(std::string_view document) {
  std::vector<std::string> texts;
  for (const Element& element : read_html(document).elements) {
    if (element.kind == Element::Kind::script) texts.push_back(element.text);
  }
  return texts;
}

std::string source_of(std::string_view document) {
  const Html html = read_html(document);
  if (html.elements.empty()) return "no element";
  const std::string* source = html.elements.front().find("src");
  return source != nullptr ? *source : "no src";
}

TEST(Html, ReadsAttributesInAllTheirForms) {
  for (const std::string_view document :
       {"<script src=\"a.js\"></script>", "<script src='a.js'></script>", "<script src=a.js></script>",
        "<SCRIPT SRC = a.js ></SCRIPT>", "<script\nasync\tsrc=a.js></script>", "<script/src=a.js></script>",
        "<script src=a.js src=b.js></script>", "<script =x src=a.js></script>", "<script src=\"a&#46;js\"></script>",
        "<script src=\"&#x61;.js\"></script>", "<script src='a&period;js'></script>"}) {
    EXPECT_EQ(source_of(document), "a.js") << document;
  }
  EXPECT_EQ(source_of("<script src=/a.js/></script>"), "/a.js/");
  EXPECT_EQ(source_of("<script src></script>"), "");
  EXPECT_EQ(source_of("<script data-src=a></script>"), "no src");
  EXPECT_EQ(source_of("<script src=\"a>b\"></script>"), "a>b");
}

TEST(Html, DecodesCharacterReferencesAsInAttributes) {
  EXPECT_EQ(decode_references("a?b=1&amp;c=2"), "a?b=1&c=2");
  EXPECT_EQ(decode_references("a?b=1&c=2"), "a?b=1&c=2");
  EXPECT_EQ(decode_references("&lt;&quot;&apos;&#x27;&#39;"), "<\"'''");
  EXPECT_EQ(decode_references("?x&lt=1&ltx&lt"), "?x&lt=1&ltx<");
  EXPECT_EQ(decode_references("&#228;&#xe4"), "\xc3\xa4\xc3\xa4");
  EXPECT_EQ(decode_references("&#0;&#xd800;&#x110000;"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(decode_references("&#;&#x;&;&nosuch;"), "&#;&#x;&;&nosuch;");
}

TEST(Html, FindsTheEndOfAScriptAsBrowsersDo) {
  EXPECT_THAT(scripts_of("<script>a</script>b"), ElementsAre("a"));
  EXPECT_THAT(scripts_of("<script>a</SCRIPT >b"), ElementsAre("a"));
  EXPECT_THAT(scripts_of("<script>'</scripty>'</script>"), ElementsAre("'</scripty>'"));
  EXPECT_THAT(scripts_of("<script>if (a<b) {}</script>"), ElementsAre("if (a<b) {}"));
  EXPECT_THAT(scripts_of("<script><!-- a --></script>b"), ElementsAre("<!-- a -->"));
  EXPECT_THAT(scripts_of("<script><!-- a</script>b"), ElementsAre("<!-- a"));
  EXPECT_THAT(scripts_of("<script><!-- <script> a </script> b</script>c"), ElementsAre("<!-- <script> a </script> b"));
  EXPECT_THAT(scripts_of("<script><!-- <script> --> a</script>b"), ElementsAre("<!-- <script> --> a"));
  EXPECT_THAT(scripts_of("<script><!--> <script> a</script>b"), ElementsAre("<!--> <script> a"));
  EXPECT_THAT(scripts_of("<script>a"), ElementsAre("a"));
  EXPECT_THAT(scripts_of("<script>a\r\nb\rc</script>"), ElementsAre("a\nb\nc"));
}

TEST(Html, FindsNoScriptInWhatIsNoMarkup) {
  for (const std::string_view document :
       {"<!-- <script>a</script> -->", "<textarea><script>a</script></textarea>", "<title><script>a</script></title>",
        "<style><script>a</script></style>", "<noscript><script>a</script></noscript>",
        "<iframe><script>a</script></iframe>", "<template><script>a</script></template>",
        "<template><template></template><script>a</script></template>", "<plaintext><script>a</script>",
        "<p title=\"<script>a</script>\">", "< script>a</script>", "<script", "<script src='a.js>", "<!x <script>",
        "<svg><![CDATA[<script>a</script>]]></svg>", "<!-- --!x <script>a</script> --!>"}) {
    EXPECT_THAT(scripts_of(document), IsEmpty()) << document;
  }
}

TEST(Html, FindsScriptsBehindWhatEnded) {
  for (const std::string_view document :
       {"<!--><script>a</script>", "<!---><script>a</script>", "<!-- --!><script>a</script>",
        "<!----><script>a</script>", "<?xml ?><script>a</script>", "</ x><script>a</script>", "</><script>a</script>",
        "<title>x</title><script>a</script>", "<style></styles></style><script>a</script>",
        "<![CDATA[<script></script>]]><script>a</script>", "<svg><title><script>a</script>",
        "<template></template><script>a</script>", "<textarea></textarea\n><script>a</script>",
        "1 < 2 <script>a</script>", "<a href=x<script>a</script>y><script>a</script>"}) {
    const auto scripts = scripts_of(document);
    ASSERT_FALSE(scripts.empty()) << document;
    EXPECT_EQ(scripts.back(), "a") << document;
  }
}

bool meta_in_head(std::string_view document) {
  const Html html = read_html(document);
  return !html.elements.empty() && html.elements.back().kind == Element::Kind::meta && html.elements.back().in_head;
}

TEST(Html, KnowsWhereTheHeadEnds) {
  for (const std::string_view document :
       {"<meta>", "<!doctype html><html><head><title>x</title> <link><style>p{}</style><meta>", "<head></head>\n<meta>",
        "<!-- x --><script>x</script><noscript>x</noscript><meta>", "<head><template><p>x</p></template><meta>",
        "</p><meta>", "<base><meta>"}) {
    EXPECT_TRUE(meta_in_head(document)) << document;
  }
  for (const std::string_view document :
       {"<body><meta>", "<p><meta>", "x<meta>", "<head></head>x<meta>", "</body><meta>", "<br><meta>",
        "<div></div><meta>", "<head><title>x</title><h1></h1></head><meta>"}) {
    EXPECT_FALSE(meta_in_head(document)) << document;
  }
}

TEST(Html, CountsLines) {
  const Html html =
      read_html("<!doctype html>\r\n<title>\n</title>\n<meta\n name=a>\n<script>\n x</script><base href=/>");
  ASSERT_EQ(html.elements.size(), 3U);
  EXPECT_EQ(html.elements[0].line, 4U);
  EXPECT_EQ(html.elements[1].line, 6U);
  EXPECT_EQ(html.elements[1].text_line, 6U);
  EXPECT_EQ(html.elements[2].line, 7U);
}

TEST(Html, KeepsNoMoreElementsThanItsLimit) {
  std::string document;
  for (std::size_t count = 0; count <= most_elements; ++count) document += "<meta>";
  const Html html = read_html(document);
  EXPECT_EQ(html.elements.size(), most_elements);
  EXPECT_TRUE(html.cut);
}

TEST(Html, TakesAnyBytesAtAnyCut) {
  const std::string document =
      "\xef\xbb\xbf<!doctype html><head><meta http-equiv=x content='&#x41;&amp'><!-- - --!><svg/><svg><![CDATA[ "
      "]]></svg>"
      "<script async src=\"a&amp;b\"><!-- <script> </script> --> </script><title>&</title><template></template>\xff";
  for (std::size_t cut = 0; cut <= document.size(); ++cut) {
    EXPECT_LE(read_html(std::string_view(document).substr(0, cut)).elements.size(), 2U);
    EXPECT_LE(read_html(std::string_view(document).substr(cut)).elements.size(), 2U);
  }
}

}  // namespace
}  // namespace wsprobe::browser
