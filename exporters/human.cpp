#include "exporters/human.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"
#include "exporters/human_steps.hpp"
#include "exporters/timestamp.hpp"

namespace wsprobe::exporters {
namespace {

constexpr int text_indent = 2;
constexpr int days_of_warning = 14;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// ---- the verdict ----

std::string confidence_text(double confidence) {
  const int percent = static_cast<int>(confidence * 100 + 0.5);
  return percent >= 100 ? "over 99 %" : fmt::format("{} %", percent);
}

std::string_view in_words(Emitter emitter) {
  switch (emitter) {
    case Emitter::proxy: return "the proxy";
    case Emitter::backend: return "the backend";
    case Emitter::cdn: return "the CDN";
    case Emitter::none: return "nobody: there is no answer";
    case Emitter::undetermined: return "undetermined";
  }
  return "";
}

std::string_view in_words(Fault fault) {
  switch (fault) {
    case Fault::proxy: return "the proxy";
    case Fault::backend: return "the backend";
    case Fault::cdn: return "the CDN";
    case Fault::frontend: return "the frontend";
    case Fault::client: return "the client";
    case Fault::network: return "the network";
    case Fault::none: return "nobody";
    case Fault::undetermined: return "undetermined";
  }
  return "";
}

void write_headline(Page& page, const Report& report) {
  std::string mark(report.pass ? page.sign("✔ PASS", "PASS") : page.sign("✘ FAIL", "FAIL"));
  if (report.interrupted) mark = "STOPPED";
  page.row(0, {{mark, report.pass && !report.interrupted ? Tone::good : Tone::bad},
               {"  " + safe(report.scenario), Tone::strong},
               {"  " + safe(report.target)},
               {"  " + readable(report.duration), Tone::faint}});
  if (report.interrupted) {
    page.paragraph(text_indent, "Stopped by a signal; what follows is what was seen until then.", Tone::caution);
  }
  page.paragraph(text_indent, safe(report.verdict.summary), Tone::strong);
}

void write_verdict(Page& page, const Verdict& verdict) {
  const auto line = [&](std::string_view label, std::string_view value, Tone tone) {
    page.row(text_indent, {{std::string(label), Tone::faint, 12}}, value, tone);
  };
  page.blank();
  line("written by", in_words(verdict.emitter), Tone::plain);
  line("to change", in_words(verdict.fault), verdict.fault == Fault::none ? Tone::plain : Tone::bad);
  line("cause", name(verdict.cause), Tone::plain);
  std::string confidence = confidence_text(verdict.confidence);
  if (verdict.cause.id == CauseId::undetermined && verdict.emitter != Emitter::undetermined) {
    confidence += fmt::format(" that {} wrote it", in_words(verdict.emitter));
  }
  line("confidence", confidence, Tone::plain);
}

/// A line that begins with a space or tab is configuration or a command, and stays as it is.
void write_remedy(Page& page, const Verdict& verdict) {
  if (verdict.remedy.empty()) return;
  page.heading("What to do");
  for (const std::string_view line : lines_of(verdict.remedy)) {
    const std::size_t tabs = std::min(line.find_first_not_of('\t'), line.size());
    if (line.empty()) {
      page.blank();
    } else if (line.starts_with(' ') || tabs > 0) {
      page.verbatim(text_indent, std::string(tabs * 4, ' ') + safe(line.substr(tabs)));
    } else {
      page.paragraph(text_indent, safe(line));
    }
  }
}

// ---- the reasons ----

enum class Side : std::uint8_t { speaks_for, speaks_against, observation };

/// "proxy" and "backend" name who wrote the answer; a fault of that name is not meant.
bool agrees(const Verdict& verdict, std::string_view supports) {
  const bool names_an_emitter =
      supports == name(Emitter::proxy) || supports == name(Emitter::backend) || supports == name(Emitter::cdn);
  if (names_an_emitter) return supports == name(verdict.emitter);
  return supports == name(verdict.cause) || supports == name(verdict.fault);
}

bool is_open(const Verdict& verdict) {
  return verdict.emitter == Emitter::undetermined || verdict.cause.id == CauseId::undetermined;
}

Side side_of(const Verdict& verdict, const SupportingFact& reason) {
  if (reason.weight == 0) return Side::observation;
  const bool agreeing = agrees(verdict, reason.supports) == (reason.weight > 0);
  if (!agreeing && is_open(verdict)) return Side::observation;
  return agreeing ? Side::speaks_for : Side::speaks_against;
}

void write_reasons(Page& page, const Verdict& verdict) {
  if (verdict.reasons.empty()) return;
  page.heading("Why");
  int widest = 0;
  for (const SupportingFact& reason : verdict.reasons) {
    if (reason.weight != 0) widest = std::max(widest, display_width(safe(reason.supports)));
  }
  for (const Side side : {Side::speaks_for, Side::speaks_against, Side::observation}) {
    for (const SupportingFact& reason : verdict.reasons) {
      if (side_of(verdict, reason) != side) continue;
      const bool weighed = reason.weight != 0;
      const std::string_view mark = side == Side::speaks_for       ? "+ "
                                    : side == Side::speaks_against ? page.sign("− ", "- ")
                                                                   : page.sign("· ", "* ");
      std::vector<Cell> cells{{std::string(mark), side == Side::speaks_against ? Tone::bad : Tone::good}};
      if (widest > 0) {
        cells.push_back({weighed ? safe(reason.supports) : "", Tone::faint, widest + 1});
        cells.push_back({weighed ? fmt::format("{:.1f}", reason.weight) : "", Tone::faint, -4});
        cells.push_back({"  "});
      }
      page.row(text_indent, cells, safe(reason.fact));
    }
  }
  if (widest > 0) {
    page.paragraph(text_indent, "The numbers are log odds: 2.3 makes it ten times as likely, 4.6 a hundred times.",
                   Tone::faint);
  }
}

// ---- TLS ----

const std::optional<WallTime>& end_of(const TlsFacts& tls) {
  return tls.earliest_not_after ? tls.earliest_not_after : tls.not_after;
}

void write_certificate(Page& page, const TlsFacts& tls, WallTime now, Detail detail) {
  std::string text = tls.version.empty() ? "no TLS version agreed on" : safe(tls.version);
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
    page.verbatim(text_indent, fmt::format("read -rs {}    # type the secret; it is not shown", safe(variable)));
  }
  for (const std::string& command : verdict.reproduce) {
    for (const std::string_view line : lines_of(command)) page.verbatim(text_indent, safe(line));
  }
}

}  // namespace

std::string to_text(const Report& report, const HumanStyle& style) {
  Page page(style.colour, style.glyphs, style.width);
  const bool explain = !report.pass || style.detail == Detail::full;
  write_headline(page, report);
  if (explain) {
    write_verdict(page, report.verdict);
    write_remedy(page, report.verdict);
    write_reasons(page, report.verdict);
    page.heading("Steps");
  }
  write_steps(page, report, style.detail);
  write_tls(page, report, style.detail);
  if (explain && !report.experiments.empty()) {
    page.heading("Experiments");
    write_experiments(page, report, style.detail);
  }
  if (explain) write_reproduction(page, report.verdict);
  return page.take();
}

}  // namespace wsprobe::exporters
