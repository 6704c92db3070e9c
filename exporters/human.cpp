#include "exporters/human.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"
#include "exporters/human_steps.hpp"
#include "exporters/human_verdict.hpp"
#include "exporters/lint_text.hpp"
#include "exporters/timestamp.hpp"

namespace wsprobe::exporters {
namespace {

constexpr int text_indent = 2;
constexpr int days_of_warning = 14;

// ---- TLS ----

const std::optional<WallTime>& end_of(const TlsFacts& tls) {
  return tls.earliest_not_after ? tls.earliest_not_after : tls.not_after;
}

void write_certificate(Page& page, const TlsFacts& tls, WallTime now, Detail detail) {
  std::string text = tls.version.empty() ? "no TLS version agreed on" : printable(tls.version);
  const std::string subject = tls.names.empty() ? tls.subject : tls.names.front();
  if (!subject.empty()) text += ", certificate of " + shorten(escape_for_display(subject), 80);
  if (detail == Detail::full && !tls.issuer.empty()) text += " from " + shorten(escape_for_display(tls.issuer), 80);
  Tone tone = Tone::plain;
  if (const auto& end = end_of(tls)) {
    const auto days = std::chrono::floor<std::chrono::days>(*end - now).count();
    text += days < 0 ? fmt::format(", ended {}", iso_date(*end))
                     : fmt::format(", ends {} ({} days left)", iso_date(*end), days);
    if (days < days_of_warning) tone = Tone::caution;
  }
  if (!tls.verified) {
    text += ", not verified" + (tls.verify_error.empty() ? "" : ": " + escape_for_display(tls.verify_error));
    tone = Tone::caution;
  }
  page.row(text_indent, {{"TLS  ", Tone::faint}}, text, tone);
}

/// Each certificate once, however many steps saw it.
void write_tls(Page& page, const Report& report, Detail detail) {
  std::vector<std::string_view> seen;
  for (const StepReport& step : report.steps) {
    if (!step.evidence.tls) continue;
    const TlsFacts& tls = *step.evidence.tls;
    if (std::find(seen.begin(), seen.end(), tls.fingerprint_sha256) != seen.end()) continue;
    seen.push_back(tls.fingerprint_sha256);
    write_certificate(page, tls, report.started_at, detail);
  }
}

// ---- witnesses and notes ----

void write_notes(Page& page, const Report& report) {
  for (const std::string& note : report.notes) page.paragraph(text_indent, printable(note), Tone::caution);
}

void write_witnesses(Page& page, const Report& report) {
  if (report.witnesses.empty()) return;
  page.heading("Witnesses");
  for (const WitnessReport& witness : report.witnesses) {
    const std::string whose =
        witness.owner == LogOwner::unknown ? "" : fmt::format(" (of the {})", name(witness.owner));
    const std::string said =
        !witness.problem.empty()
            ? "says nothing: " + printable(witness.problem)
            : fmt::format("{} of {} lines are about this run{}", witness.lines_ours, witness.lines_read,
                          witness.format.empty() ? "" : ", format " + printable(witness.format));
    page.row(text_indent, {{printable(witness.source) + whose + "  "}}, said,
             witness.problem.empty() ? Tone::plain : Tone::caution);
  }
}

// ---- reproduction ----

/// The shell variables that stand for secrets in a command.
std::vector<std::string> variables_in(const std::vector<std::string>& commands) {
  std::vector<std::string> found;
  const auto belongs = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  for (const std::string& command : commands) {
    for (std::size_t at = command.find('$'); at != std::string::npos; at = command.find('$', at + 1)) {
      std::size_t begin = at + 1;
      if (begin < command.size() && command[begin] == '{') ++begin;
      std::size_t end = begin;
      while (end < command.size() && belongs(command[end])) ++end;
      const std::string variable = command.substr(begin, end - begin);
      if (!variable.empty() && std::find(found.begin(), found.end(), variable) == found.end())
        found.push_back(variable);
    }
  }
  return found;
}

void write_reproduction(Page& page, const Verdict& verdict) {
  if (verdict.reproduce.empty()) return;
  page.heading("See for yourself");
  for (const std::string& variable : variables_in(verdict.reproduce)) {
    page.verbatim(text_indent, fmt::format("read -rs {}    # type the secret; it is not shown", printable(variable)));
  }
  for (const std::string& command : verdict.reproduce) {
    for (const std::string_view line : lines_of(command)) page.verbatim(text_indent, printable(line));
  }
}

}  // namespace

std::string to_text(const Report& report, const HumanStyle& style) {
  Page page(style.colour, style.glyphs, style.width);
  const bool explain = !report.pass || style.detail == Detail::full;
  VerdictRest rest;
  if (explain) {
    rest = write_verdict(page, report, style.detail == Detail::full ? Room::unbounded : Room::one_screen);
    page.heading("Steps");
  } else {
    write_headline(page, report);
    write_notes(page, report);
  }
  write_steps(page, report, style.detail);
  write_tls(page, report, style.detail);
  write_http2(page, report);
  write_hops(page, report);
  write_addresses(page, report);
  write_witnesses(page, report);
  if (report.configuration) write_configuration(page, *report.configuration);
  if (explain && !report.experiments.empty()) {
    page.heading("Experiments");
    write_experiments(page, report, style.detail);
  }
  write_verdict_rest(page, report, rest);
  if (explain) write_reproduction(page, report.verdict);
  return page.take();
}

}  // namespace wsprobe::exporters
