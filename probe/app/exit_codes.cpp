#include "app/exit_codes.hpp"

#include <csignal>

#include <algorithm>

namespace wsprobe::app {
namespace {

ExitCode exit_code_of(const StepReport& step) {
  if (step.as_expected) return ExitCode::met;
  const auto* failed = std::get_if<Failed>(&step.outcome);
  if (failed == nullptr || kind_of(failed->error.reason) != FailureKind::local) return ExitCode::unmet;
  return failed->error.reason == Reason::bad_configuration ? ExitCode::usage : ExitCode::internal;
}

}  // namespace

ExitCode exit_code_of(const Report& report) {
  if (report.pass) return ExitCode::met;
  ExitCode worst = ExitCode::unmet;
  for (const StepReport& step : report.steps) worst = std::max(worst, exit_code_of(step));
  return worst;
}

ExitCode worst_of(std::span<const Report> reports) {
  ExitCode worst = ExitCode::met;
  for (const Report& report : reports) worst = std::max(worst, exit_code_of(report));
  return worst;
}

ExitCode exit_code_of_signal(int signal) { return signal == SIGTERM ? ExitCode::terminated : ExitCode::interrupted; }

}  // namespace wsprobe::app
