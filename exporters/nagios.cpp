// Monitoring plugins' conventions: the text ends at '|', performance data are 'label'=value[unit];warn;crit;min;max,
// and a label may hold anything but '=' and a quote, which is doubled.
#include "exporters/nagios.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "core/text.hpp"
#include "exporters/step_facts.hpp"

namespace wsprobe::exporters {
namespace {

constexpr int days_of_warning = 14;

std::string_view word(NagiosStatus status) {
  static constexpr std::array<std::string_view, 4> words{"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  return words.at(static_cast<std::size_t>(status));
}

/// One line without the character that begins the performance data.
std::string line_of(std::string_view text) {
  std::string line = escape_for_display(text);
  std::replace(line.begin(), line.end(), '|', '/');
  return line;
}

std::string label_of(std::string_view name) {
  std::string label;
  for (const char c : line_of(name)) {
    if (c == '=') continue;
    label += c == '\'' ? "''" : std::string(1, c);
  }
  return label;
}

bool failed_here(const Report& report) {
  return std::any_of(report.steps.begin(), report.steps.end(), [](const StepReport& step) {
    const auto* failed = std::get_if<Failed>(&step.outcome);
    return failed != nullptr && !step.as_expected && kind_of(failed->error.reason) == FailureKind::local;
  });
}

std::optional<std::int64_t> days_left(const Report& report, WallTime now) {
  std::optional<std::int64_t> fewest;
  for (const StepReport& step : report.steps) {
    const auto end = earliest_certificate_end(step);
    if (!end) continue;
    const std::int64_t days = std::chrono::floor<std::chrono::days>(*end - now).count();
    fewest = std::min(fewest.value_or(days), days);
  }
  return fewest;
}

int rank(NagiosStatus status) {
  static constexpr std::array<int, 4> ranks{0, 1, 3, 2};
  return ranks.at(static_cast<std::size_t>(status));
}

std::string sentence_of(const Report& report, WallTime now) {
  std::string text = line_of(report.scenario) + ": " + line_of(report.verdict.summary);
  if (nagios_status(report, now) == NagiosStatus::warning)
    text += fmt::format(" The certificate ends in {} days.", *days_left(report, now));
  return text;
}

std::string performance_of(const Report& report, WallTime now, std::string_view prefix) {
  std::string text = fmt::format("'{}time'={:.6f}s;;;0;", prefix, to_seconds(report.duration));
  for (const StepReport& step : report.steps) {
    const std::string label = fmt::format("{}{}", prefix, label_of(step.name));
    text += fmt::format(" '{}'={:.6f}s;;;0;", label, to_seconds(step.evidence.times.total()));
    if (const auto ping = median_ping(step)) text += fmt::format(" '{} ping'={:.6f}s;;;0;", label, to_seconds(*ping));
  }
  if (const auto days = days_left(report, now))
    text += fmt::format(" '{}certificate days'={};{}:;0:;;", prefix, *days, days_of_warning);
  return text;
}

std::string headline(std::span<const Report> reports, WallTime now) {
  if (reports.size() == 1) return sentence_of(reports.front(), now);
  const auto good = std::count_if(reports.begin(), reports.end(), [](const Report& report) { return report.pass; });
  std::string text = fmt::format("{} of {} scenarios as expected", good, reports.size());
  for (const Report& report : reports) {
    if (!report.pass) text += "; " + line_of(report.scenario) + ": " + std::string(name(report.verdict.cause));
  }
  return text;
}

}  // namespace

NagiosStatus nagios_status(const Report& report, WallTime now) {
  if (report.interrupted) return NagiosStatus::unknown;
  if (!report.pass) return failed_here(report) ? NagiosStatus::unknown : NagiosStatus::critical;
  const auto days = days_left(report, now);
  return days && *days < days_of_warning ? NagiosStatus::warning : NagiosStatus::ok;
}

NagiosStatus nagios_status(std::span<const Report> reports, WallTime now) {
  if (reports.empty()) return NagiosStatus::unknown;
  NagiosStatus worst = NagiosStatus::ok;
  for (const Report& report : reports) {
    const NagiosStatus status = nagios_status(report, now);
    if (rank(status) > rank(worst)) worst = status;
  }
  return worst;
}

std::string to_nagios(std::span<const Report> reports, WallTime now) {
  if (reports.empty()) return nagios_unknown("no scenario was run");
  std::string text = fmt::format("WSPROBE {} - {} |", word(nagios_status(reports, now)), headline(reports, now));
  for (const Report& report : reports) {
    const std::string prefix = reports.size() == 1 ? "" : label_of(report.scenario) + " ";
    text += " " + performance_of(report, now, prefix);
  }
  text += "\n";
  for (const Report& report : reports) {
    if (reports.size() > 1) text += fmt::format("{}: {}\n", word(nagios_status(report, now)), sentence_of(report, now));
    if (report.pass) continue;
    text += fmt::format("written by: {}, to change: {}, cause: {}\n", name(report.verdict.emitter),
                        name(report.verdict.fault), name(report.verdict.cause));
    std::string_view remedy = report.verdict.remedy;
    while (!remedy.empty()) {
      const std::size_t end = remedy.find('\n');
      text += line_of(remedy.substr(0, end)) + "\n";
      remedy.remove_prefix(end == std::string_view::npos ? remedy.size() : end + 1);
    }
  }
  return text;
}

std::string nagios_unknown(std::string_view why) {
  return fmt::format("WSPROBE {} - {}\n", word(NagiosStatus::unknown), line_of(why));
}

}  // namespace wsprobe::exporters
