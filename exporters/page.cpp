#include "exporters/page.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"

namespace wsprobe::exporters {
namespace {

constexpr int narrowest_column = 24;  // a text that would get less begins on a line of its own
constexpr int indent_where_narrow = 4;

std::string spaces(int count) { return std::string(static_cast<std::size_t>(std::max(count, 0)), ' '); }

std::string_view escape_sequence(Tone tone) {
  switch (tone) {
    case Tone::plain: return "";
    case Tone::strong: return "\033[1m";
    case Tone::faint: return "\033[2m";
    case Tone::good: return "\033[1;32m";
    case Tone::bad: return "\033[1;31m";
    case Tone::caution: return "\033[33m";
  }
  return "";
}

/// Typographic characters that sentences of ours may hold, for terminals that show ASCII only.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> ascii_spellings{{
    {"\u2013", "-"},
    {"\u2014", "-"},
    {"\u2018", "'"},
    {"\u2019", "'"},
    {"\u201c", "\""},
    {"\u201d", "\""},
    {"\u2026", "..."},
    {"\u2192", "->"},
    {"\u00d7", "x"},
}};

std::string spell_in_ascii(std::string_view character) {
  for (const auto& [utf8, ascii] : ascii_spellings) {
    if (utf8 == character) return std::string(ascii);
  }
  return "?";
}

std::string to_ascii(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text, at), 1);
    out += length == 1 ? std::string(1, text[at]) : spell_in_ascii(text.substr(at, length));
    at += length;
  }
  return out;
}

int width_of(const std::vector<Cell>& cells) {
  int sum = 0;
  for (const Cell& cell : cells) sum += std::max(std::abs(cell.width), display_width(cell.text));
  return sum;
}

}  // namespace

std::string readable(Duration duration) {
  const double milliseconds = to_seconds(duration) * 1e3;
  if (milliseconds >= 999.5) return fmt::format("{:.2f} s", milliseconds / 1e3);
  const int decimals = milliseconds < 9.995 ? 2 : milliseconds < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} ms", milliseconds, decimals);
}

int display_width(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string> wrap(std::string_view text, int width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.empty()) continue;
    if (!lines.back().empty() && display_width(lines.back()) + 1 + display_width(word) > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

void Page::put(std::string_view text, Tone tone) {
  std::string shown(text);
  for (std::size_t at = shown.find(no_break_space); at != std::string::npos; at = shown.find(no_break_space, at)) {
    shown.replace(at, no_break_space.size(), " ");
  }
  if (glyphs_ == Glyphs::ascii) shown = to_ascii(shown);
  if (colour_ == Colour::none || tone == Tone::plain || shown.empty()) {
    out_ += shown;
  } else {
    out_ += fmt::format("{}{}\033[0m", escape_sequence(tone), shown);
  }
}

void Page::put_cells(int indent, const std::vector<Cell>& cells) {
  out_ += spaces(indent);
  for (const Cell& cell : cells) {
    const int padding = std::abs(cell.width) - display_width(cell.text);
    if (cell.width < 0) out_ += spaces(padding);
    put(cell.text, cell.tone);
    if (cell.width > 0) out_ += spaces(padding);
  }
}

void Page::end_line() {
  out_.erase(out_.find_last_not_of(' ') + 1);
  out_ += '\n';
}

void Page::row(int indent, const std::vector<Cell>& cells, std::string_view rest, Tone rest_tone) {
  put_cells(indent, cells);
  int column = indent + width_of(cells);
  if (!rest.empty() && width_ - column < narrowest_column) {
    end_line();
    column = indent + indent_where_narrow;
    out_ += spaces(column);
  }
  bool first = true;
  for (const std::string& line : wrap(rest, std::max(width_ - column, narrowest_column))) {
    if (!first) out_ += spaces(column);
    put(line, rest_tone);
    end_line();
    first = false;
  }
}

int Page::lines() const { return static_cast<int>(std::count(out_.begin(), out_.end(), '\n')); }

void Page::paragraph(int indent, std::string_view text, Tone tone) { row(indent, {}, text, tone); }

void Page::verbatim(int indent, std::string_view line, Tone tone) {
  out_ += spaces(indent);
  put(line, tone);
  end_line();
}

void Page::heading(std::string_view title, std::string_view aside) {
  blank();
  put(title, Tone::strong);
  if (!aside.empty()) put("  ", Tone::plain);
  put(aside, Tone::faint);
  end_line();
}

}  // namespace wsprobe::exporters
