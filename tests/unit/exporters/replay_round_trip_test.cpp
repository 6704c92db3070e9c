// The verdict on a captured deployment does not change on the way through the JSON report.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "attribution/attribution.hpp"
#include "described.hpp"
#include "exporters/json.hpp"
#include "exporters/json_reader.hpp"
#include "unit/attribution/deployments.hpp"

namespace wsprobe::exporters {
namespace {

using attribution::test::Deployment;

std::string verdicts(const attribution::Attribution& found) {
  std::string text = test::described(found.overall);
  for (const auto* list : {&found.of_steps, &found.of_experiments}) {
    for (const auto& verdict : *list) text += verdict ? test::described(*verdict) : "none\n";
  }
  for (const ExperimentKind kind : found.wanted) text += fmt::format("wanted {}\n", name(kind));
  return text;
}

TEST(ReplayRoundTrip, EveryCapturedDeploymentIsJudgedAlike) {
  std::size_t count = 0;
  for (const Deployment& deployment : attribution::test::load_all_deployments()) {
    Report report;
    report.steps = deployment.steps;
    report.experiments = deployment.experiments;
    report.upstream = count % 2 == 0 ? "" : "backend:8000";
    const auto read = read_reports(to_json(report));
    ASSERT_TRUE(read) << deployment.name << ": " << read.error().message;
    const Report& back = read->front();
    EXPECT_EQ(verdicts(attribution::attribute({back.steps, back.experiments, back.upstream})),
              verdicts(attribution::attribute({report.steps, report.experiments, report.upstream})))
        << deployment.name;
    ++count;
  }
  EXPECT_GT(count, 300U);
}

}  // namespace
}  // namespace wsprobe::exporters
