#include "app/exit_codes.hpp"

#include <csignal>

#include <array>

#include <gtest/gtest.h>

namespace wsprobe::app {
namespace {

Report failed_with(Reason reason) {
  StepReport step;
  step.outcome = Failed{make_error(Phase::connect, reason)};
  Report report;
  report.steps = {step};
  return report;
}

Report passed() {
  Report report;
  report.pass = true;
  return report;
}

TEST(ExitCode, FollowsTheReport) {
  EXPECT_EQ(exit_code_of(passed()), ExitCode::met);
  EXPECT_EQ(exit_code_of(failed_with(Reason::tcp_refused)), ExitCode::unmet);
  EXPECT_EQ(exit_code_of(failed_with(Reason::bad_configuration)), ExitCode::usage);
  EXPECT_EQ(exit_code_of(failed_with(Reason::out_of_descriptors)), ExitCode::internal);
}

TEST(ExitCode, RefusalIsUnmet) {
  Report report = failed_with(Reason::tcp_refused);
  report.steps.front().outcome = Rejected{};
  EXPECT_EQ(exit_code_of(report), ExitCode::unmet);
}

TEST(ExitCode, WorstOfSeveralCounts) {
  const std::array reports{passed(), failed_with(Reason::out_of_memory), failed_with(Reason::tcp_refused)};
  EXPECT_EQ(worst_of(reports), ExitCode::internal);
  EXPECT_EQ(worst_of(std::span(reports).first(1)), ExitCode::met);
  EXPECT_EQ(worst_of({}), ExitCode::met);
}

TEST(ExitCode, SignalsHaveTheShellsNumbers) {
  EXPECT_EQ(static_cast<int>(exit_code_of_signal(SIGINT)), 128 + SIGINT);
  EXPECT_EQ(static_cast<int>(exit_code_of_signal(SIGTERM)), 128 + SIGTERM);
}

}  // namespace
}  // namespace wsprobe::app
