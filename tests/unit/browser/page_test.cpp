#include "browser/page.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::browser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Url page_url = *parse_url("https://page.org/app/index.html?x#y");

PageContents read(std::string_view html) { return read_page(page_url, html); }

/// "at once a.js", "deferred module inline", in the order in which they run.
std::vector<std::string> scripts_of(std::string_view html) {
  std::vector<std::string> out;
  for (const PageScript& script : read(html).scripts) {
    constexpr std::array<std::string_view, 3> timings = {"at once", "deferred", "at will"};
    out.push_back(fmt::format("{}{} {}", timings[static_cast<std::size_t>(script.timing)],
                              script.module ? " module" : "", script.source ? script.source->path : script.text));
  }
  return out;
}

TEST(Page, RunsScriptsInTheOrderOfBrowsers) {
  EXPECT_THAT(scripts_of("<script defer src=a.js></script><script src=b.js></script><script>c</script>"
                         "<script type=module>d</script><script async src=e.js></script><script defer>f</script>"
                         "<script type=module async src=g.js></script><script src=/h.js></script>"),
              ElementsAre("at once /app/b.js", "at once c", "at once f", "at once /h.js", "deferred /app/a.js",
                          "deferred module d", "at will /app/e.js", "at will module /app/g.js"));
}

TEST(Page, LeavesOutWhatNoBrowserRuns) {
  EXPECT_THAT(
      scripts_of("<script type=application/json>{}</script><script type='text/template'>x</script>"
                 "<script type=importmap>{}</script><script nomodule src=old.js></script><script></script>"
                 "<script language=vbscript>x</script><script type=\"text/javascript; charset=utf-8\">x</script>"),
      IsEmpty());
  EXPECT_THAT(
      scripts_of("<script type=''>a</script><script language=JavaScript>b</script><script type=' TEXT/JavaScript '>"
                 "c</script><script type=text/ecmascript language=vbscript>d</script>"),
      ElementsAre("at once a", "at once b", "at once c", "at once d"));
}

TEST(Page, ResolvesAgainstTheFirstBase) {
  const PageContents contents =
      read("<script src=a.js></script><base target=x><base href=/other/><base href=/third/><script src=b.js></script>");
  EXPECT_EQ(contents.base.href(), "https://page.org/other/");
  ASSERT_EQ(contents.scripts.size(), 2U);
  EXPECT_EQ(contents.scripts[0].source->href(), "https://page.org/app/a.js");
  EXPECT_EQ(contents.scripts[1].source->href(), "https://page.org/other/b.js");
  EXPECT_EQ(read("<base href='data:x,y'>").base.href(), "https://page.org/app/index.html?x");
}

TEST(Page, SaysWhichScriptHasNoAddress) {
  EXPECT_THAT(read("\n<script src=''></script>").problems,
              ElementsAre("the script of line 2 has an address that cannot be read: it is empty"));
  EXPECT_EQ(read("<script src='https://a:99999/'></script>").problems.size(), 1U);
}

TEST(Page, TakesPoliciesOfTheHeadAlone) {
  const PageContents contents = read(
      "<head>\n<meta http-equiv=Content-Security-Policy content=\"connect-src 'self'\">\n"
      "<meta http-equiv=content-security-policy content=\"default-src &#39;none&#39;\">"
      "<meta http-equiv=Content-Security-Policy content=''><meta name=Content-Security-Policy content=x></head><body>"
      "<meta http-equiv=Content-Security-Policy content=\"connect-src 'none'\">");
  ASSERT_EQ(contents.policies.size(), 2U);
  EXPECT_EQ(contents.policies[0].text, "connect-src 'self'");
  EXPECT_EQ(contents.policies[0].line, 2U);
  EXPECT_EQ(contents.policies[1].text, "default-src 'none'");
  EXPECT_EQ(contents.policies[1].line, 3U);
}

std::string refresh_of(std::string_view content) {
  const auto refresh = read(fmt::format("<meta http-equiv=refresh content=\"{}\">", content)).refresh;
  return refresh ? fmt::format("{} {}", refresh->seconds, refresh->url.href()) : "none";
}

TEST(Page, KnowsWhereARefreshLeads) {
  EXPECT_EQ(refresh_of("0; url=/new"), "0 https://page.org/new");
  EXPECT_EQ(refresh_of("5;URL='https://other.org/'"), "5 https://other.org/");
  EXPECT_EQ(refresh_of(" 1.5 , x "), "1 https://page.org/app/x");
  EXPECT_EQ(refresh_of("0 url = x"), "0 https://page.org/app/x");
  EXPECT_EQ(refresh_of("0;url"), "0 https://page.org/app/url");
  for (const std::string_view nowhere :
       {"5", "", "url=/x", "-1; url=/x", "5x; url=/x", "5; url=index.html?x#z", "0; url=javascript:x", "0;"}) {
    EXPECT_EQ(refresh_of(nowhere), "none") << nowhere;
  }
}

}  // namespace
}  // namespace wsprobe::browser
