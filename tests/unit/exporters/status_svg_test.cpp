#include "exporters/status_svg.hpp"

#include <regex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

PageRun run_at(int second, bool pass = true, Duration duration = milliseconds(10)) {
  return {WallTime(seconds(1'790'000'000 + second)), duration, pass};
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

/// Every number that is drawn.
std::vector<double> numbers_in(const std::string& svg) {
  static const std::regex number(R"(-?\d+(\.\d+)?)");
  static const std::regex place(R"re( (x|y|x1|x2|y1|y2|width|height|points)="([^"]*)")re");
  std::vector<double> numbers;
  for (std::sregex_iterator at(svg.begin(), svg.end(), place), end; at != end; ++at) {
    const std::string value = (*at)[2];
    EXPECT_TRUE(std::regex_match(value, std::regex(R"([-\d., ]*)"))) << value;
    for (std::sregex_iterator one(value.begin(), value.end(), number); one != end; ++one) {
      numbers.push_back(std::stod(one->str()));
    }
  }
  return numbers;
}

TEST(HistoryStrip, EmptyIsStillAPicture) {
  const std::string svg = history_strip({}, 30);
  EXPECT_THAT(svg, HasSubstr(R"(aria-label="the last 0 runs, 0 failed")"));
  EXPECT_THAT(svg, Not(HasSubstr("<rect")));
}

TEST(HistoryStrip, ShowsTheLastOnesWithNowAtTheRight) {
  std::vector<PageRun> runs;
  for (int at = 0; at < 40; ++at) runs.push_back(run_at(at, at != 39));
  const std::string svg = history_strip(runs, 30);
  EXPECT_EQ(count(svg, "<rect"), 30U);
  EXPECT_THAT(svg, HasSubstr(R"(aria-label="the last 30 runs, 1 failed")"));
  EXPECT_THAT(svg, HasSubstr(R"(<rect class="bad" x="174" y="0" width="4" height="24">)")) << "30 times 6, less 6";
}

TEST(HistoryStrip, AFailedRunIsTaller) {
  EXPECT_THAT(history_strip(std::vector{run_at(0, true)}, 1), HasSubstr(R"(class="good" x="0" y="8")"));
  EXPECT_THAT(history_strip(std::vector{run_at(0, false)}, 1), HasSubstr(R"(class="bad" x="0" y="0")"));
}

TEST(DurationChart, NeedsTwoRuns) {
  EXPECT_EQ(duration_chart({}), "");
  EXPECT_EQ(duration_chart(std::vector{run_at(0)}), "");
}

TEST(DurationChart, StaysInItsFrame) {
  const std::vector runs{run_at(0, true, Duration::zero()), run_at(30, false, std::chrono::hours(1)),
                         run_at(60, true, milliseconds(1))};
  const std::string svg = duration_chart(runs);
  for (const double number : numbers_in(svg)) {
    EXPECT_GE(number, 0) << svg;
    EXPECT_LE(number, 1000) << svg;
  }
  EXPECT_EQ(count(svg, R"(<line class="bad")"), 1U);
}

TEST(DurationChart, RunsOfNoLengthAtOneMomentAreDrawn) {
  const std::vector runs{run_at(0, true, Duration::zero()), run_at(0, true, Duration::zero())};
  EXPECT_FALSE(numbers_in(duration_chart(runs)).empty());
}

TEST(DurationChart, BreaksTheLineWhereNothingRan) {
  std::vector<PageRun> runs;
  for (int at = 0; at < 5; ++at) runs.push_back(run_at(at * 30));
  for (int at = 0; at < 5; ++at) runs.push_back(run_at(10'000 + at * 30));
  EXPECT_EQ(count(duration_chart(runs), "<polyline"), 2U);
}

TEST(PhaseWaterfall, HasARowForEachPhaseThatTookPlace) {
  const Report report = test::incident_report();
  const StepReport& step = report.steps.front();
  const std::string drawn = phase_waterfall(step);
  std::size_t phases = 0;
  for (std::size_t at = 0; at < phase_count; ++at) {
    phases += step.evidence.times.duration(static_cast<Phase>(at)).has_value() ? 1U : 0U;
  }
  EXPECT_GT(phases, 2U);
  EXPECT_EQ(count(drawn, "<rect"), phases);
  EXPECT_THAT(drawn, HasSubstr(R"(aria-label="phases: )"));
  for (const double number : numbers_in(drawn)) EXPECT_LE(number, 1000);
}

TEST(PhaseWaterfall, NothingIsDrawnOfAStepThatNeverBegan) { EXPECT_EQ(phase_waterfall(StepReport{}), ""); }

}  // namespace
}  // namespace wsprobe::exporters
