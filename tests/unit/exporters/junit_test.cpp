#include "exporters/junit.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using testing::HasSubstr;
using testing::Not;

class JunitGolden : public testing::TestWithParam<test::GoldenCase> {};

TEST_P(JunitGolden, IsWrittenAsInTheFile) {
  const Report report = GetParam().report();
  const std::string text = to_junit({&report, 1});
  EXPECT_EQ(text, test::golden(GetParam().file, text));
}

INSTANTIATE_TEST_SUITE_P(All, JunitGolden,
                         testing::Values(test::GoldenCase{"healthy.junit.xml", test::healthy_report},
                                         test::GoldenCase{"incident.junit.xml", test::incident_report},
                                         test::GoldenCase{"two_transports.junit.xml", test::two_transports_report},
                                         test::GoldenCase{"hostile.junit.xml", test::hostile_report}),
                         test::named_by_file);

TEST(Junit, WhatFailedOnThisMachineIsAnErrorAndNoFailure) {
  Report report = test::incident_report();
  report.steps.front().outcome = Failed{make_error(Phase::connect, Reason::out_of_descriptors)};
  const std::string text = to_junit({&report, 1});
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"swarmlet\" tests=\"3\" failures=\"1\" errors=\"1\""));
  EXPECT_THAT(text, HasSubstr("<error message=\"expected status 200, got 404\""));
}

TEST(Junit, SeveralReportsAreSuitesWithTheirSum) {
  const std::array reports{test::healthy_report(), test::incident_report()};
  const std::string text = to_junit(reports);
  EXPECT_THAT(text,
              HasSubstr("<testsuites name=\"wsprobe\" tests=\"6\" failures=\"2\" errors=\"0\" time=\"0.424000\">"));
}

TEST(Junit, HoldsNothingThatXmlCannot) {
  const Report report = test::hostile_report();
  const std::string text = to_junit({&report, 1});
  EXPECT_TRUE(
      std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 0x7f; }));
  EXPECT_THAT(text, Not(HasSubstr("\xff")));
}

}  // namespace
}  // namespace wsprobe::exporters
