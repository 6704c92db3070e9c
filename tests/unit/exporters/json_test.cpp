#include "exporters/json.hpp"

#include <algorithm>
#include <array>
#include <clocale>
#include <locale>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using test::golden;
using Json = nlohmann::json;

class JsonGolden : public testing::TestWithParam<test::GoldenCase> {};

TEST_P(JsonGolden, IsWrittenAsInTheFile) {
  const std::string text = to_json(GetParam().report());
  EXPECT_EQ(text, golden(GetParam().file, text));
}

INSTANTIATE_TEST_SUITE_P(All, JsonGolden,
                         testing::Values(test::GoldenCase{"healthy.json", test::healthy_report},
                                         test::GoldenCase{"incident.json", test::incident_report},
                                         test::GoldenCase{"two_transports.json", test::two_transports_report},
                                         test::GoldenCase{"expired_certificate.json", test::expired_certificate_report},
                                         test::GoldenCase{"undetermined.json", test::undetermined_report}),
                         test::named_by_file);

TEST(Json, PhasesSumToTheTotal) {
  for (const auto& report : {test::healthy_report(), test::expired_certificate_report(), test::full_report()}) {
    const Json json = Json::parse(to_json(report));
    for (const Json& step : json.at("steps")) {
      double sum = 0;
      for (const auto& [phase, seconds] : step.at("phases").items()) sum += seconds.get<double>();
      EXPECT_NEAR(sum, step.at("total_seconds").get<double>(), 1e-12);
    }
  }
}

TEST(Json, PhasesThatDidNotHappenAreAbsent) {
  const Json json = Json::parse(to_json(test::expired_certificate_report()));
  const Json& phases = json.at("steps").at(0).at("phases");
  EXPECT_TRUE(phases.contains("tls"));
  EXPECT_FALSE(phases.contains("request"));
  EXPECT_TRUE(phases.contains("unattributed"));
}

TEST(Json, FailureNamesPhaseKindOriginAndReason) {
  const Json json = Json::parse(to_json(test::expired_certificate_report()));
  EXPECT_EQ(json.at("steps").at(0).at("failure"),
            Json({{"phase", "tls"},
                  {"kind", "tls"},
                  {"origin", "peer"},
                  {"reason", "tls_expired"},
                  {"detail", "the certificate has expired (valid until 2026-11-20T00:00:00Z)"}}));
  EXPECT_EQ(json.at("verdict").at("cause"), "tls_expired");
  EXPECT_TRUE(json.at("steps").at(0).at("status").is_null());
}

TEST(Json, SeveralReportsAreAnArray) {
  const std::array reports{test::healthy_report(), test::incident_report()};
  const Json json = Json::parse(to_json(std::span<const Report>(reports)));
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json.at(0).at("outcome"), "pass");
  EXPECT_EQ(json.at(1).at("outcome"), "fail");
}

TEST(Json, HostilePeerTextIsValidAsciiJson) {
  const std::string text = to_json(test::hostile_report());
  EXPECT_TRUE(Json::accept(text));
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c < 0x7F); }));
  const Json json = Json::parse(text);
  EXPECT_THAT(json.at("steps").at(0).at("response").at("headers").at(0).at(0).get<std::string>(),
              testing::HasSubstr("\xef\xbf\xbd"));
}

TEST(Json, BodyExcerptIsBounded) {
  Report report = test::healthy_report();
  report.steps.front().evidence.response->body.assign(100'000, 'x');
  const Json json = Json::parse(to_json(report));
  EXPECT_EQ(json.at("steps").at(0).at("response").at("body_excerpt").get<std::string>().size(), 4096U);
}

class Comma : public std::numpunct<char> {
 protected:
  char do_decimal_point() const override { return ','; }
};

TEST(Json, IsTheSameInEveryLocale) {
  const std::string before = to_json(test::full_report());
  const std::locale old = std::locale::global(std::locale(std::locale(), new Comma));
  std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is installed
  const std::string during = to_json(test::full_report());
  std::setlocale(LC_ALL, "C");
  std::locale::global(old);
  EXPECT_EQ(during, before);
}

}  // namespace
}  // namespace wsprobe::exporters
