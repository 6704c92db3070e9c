#include "exporters/junit.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"
#include "exporters/timestamp.hpp"

namespace wsprobe::exporters {
namespace {

/// For an attribute or text. Line feeds stay: they are wanted in the text of a failure.
std::string xml(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = text.find('\n');
    for (const char c : escape_for_display(text.substr(0, end))) {
      switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
      }
    }
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string attribute(std::string_view text) {
  std::string out = xml(text);
  for (std::size_t at = out.find('\n'); at != std::string::npos; at = out.find('\n', at)) out.replace(at, 1, "&#10;");
  return out;
}

bool failed_here(const StepReport& step) {
  const auto* failed = std::get_if<Failed>(&step.outcome);
  return failed != nullptr && kind_of(failed->error.reason) == FailureKind::local;
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
};

/// The steps, and the one experiment that may fail a run.
std::vector<const StepReport*> tests_of(const Report& report) {
  std::vector<const StepReport*> tests;
  for (const StepReport& step : report.steps) tests.push_back(&step);
  for (const StepReport& made : report.experiments) {
    if (made.experiment == ExperimentKind::http2_websocket) tests.push_back(&made);
  }
  return tests;
}

Counts counts_of(const Report& report) {
  Counts counts;
  for (const StepReport* test : tests_of(report)) {
    ++counts.tests;
    if (!test->as_expected) ++(failed_here(*test) ? counts.errors : counts.failures);
  }
  return counts;
}

std::string explanation(const Report& report, const StepReport& step) {
  std::string text;
  for (const std::string& sentence : step.unmet) text += sentence + "\n";
  const Verdict& verdict = step.verdict ? *step.verdict : report.verdict;
  text += verdict.summary + "\n";
  text += fmt::format("written by: {}, to change: {}, cause: {}\n", name(verdict.emitter), name(verdict.fault),
                      name(verdict.cause));
  if (!verdict.remedy.empty()) text += "\n" + verdict.remedy + "\n";
  return text;
}

std::string test_case(const Report& report, const StepReport& step) {
  const std::string opening =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6f}\"", attribute(report.scenario),
                  attribute(step.name), to_seconds(step.evidence.times.total()));
  if (step.as_expected) return opening + "/>\n";
  const std::string_view element = failed_here(step) ? "error" : "failure";
  const Verdict& verdict = step.verdict ? *step.verdict : report.verdict;
  const std::string message = step.unmet.empty() ? verdict.summary : step.unmet.front();
  return opening + fmt::format(">\n      <{0} message=\"{1}\" type=\"{2}\">{3}</{0}>\n    </testcase>\n", element,
                               attribute(message), name(verdict.cause), xml(explanation(report, step)));
}

std::string property(std::string_view key, std::string_view value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", key, attribute(value));
}

std::string test_suite(const Report& report) {
  const Counts counts = counts_of(report);
  // Times of day in JUnit have no zone and no fraction.
  const std::string timestamp = iso_timestamp(report.started_at).substr(0, 19);
  std::string text = fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{:.6f}\" "
      "timestamp=\"{}\">\n    <properties>\n",
      attribute(report.scenario), counts.tests, counts.failures, counts.errors, to_seconds(report.duration), timestamp);
  text += property("target", report.target);
  text += property("emitter", name(report.verdict.emitter));
  text += property("fault", name(report.verdict.fault));
  text += property("cause", name(report.verdict.cause));
  text += property("interrupted", report.interrupted ? "true" : "false");
  text += "    </properties>\n";
  for (const StepReport* test : tests_of(report)) text += test_case(report, *test);
  return text + "  </testsuite>\n";
}

}  // namespace

std::string to_junit(std::span<const Report> reports) {
  Counts all;
  double seconds = 0;
  std::string suites;
  for (const Report& report : reports) {
    const Counts counts = counts_of(report);
    all.tests += counts.tests;
    all.failures += counts.failures;
    all.errors += counts.errors;
    seconds += to_seconds(report.duration);
    suites += test_suite(report);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"wsprobe\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.6f}\">\n{}</testsuites>\n",
      all.tests, all.failures, all.errors, seconds, suites);
}

}  // namespace wsprobe::exporters
