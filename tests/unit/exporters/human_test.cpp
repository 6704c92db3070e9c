#include "exporters/human.hpp"

#include <algorithm>
#include <clocale>
#include <locale>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using test::golden;
using testing::HasSubstr;
using testing::Not;

HumanStyle style(Detail detail = Detail::brief, Glyphs glyphs = Glyphs::utf8) {
  HumanStyle out;
  out.detail = detail;
  out.glyphs = glyphs;
  return out;
}

struct GoldenCase {
  const char* file;
  Report (*report)();
  HumanStyle style;
};

class HumanGolden : public testing::TestWithParam<GoldenCase> {};

TEST_P(HumanGolden, IsWrittenAsInTheFile) {
  const std::string text = to_text(GetParam().report(), GetParam().style);
  EXPECT_EQ(text, golden(GetParam().file, text));
}

INSTANTIATE_TEST_SUITE_P(
    All, HumanGolden,
    testing::Values(GoldenCase{"healthy.txt", test::healthy_report, style()},
                    GoldenCase{"healthy_verbose.txt", test::healthy_report, style(Detail::full)},
                    GoldenCase{"incident.txt", test::incident_report, style()},
                    GoldenCase{"incident_ascii.txt", test::incident_report, style(Detail::brief, Glyphs::ascii)},
                    GoldenCase{"two_transports.txt", test::two_transports_report, style()},
                    GoldenCase{"expired_certificate.txt", test::expired_certificate_report, style()},
                    GoldenCase{"undetermined.txt", test::undetermined_report, style()},
                    GoldenCase{"full_verbose.txt", test::full_report, style(Detail::full)}),
    test::named_by_file);

TEST(Human, WhatTheEdgeSaysOfHttp2IsOneLine) {
  Report report = test::two_transports_report();
  StepReport& over = report.experiments.front();
  over.evidence.response.reset();
  over.outcome = Completed{};
  over.as_expected = true;
  over.evidence.http2 = Http2Facts{true, false, {}, {}};
  EXPECT_THAT(to_text(report, style()),
              HasSubstr("the edge offers it, but not WebSocket over it: browsers open those"));
  over.evidence.http2 = Http2Facts{};
  over.outcome = Failed{make_error(Phase::first_byte, Reason::timeout_first_byte)};
  EXPECT_THAT(to_text(report, style()),
              HasSubstr("agreed on with the edge, whose SETTINGS did not come: failed: timeout"));
  over.evidence.http2.reset();
  over.outcome = Completed{};
  EXPECT_THAT(to_text(report, style()), Not(HasSubstr("\n  HTTP/2  ")));
}

TEST(Human, HealthyRunFitsInAFewLines) {
  const std::string text = to_text(test::healthy_report(), style());
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 6);
}

TEST(Human, VerdictComesBeforeStepsAndRemedyBeforeReasons) {
  const std::string text = to_text(test::incident_report(), style());
  EXPECT_LT(text.find("The proxy changes the path"), text.find("What to do"));
  EXPECT_LT(text.find("What to do"), text.find("Why"));
  EXPECT_LT(text.find("Why"), text.find("Steps"));
}

TEST(Human, ColourChangesNothingButTheColour) {
  HumanStyle coloured = style();
  coloured.colour = Colour::ansi;
  const std::string plain = to_text(test::incident_report(), style());
  std::string text = to_text(test::incident_report(), coloured);
  EXPECT_NE(text, plain);
  for (std::size_t at = text.find('\033'); at != std::string::npos; at = text.find('\033')) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  EXPECT_EQ(text, plain);
}

TEST(Human, PlainStyleHasNoEscapeSequence) {
  EXPECT_THAT(to_text(test::incident_report(), style()), Not(HasSubstr("\033")));
}

TEST(Human, AsciiStyleHasNothingElse) {
  const std::string text = to_text(test::full_report(), style(Detail::full, Glyphs::ascii));
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c < 0x7F); }))
      << text;
}

TEST(Human, PeerCannotSteerTheTerminal) {
  for (const Detail detail : {Detail::brief, Detail::full}) {
    const std::string text = to_text(test::hostile_report(), style(detail));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\x07")));
    EXPECT_THAT(text, Not(HasSubstr("\r")));
    EXPECT_THAT(text, Not(HasSubstr("\xff")));
    EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
    EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_THAT(text, HasSubstr("\\x1b]0;owned"));
  }
}

TEST(Human, LinesKeepToTheWidth) {
  Report report = test::incident_report();
  report.verdict.reproduce.clear();  // commands are never broken
  for (const int width : {60, 80, 120}) {
    HumanStyle narrow = style();
    narrow.width = width;
    std::istringstream lines(to_text(report, narrow));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), width) << line;
  }
}

TEST(Human, CommandsStayInOnePiece) {
  EXPECT_THAT(to_text(test::incident_report(), style()),
              HasSubstr("-H 'Upgrade: websocket' \\\n    \"https://api.example.com/api/ws?token=$VALID\"\n"));
}

TEST(Human, InterruptedRunSaysSo) {
  Report report = test::incident_report();
  report.interrupted = true;
  EXPECT_THAT(to_text(report, style()), HasSubstr("Stopped by a signal"));
}

/// Germans write 1,5 for one and a half.
class Comma : public std::numpunct<char> {
 protected:
  char do_decimal_point() const override { return ','; }
  std::string do_grouping() const override { return "\3"; }
  char do_thousands_sep() const override { return '.'; }
};

TEST(Human, IsTheSameInEveryLocale) {
  const std::string before = to_text(test::full_report(), style(Detail::full));
  const std::locale old = std::locale::global(std::locale(std::locale(), new Comma));
  std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is installed
  const std::string during = to_text(test::full_report(), style(Detail::full));
  std::setlocale(LC_ALL, "C");
  std::locale::global(old);
  EXPECT_EQ(during, before);
}

}  // namespace
}  // namespace wsprobe::exporters
