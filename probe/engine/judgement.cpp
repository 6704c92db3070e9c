#include "engine/judgement.hpp"

#include <utility>

#include <fmt/format.h>

namespace wsprobe::engine {
namespace {

/// Nothing is wrong as far as attribution can tell, and yet an expectation was not met: that is not "healthy".
void doubt(Report& report) {
  Verdict& verdict = report.verdict;
  verdict.emitter = Emitter::undetermined;
  verdict.fault = Fault::undetermined;
  verdict.cause = CauseId::undetermined;
  verdict.confidence = 0;
  verdict.summary = "The service answers, but not as the scenario expects";
  for (const StepReport& step : report.steps) {
    for (const std::string& sentence : step.unmet) {
      verdict.reasons.push_back({fmt::format("{}: {}", step.name, sentence), "undetermined", 0});
      verdict.summary += fmt::format("; {}: {}", step.name, sentence);
    }
  }
  verdict.summary += '.';
  verdict.remedy = "Compare the expectations of the scenario with what the service is meant to answer.";
}

void give(std::vector<StepReport>& exchanges, std::vector<std::optional<Verdict>> verdicts) {
  for (std::size_t at = 0; at < exchanges.size(); ++at) {
    exchanges[at].verdict = at < verdicts.size() ? std::move(verdicts[at]) : std::nullopt;
  }
}

}  // namespace

void give_verdicts(Report& report, attribution::Attribution found) {
  give(report.steps, std::move(found.of_steps));
  give(report.experiments, std::move(found.of_experiments));
  report.verdict = std::move(found.overall);
  if (!report.pass && report.verdict.cause == Cause(CauseId::healthy)) doubt(report);
}

}  // namespace wsprobe::engine
