#include "exporters/replay.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"
#include "exporters/page.hpp"

namespace wsprobe::exporters {
namespace {

constexpr int text_indent = 2;

/// On one line, whatever stands in it.
std::string in_a_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return text.empty() ? "(nothing)" : printable(text);
}

void write_change(Page& page, const VerdictChange& change) {
  const std::string where = change.exchange.empty() ? change.part : change.exchange + ": " + change.part;
  page.paragraph(text_indent, printable(where), Tone::strong);
  page.row(text_indent, {{"was", Tone::faint, 6}}, in_a_line(change.was));
  page.row(text_indent, {{"is", Tone::faint, 6}}, in_a_line(change.is));
}

}  // namespace

std::string to_text(const Replay& replay, const HumanStyle& style) {
  Page page(style.colour, style.glyphs, style.width);
  const std::string file = escape_for_display(replay.file);
  if (replay.changes.empty()) {
    page.row(0, {{std::string(page.sign("✔ SAME", "SAME")) + "  ", Tone::good}},
             fmt::format("{}: the evidence in it leads to the verdict in it.", file));
    return to_text(replay.report, style) + "\n" + page.take();
  }
  page.row(0, {{std::string(page.sign("✘ CHANGED", "CHANGED")) + "  ", Tone::bad}},
           fmt::format("{}: the evidence in it leads to another verdict now.", file));
  for (const VerdictChange& change : replay.changes) write_change(page, change);
  return to_text(replay.report, style) + "\n" + page.take();
}

}  // namespace wsprobe::exporters
