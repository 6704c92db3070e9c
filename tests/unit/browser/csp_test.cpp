// What the table of Chromium's answers does not show: which directive is named, and which scripts may run.
#include "browser/csp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "browser/connect.hpp"

namespace wsprobe::browser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Url self = *parse_url("https://app.test/");

std::vector<Policy> policies(const std::string& text, Disposition disposition = Disposition::enforce,
                             Delivery delivery = Delivery::header) {
  return parse_policies({text, disposition, delivery, 7});
}

Page page_with(std::vector<Policy> all) { return {self, self, std::move(all), {}}; }

TEST(Policies, ArePartedAtCommasAndDirectivesAtSemicolons) {
  const auto all = policies("default-src 'self'; IMG-SRC *, connect-src wss:, ,");
  ASSERT_THAT(all, SizeIs(2));
  ASSERT_THAT(all[0].directives, SizeIs(2));
  EXPECT_EQ(all[0].directives[1].name, "img-src");
  EXPECT_EQ(all[0].directives[1].text, "IMG-SRC *");
  EXPECT_THAT(all[1].directives[0].values, ElementsAre("wss:"));
}

TEST(Policies, TheFirstDirectiveOfANameCounts) {
  const auto all = policies("connect-src 'none'; connect-src *");
  EXPECT_THAT(all[0].find("connect-src")->values, ElementsAre("'none'"));
}

TEST(Policies, OfAMetaElementCannotSayEverything) {
  const auto all = policies("frame-ancestors 'none'; report-uri /x; sandbox; connect-src wss:", Disposition::enforce,
                            Delivery::meta);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_THAT(all[0].directives, SizeIs(1));
  EXPECT_EQ(all[0].line, 7U);
}

TEST(ConnectDirective, FallsBackToTheDefault) {
  EXPECT_EQ(connect_directive(policies("default-src 'self'; connect-src wss:")[0])->name, "connect-src");
  EXPECT_EQ(connect_directive(policies("default-src 'self'")[0])->name, "default-src");
  EXPECT_EQ(connect_directive(policies("img-src 'self'")[0]), nullptr);
}

TEST(WouldConnect, NamesTheDirectiveAndThePolicyThatBlock) {
  std::vector<Policy> all = policies("connect-src *");
  for (const Policy& policy : policies("img-src *; Connect-Src 'self' https://api.test")) all.push_back(policy);
  const ConnectAnswer answer = would_connect(page_with(all), "wss://api.test/");
  EXPECT_EQ(answer.answer, ConnectAnswer::Answer::blocked);
  EXPECT_EQ(answer.directive, "Connect-Src 'self' https://api.test");
  EXPECT_EQ(answer.policy, 1U);
}

TEST(WouldConnect, APolicyThatReportsIsNoted) {
  const ConnectAnswer answer =
      would_connect(page_with(policies("connect-src 'none'", Disposition::report)), "wss://a.test/");
  EXPECT_EQ(answer.answer, ConnectAnswer::Answer::connects);
  EXPECT_THAT(answer.notes, SizeIs(1));
}

TEST(WouldConnect, StrictTransportSecurityMakesItSecure) {
  Page page = page_with({});
  page.url = page.base = *parse_url("http://app.test/");
  EXPECT_EQ(would_connect(page, "ws://api.app.test/").url->scheme, "ws");
  page.strict = {{"app.test", false}};
  EXPECT_EQ(would_connect(page, "ws://app.test/").url->scheme, "wss");
  EXPECT_EQ(would_connect(page, "ws://api.app.test/").url->scheme, "ws");
  page.strict = {{"app.test", true}};
  EXPECT_EQ(would_connect(page, "ws://api.app.test/").url->scheme, "wss");
  EXPECT_EQ(would_connect(page, "ws://other.test/").url->scheme, "ws");
}

TEST(WouldConnect, ANameThatIsNotReadHereIsNotJudged) {
  EXPECT_EQ(would_connect(page_with({}),
                          "wss://b\xc3\xbc"
                          "cher.test/")
                .answer,
            ConnectAnswer::Answer::undetermined);
  EXPECT_EQ(would_connect(page_with({}), "wss://").answer, ConnectAnswer::Answer::throws);
}

// ---- scripts ----

PageScript script_of(std::optional<Url> source, std::vector<Attribute> attributes = {}) {
  PageScript script;
  script.source = std::move(source);
  script.text = "window.a = 1";
  script.line = 10;
  script.attributes = std::move(attributes);
  return script;
}

Runs runs(const std::string& policy, const PageScript& script) { return may_run(policies(policy), script, self).runs; }

TEST(MayRun, AnInlineScriptNeedsLeave) {
  const PageScript script = script_of(std::nullopt);
  EXPECT_EQ(runs("img-src 'none'", script), Runs::yes);
  EXPECT_EQ(runs("script-src 'self'", script), Runs::no);
  EXPECT_EQ(runs("default-src 'self'", script), Runs::no);
  EXPECT_EQ(runs("script-src 'unsafe-inline'", script), Runs::yes);
  EXPECT_EQ(runs("script-src 'none'; script-src-elem 'unsafe-inline'", script), Runs::yes);
  EXPECT_EQ(runs("script-src 'unsafe-inline' 'nonce-abc'", script), Runs::no) << "a nonce takes unsafe-inline away";
}

TEST(MayRun, ANonceIsLeave) {
  EXPECT_EQ(runs("script-src 'nonce-abc'", script_of(std::nullopt, {{"nonce", "abc"}})), Runs::yes);
  EXPECT_EQ(runs("script-src 'nonce-abc'", script_of(std::nullopt, {{"nonce", "ABC"}})), Runs::no);
  EXPECT_EQ(runs("script-src 'nonce-abc'", script_of(parse_url("https://cdn.test/a.js").value(), {{"nonce", "abc"}})),
            Runs::yes);
}

TEST(MayRun, AFileNeedsItsSource) {
  const PageScript own = script_of(parse_url("https://app.test/config.js").value());
  const PageScript other = script_of(parse_url("https://cdn.test/config.js").value());
  EXPECT_EQ(runs("script-src 'self'", own), Runs::yes);
  EXPECT_EQ(runs("script-src 'self'", other), Runs::no);
  EXPECT_EQ(runs("script-src https://cdn.test/", other), Runs::yes);
  EXPECT_EQ(runs("script-src 'unsafe-inline'", own), Runs::no);
}

TEST(MayRun, ADirectiveIsNamed) {
  EXPECT_EQ(may_run(policies("default-src 'none'"), script_of(std::nullopt), self).directive, "default-src 'none'");
}

TEST(MayRun, ASandboxWithoutScriptsStopsAll) {
  EXPECT_EQ(runs("sandbox", script_of(parse_url("https://app.test/a.js").value())), Runs::no);
  EXPECT_EQ(runs("sandbox allow-scripts", script_of(parse_url("https://app.test/a.js").value())), Runs::yes);
}

TEST(MayRun, APolicyThatReportsStopsNothing) {
  EXPECT_EQ(may_run(policies("script-src 'none'", Disposition::report), script_of(std::nullopt), self).runs, Runs::yes);
}

TEST(MayRun, AMetaPolicyIsNotThereForScriptsBeforeIt) {
  PageScript script = script_of(std::nullopt);
  const auto meta = policies("script-src 'none'", Disposition::enforce, Delivery::meta);
  EXPECT_EQ(may_run(meta, script, self).runs, Runs::no);
  script.line = 3;
  EXPECT_EQ(may_run(meta, script, self).runs, Runs::yes);
}

}  // namespace
}  // namespace wsprobe::browser
