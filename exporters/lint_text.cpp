#include "exporters/lint_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/text.hpp"

namespace wsprobe::exporters {

// A line, and in a file of one line a path of names.
std::string place_text(const SourcePlace& at) {
  return printable(at.inside.empty() ? at.text() : fmt::format("{} ({})", at.text(), at.inside));
}

namespace {

constexpr int text_indent = 2;
constexpr int inner_indent = 4;

Tone tone_of(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::error: return Tone::bad;
    case FindingSeverity::warning: return Tone::caution;
    case FindingSeverity::note: return Tone::faint;
  }
  return Tone::plain;
}

/// The line as its author knows it, tabs as single spaces so that the caret stands right.
void write_source(Page& page, const SourcePlace& at) {
  if (at.source_line.empty()) return;
  std::string line = at.source_line;
  std::replace(line.begin(), line.end(), '\t', ' ');
  const std::size_t first = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t column = static_cast<std::size_t>(std::max(at.column - 1, 0));
  const std::size_t cut = std::min(first, column);
  page.verbatim(inner_indent, printable(line.substr(cut)));
  if (at.column > 0) page.verbatim(inner_indent, std::string(column - cut, ' ') + "^");
}

void write_snippet(Page& page, std::string_view snippet) {
  if (snippet.empty()) return;
  page.blank();
  while (!snippet.empty()) {
    const std::size_t end = std::min(snippet.find('\n'), snippet.size());
    std::string line;
    for (const char c : snippet.substr(0, end)) line += c == '\t' ? std::string(inner_indent, ' ') : std::string(1, c);
    page.verbatim(2 * inner_indent, printable(line));
    snippet.remove_prefix(std::min(end + 1, snippet.size()));
  }
}

void write_finding(Page& page, const ConfigurationFinding& finding) {
  page.blank();
  const bool cleared = finding.state == FindingState::cleared;
  const std::string_view word = cleared ? "cleared" : name(finding.severity);
  page.row(
      0,
      {{place_text(finding.at) + ": "}, {std::string(word) + ": ", cleared ? Tone::good : tone_of(finding.severity)}},
      fmt::format("{} [{}]", printable(finding.says), printable(finding.rule)), cleared ? Tone::plain : Tone::strong);
  write_source(page, finding.at);
  const auto line = [&](std::string_view label, const std::string& text, Tone tone) {
    if (!text.empty()) page.row(inner_indent, {{std::string(label), Tone::faint, 10}}, printable(text), tone);
  };
  line("breaks", finding.breaks, Tone::plain);
  line("only if", finding.only_if, Tone::plain);
  for (const ConfigurationRemark& related : finding.related) {
    line("see", fmt::format("{}: {}", place_text(related.at), related.says), Tone::plain);
  }
  if (finding.state != FindingState::not_probed) {
    const std::string state = finding.state == FindingState::undecided ? "open" : std::string(name(finding.state));
    line("probe", fmt::format("{}: {}", state, finding.evidence),
         finding.state == FindingState::confirmed ? Tone::bad : Tone::plain);
  }
  if (cleared) return;
  line("instead", finding.correction, Tone::plain);
  write_snippet(page, finding.snippet);
}

void write_trace(Page& page, const ConfigurationTrace& trace) {
  const std::string site = trace.site.empty() ? "no site" : printable(trace.site);
  page.row(0, {{fmt::format("{}, {} ", trace.product, site), Tone::strong}},
           trace.at.file.empty() ? std::string() : fmt::format("({})", printable(trace.at.text())), Tone::faint);
  for (const ConfigurationRemark& step : trace.steps) {
    const std::string place = step.at.line > 0 ? fmt::format("{}:{}  ", printable(step.at.file), step.at.line) : "";
    page.row(text_indent, {{place, Tone::faint}}, printable(step.says));
  }
}

std::string_view ending_text(std::string_view ending) {
  if (ending == "no_route") return "taken by no route";
  if (ending == "undetermined") return "sent where the text alone does not tell,";
  return ending == "answered" ? "answered by the proxy itself" : "forwarded";
}

std::string count(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

}  // namespace

void write_configuration(Page& page, const Configuration& configuration) {
  page.heading("The proxy's configuration");
  for (const ConfigurationTrace& trace : configuration.traces) {
    const std::string where =
        trace.ending == "forwarded" ? fmt::format(" to {}", fmt::join(trace.upstreams, ", ")) : std::string();
    page.row(
        text_indent,
        {{fmt::format("{}, {}  ", printable(trace.product), trace.site.empty() ? "no site" : printable(trace.site))}},
        printable(fmt::format("the request is {}{} as {}", ending_text(trace.ending), where, trace.path)), Tone::faint);
  }
  if (configuration.findings.empty()) page.paragraph(text_indent, "Nothing in it speaks against the WebSocket.");
  for (const FindingState state : {FindingState::confirmed, FindingState::fits, FindingState::undecided,
                                   FindingState::not_probed, FindingState::cleared}) {
    for (const ConfigurationFinding& finding : configuration.findings) {
      if (finding.state == state) write_finding(page, finding);
    }
  }
  for (const std::string& note : configuration.notes) page.paragraph(text_indent, printable(note), Tone::caution);
}

std::string to_text(const Configuration& configuration, const HumanStyle& style) {
  Page page(style.colour, style.glyphs, style.width);
  page.row(0, {{"The request for " + printable(configuration.asked), Tone::strong}});
  for (const ConfigurationTrace& trace : configuration.traces) {
    page.blank();
    write_trace(page, trace);
  }
  for (const ConfigurationFinding& finding : configuration.findings) write_finding(page, finding);
  for (const std::string& note : configuration.notes) {
    page.blank();
    page.row(0, {{"note: ", Tone::faint}}, printable(note));
  }
  page.blank();
  const auto number = [&](FindingSeverity severity) {
    return static_cast<std::size_t>(
        std::count_if(configuration.findings.begin(), configuration.findings.end(),
                      [&](const ConfigurationFinding& finding) { return finding.severity == severity; }));
  };
  const std::size_t errors = number(FindingSeverity::error);
  const std::size_t warnings = number(FindingSeverity::warning);
  if (configuration.findings.empty()) {
    const bool open = std::any_of(configuration.traces.begin(), configuration.traces.end(),
                                  [](const ConfigurationTrace& trace) { return trace.ending == "undetermined"; });
    page.paragraph(0, open ? "nothing found; the text alone does not tell everything (see above)" : "nothing found",
                   open ? Tone::plain : Tone::good);
  } else {
    page.paragraph(0, fmt::format("{}, {}", count(errors, "error"), count(warnings, "warning")),
                   errors > 0 ? Tone::bad : Tone::caution);
  }
  return page.take();
}

}  // namespace wsprobe::exporters
