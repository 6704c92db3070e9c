#include "exporters/status_page.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const WallTime now = WallTime(1'790'000'000s);

PageScenario shown(const Report& report, std::string name = "swarmlet") {
  PageScenario scenario;
  scenario.name = std::move(name);
  scenario.target = "wss://api.example.com/";
  scenario.every = 30s;
  scenario.last = &report;
  scenario.changed_at = now - 5min;
  scenario.streak = 10;
  return scenario;
}

PageIncident told(std::int64_t id, bool pass, bool change) {
  PageIncident incident;
  incident.id = id;
  incident.scenario = "swarmlet";
  incident.at = now - 1h + std::chrono::seconds(id * 30);
  incident.pass = pass;
  incident.change = change;
  incident.cause = pass ? "healthy" : "proxy_denied";
  incident.summary = pass ? "all is well" : "the proxy refuses";
  return incident;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(OverviewPage, WithoutScenariosNothingFails) {
  EXPECT_THAT(overview_page({}, now),
              AllOf(HasSubstr("<h1>Nothing is failing</h1>"), HasSubstr("<title>wsprobe</title>")));
}

TEST(OverviewPage, WhatFailsStandsFirstAndWhatHasNotRunBeforeWhatPasses) {
  const Report good = test::healthy_report();
  const Report bad = test::incident_report();
  PageScenario fresh = shown(good, "fresh");
  fresh.last = nullptr;
  const std::string page = overview_page(std::vector{shown(good, "good"), fresh, shown(bad, "bad")}, now);
  EXPECT_LT(page.find("/scenario/bad"), page.find("/scenario/fresh"));
  EXPECT_LT(page.find("/scenario/fresh"), page.find("/scenario/good"));
  EXPECT_THAT(page, AllOf(HasSubstr("1 of 3 scenarios is failing"), HasSubstr("1 passing, 1 failing, 1 not run yet"),
                          HasSubstr("… not run yet</span>")));
}

TEST(OverviewPage, ShowsFiveHundredAndSaysWhereTheOthersAre) {
  const Report good = test::healthy_report();
  const std::string page = overview_page(std::vector(503, shown(good)), now);
  EXPECT_EQ(count(page, "<tr><th scope=\"row\">"), 500U);
  EXPECT_THAT(page, HasSubstr("3 more are in <a href=\"/api/v1/scenarios\">"));
}

TEST(ScenarioPage, BeforeTheFirstRun) {
  PageScenario fresh;
  fresh.name = "fresh";
  fresh.every = 1500ms;
  EXPECT_THAT(scenario_page(fresh, {}, now),
              AllOf(HasSubstr("It has not run yet."), HasSubstr("None is kept."), HasSubstr("every 1.50 s")));
}

TEST(ScenarioPage, RunsThatTellTheSameAreOneRow) {
  const Report bad = test::incident_report();
  // Newest first: three of one outage, the recovery before it, two of an older outage.
  const std::vector incidents{told(9, false, false), told(8, false, false), told(7, false, true),
                              told(6, true, true),   told(2, false, false), told(1, false, true)};
  const std::string page = scenario_page(shown(bad), incidents, now);
  EXPECT_EQ(count(page, "<tr><th scope=\"row\">"), 3U);
  EXPECT_THAT(page,
              AllOf(HasSubstr("href=\"/incident/7\""), HasSubstr("3 runs in 60 s"), HasSubstr("href=\"/incident/6\""),
                    HasSubstr("href=\"/incident/1\""), HasSubstr("2 runs in 30 s")));
  EXPECT_THAT(page, Not(HasSubstr("/incident/9"))) << "a row leads to the run that told it first";
}

TEST(ScenarioPage, AnOutageWhoseBeginningIsNotAmongThemSaysMoreThan) {
  const Report bad = test::incident_report();
  EXPECT_THAT(scenario_page(shown(bad), std::vector{told(9, false, false), told(8, false, false)}, now),
              HasSubstr("more than 2 runs in 30 s"));
}

TEST(ScenarioPage, ConfigurationInARemedyKeepsItsShape) {
  Report bad = test::incident_report();
  bad.verdict.remedy = "Do this:\n  handle /api/ws {\n    reverse_proxy <x>\n  }\nThen reload.\n";
  const std::string page = scenario_page(shown(bad), {}, now);
  EXPECT_THAT(
      page,
      HasSubstr(
          "<p>Do this:</p>\n<pre>  handle /api/ws {\n    reverse_proxy &lt;x&gt;\n  }</pre>\n<p>Then reload.</p>"));
}

TEST(ScenarioPage, DoesNotSayHowSureAnOpenVerdictIs) {
  const Report open = test::undetermined_report();
  EXPECT_THAT(scenario_page(shown(open), {}, now), Not(HasSubstr("<dt>sure</dt>")));
  const Report bad = test::incident_report();
  EXPECT_THAT(scenario_page(shown(bad), {}, now), HasSubstr("<dt>sure</dt>"));
}

TEST(Pages, WhatPeersAndFilesSayIsText) {
  const Report hostile = test::hostile_report();
  PageScenario scenario = shown(hostile, "<img src=x>");
  scenario.target = "\"><script>";
  scenario.labels = {{"team", "</p><b>"}};
  PageIncident incident = told(1, false, true);
  incident.summary = incident.cause = incident.remedy = incident.emitter = incident.fault = "<b>\x1b[31m</b>";
  for (const std::string& page :
       {overview_page(std::vector{scenario}, now), scenario_page(scenario, std::vector{incident}, now),
        incident_page(incident, "<b>\x1b]0;title\x07</b>", now), missing_page("<b>", now)}) {
    EXPECT_THAT(page, Not(HasSubstr("<b>")));
    EXPECT_THAT(page, Not(HasSubstr("<img")));
    EXPECT_EQ(count(page, "<script"), 1U) << "our own";
    EXPECT_EQ(page.find('\x1b'), std::string::npos);
  }
}

TEST(Badge, HasAWordForEachState) {
  const Report good = test::healthy_report();
  const Report bad = test::incident_report();
  EXPECT_THAT(badge_svg("a<b", &good), AllOf(HasSubstr("passing"), HasSubstr("a&lt;b"), Not(HasSubstr("a<b"))));
  EXPECT_THAT(badge_svg("x", &bad), HasSubstr("failing"));
  EXPECT_THAT(badge_svg("x", nullptr), HasSubstr("unknown"));
}

TEST(Assets, AskNobodyElse) {
  for (const std::string_view asset : {page_style(), page_script()}) {
    EXPECT_EQ(asset.find("http:"), std::string_view::npos);
    EXPECT_EQ(asset.find("https:"), std::string_view::npos);
    EXPECT_EQ(asset.find("@import"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace wsprobe::exporters
