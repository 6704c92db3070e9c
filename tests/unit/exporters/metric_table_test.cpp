#include "exporters/metric_table.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

std::string labels_in_words(const Metric& metric) {
  std::string words;
  if (metric.scope == MetricScope::report) words = "(scenario)";
  if (metric.scope == MetricScope::scenario) words = "scenario";
  if (metric.scope == MetricScope::step) words = "scenario, step";
  std::string own(metric.labels);
  for (std::size_t at = own.find(' '); at != std::string::npos; at = own.find(' ', at + 2)) own.replace(at, 1, ", ");
  if (!words.empty() && !own.empty()) words += ", ";
  return words + own;
}

/// docs/METRICS.md, whose table tests in other languages read too.
std::string reference() {
  std::string text =
      "# Metrics\n\n"
      "`probe_*` are blackbox_exporter's names, unchanged: one report, in the answer of `/probe`, a textfile, a\n"
      "Pushgateway or `--format prometheus`. Everywhere but in `/probe` they have the label `scenario`, so that "
      "several\n"
      "can lie side by side. Every series is always there, with 0 on failure; the two about TLS are there where the\n"
      "target uses TLS. Files and pushes have the scenario's own constant labels too, and besides\n"
      "`wsprobe_http_value` and `wsprobe_last_run_timestamp_seconds`, which tells a probe that no longer runs.\n\n"
      "`wsprobe_*` are the daemon's, in `/metrics`. Series of a scenario also have its own constant labels. They "
      "exist\n"
      "with 0 from the first moment and vanish with the scenario. No label ever holds a URL or text of a peer. Phases\n"
      "are resolve, connect, tls, request, first_byte, response, upgrade, message, close and unattributed for the\n"
      "daemon; resolve, connect, tls, processing and transfer for `probe_*`.\n\n"
      "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const Metric& metric : all_metrics()) {
    text +=
        fmt::format("| `{}` | {} | {} | {} |\n", metric.name, name(metric.type), labels_in_words(metric), metric.help);
  }
  return text;
}

TEST(MetricTable, IsTheOneInTheDocumentation) {
  const std::string text = reference();
  EXPECT_EQ(text, test::golden("../../../docs/METRICS.md", text));
}

TEST(MetricTable, NamesAreUniqueAndOfTheirScope) {
  std::set<std::string_view> names;
  for (const Metric& metric : all_metrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_EQ(metric.name.starts_with("probe_"), metric.scope == MetricScope::report) << metric.name;
    EXPECT_EQ(&wsprobe::exporters::metric(metric.id), &metric);
  }
}

TEST(MetricTable, CountersSayTotalAndNothingElseDoes) {
  for (const Metric& metric : all_metrics()) {
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == MetricType::counter) << metric.name;
  }
}

TEST(MetricTable, HelpNeedsNoEscaping) {
  for (const Metric& metric : all_metrics()) {
    EXPECT_FALSE(metric.help.empty()) << metric.name;
    EXPECT_EQ(metric.help.find_first_of("\\\n|\""), std::string_view::npos) << metric.name;
    EXPECT_TRUE(std::all_of(metric.help.begin(), metric.help.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
  }
}

}  // namespace
}  // namespace wsprobe::exporters
