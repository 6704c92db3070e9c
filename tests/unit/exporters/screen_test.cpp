// The verdict on every captured deployment fits on a screen of 24 lines of 80 columns, and says what speaks against it.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "attribution/attribution.hpp"
#include "exporters/human.hpp"
#include "exporters/human_verdict.hpp"
#include "exporters/page.hpp"
#include "unit/attribution/deployments.hpp"

namespace wsprobe::exporters {
namespace {

using attribution::test::Deployment;

constexpr int columns = 80;

Report judged(const Deployment& deployment) {
  Report report;
  report.scenario = "diagnose";
  report.target = "wss://api.example.com/api/ws";
  report.steps = deployment.steps;
  report.experiments = deployment.experiments;
  attribution::Attribution found = attribution::attribute({report.steps, report.experiments, ""});
  report.verdict = std::move(found.overall);
  for (std::size_t at = 0; at < report.steps.size(); ++at) report.steps[at].verdict = found.of_steps[at];
  return report;
}

std::string screen_of(const Report& report) {
  HumanStyle style;
  style.width = columns;
  const std::string text = to_text(report, style);
  return text.substr(0, text.find("\nSteps\n"));
}

TEST(Screen, EveryVerdictFits) {
  for (const Deployment& deployment : attribution::test::load_all_deployments()) {
    const std::string screen = screen_of(judged(deployment));
    EXPECT_LE(std::count(screen.begin(), screen.end(), '\n'), screen_lines) << deployment.name << "\n" << screen;
  }
}

TEST(Screen, ShowsTheStrongestContradiction) {
  std::size_t contradicted = 0;
  for (const Deployment& deployment : attribution::test::load_all_deployments()) {
    HumanStyle style;
    style.width = columns;
    const Report report = judged(deployment);
    const bool any = to_text(report, style).find("\n  − ") != std::string::npos;
    if (!any) continue;
    ++contradicted;
    EXPECT_NE(screen_of(report).find("\n  − "), std::string::npos) << deployment.name;
  }
  EXPECT_GT(contradicted, 10U);
}

TEST(Screen, WhatDidNotFitStandsBelow) {
  for (const Deployment& deployment : attribution::test::load_all_deployments()) {
    const Report report = judged(deployment);
    HumanStyle style;
    style.width = columns;
    const std::string text = to_text(report, style);
    const std::string screen = screen_of(report);
    EXPECT_EQ(screen.find("more below)") != std::string::npos, text.find(", in full") != std::string::npos)
        << deployment.name;
  }
}

}  // namespace
}  // namespace wsprobe::exporters
