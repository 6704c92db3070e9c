#include "exporters/nagios.hpp"

#include <array>
#include <chrono>
#include <regex>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

WallTime day(int year, unsigned month, unsigned day_of_month) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day_of_month));
}

const WallTime today = day(2026, 11, 23);

TEST(Nagios, HealthyIsOk) {
  const Report report = test::healthy_report();
  EXPECT_EQ(nagios_status(report, today), NagiosStatus::ok);
  const std::string text = to_nagios({&report, 1}, today);
  EXPECT_EQ(text, test::golden("healthy.nagios", text));
}

TEST(Nagios, AnUnmetExpectationIsCriticalAndSaysWhatToDo) {
  const Report report = test::incident_report();
  EXPECT_EQ(nagios_status(report, today), NagiosStatus::critical);
  const std::string text = to_nagios({&report, 1}, today);
  EXPECT_EQ(text, test::golden("incident.nagios", text));
}

TEST(Nagios, ACertificateThatEndsSoonIsAWarning) {
  const Report report = test::healthy_report();  // until 2027-01-03
  EXPECT_EQ(nagios_status(report, day(2026, 12, 20)), NagiosStatus::ok);
  EXPECT_EQ(nagios_status(report, day(2026, 12, 21)), NagiosStatus::warning);
  EXPECT_THAT(to_nagios({&report, 1}, day(2026, 12, 21)),
              testing::AllOf(StartsWith("WSPROBE WARNING - swarmlet: "), HasSubstr("ends in 13 days. |")));
}

TEST(Nagios, WhatFailedOnThisMachineSaysNothingAboutTheService) {
  Report report = test::incident_report();
  report.steps.front().outcome = Failed{make_error(Phase::connect, Reason::out_of_descriptors)};
  EXPECT_EQ(nagios_status(report, today), NagiosStatus::unknown);
  report = test::healthy_report();
  report.interrupted = true;
  EXPECT_EQ(nagios_status(report, today), NagiosStatus::unknown);
  EXPECT_EQ(nagios_status(std::span<const Report>(), today), NagiosStatus::unknown);
}

TEST(Nagios, OfSeveralTheWorstCountsAndPerformanceDataAreToldApart) {
  std::array reports{test::healthy_report(), test::incident_report()};
  reports[1].scenario = "other";
  const std::string text = to_nagios(reports, today);
  EXPECT_THAT(text, StartsWith("WSPROBE CRITICAL - 1 of 2 scenarios as expected; other: proxy_rewrote_path | "));
  EXPECT_THAT(text, HasSubstr(" 'swarmlet time'=0.212000s;;;0; "));
  EXPECT_THAT(text, HasSubstr(" 'other time'=0.212000s;;;0; "));
  EXPECT_THAT(text, HasSubstr("\nOK: swarmlet: "));
  EXPECT_THAT(text, HasSubstr("\nCRITICAL: other: "));
}

TEST(Nagios, OneBarOnTheFirstLineAndNoneBelow) {
  Report report = test::hostile_report();
  report.interrupted = false;
  report.verdict.summary += " a|b";
  report.verdict.remedy += "\nc|d";
  report.steps.front().name = "o'clock=|";
  const std::string text = to_nagios({&report, 1}, today);
  EXPECT_EQ(std::count(text.begin(), text.end(), '|'), 1);
  EXPECT_LT(text.find('|'), text.find('\n'));
  EXPECT_THAT(text, HasSubstr(" 'o''clock/'="));
  EXPECT_TRUE(
      std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c != 0x7f) || c < 0; }));
}

TEST(Nagios, PerformanceDataHaveTheFormOfTheGuidelines) {
  const Report report = test::healthy_report();
  const std::string text = to_nagios({&report, 1}, today);
  const std::size_t begin = text.find("| ") + 2;
  const std::string data = text.substr(begin, text.find('\n') - begin);
  EXPECT_TRUE(std::regex_match(
      data, std::regex("('[^'=]+'=[0-9.]+(s|)?;[0-9:]*;[0-9:]*;[0-9]*;[0-9]*( |$))+", std::regex::extended)))
      << data;
}

TEST(Nagios, UnknownIsOneLine) { EXPECT_EQ(nagios_unknown("no\nsuch | file"), "WSPROBE UNKNOWN - no\\nsuch / file\n"); }

}  // namespace
}  // namespace wsprobe::exporters
