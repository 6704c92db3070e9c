#include "scenario/diagnostic.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace wsprobe::scenario {
namespace {

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The first `characters` characters of `text`.
std::string_view first_characters(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  while (characters > 0 && at < text.size()) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    --characters;
  }
  return text.substr(0, at);
}

/// The line and, under it, a caret; of a long line the part around the caret.
std::string excerpt(std::string_view line, std::size_t column) {
  constexpr std::size_t width = 110;
  constexpr std::size_t before = 50;
  std::string_view head = first_characters(line, column - 1);
  std::string_view tail = line.substr(head.size());
  std::string lead;
  if (count_characters(line) > width && column > before) {
    head.remove_prefix(first_characters(head, column - before).size());
    lead = "...";
  }
  const std::size_t room = width - std::min(width, count_characters(head));
  const std::string_view kept = first_characters(tail, room);
  const std::string shown_head = lead + printable(head);
  return fmt::format("    {}{}{}\n    {:>{}}", shown_head, printable(kept), kept.size() < tail.size() ? "..." : "", "^",
                     count_characters(shown_head) + 1);
}

/// A hidden region reaches up to the next node: what is only punctuation between the two may be seen, and so may
/// brackets that close what began before it.
std::size_t end_of_value(std::string_view line, std::size_t from, std::size_t to) {
  const auto is_one_of = [](std::string_view characters) {
    return [characters](char c) { return characters.find(c) != std::string_view::npos; };
  };
  while (to > from) {
    const std::string_view region = line.substr(from, to - from);
    if (is_one_of("]}")(region.back())) {
      const auto opening = std::count_if(region.begin(), region.end(), is_one_of("[{"));
      const auto closing = std::count_if(region.begin(), region.end(), is_one_of("]}"));
      if (opening >= closing) break;
    } else if (!is_one_of(" \t-?,")(region.back())) {
      break;
    }
    --to;
  }
  return to;
}

}  // namespace

std::string backquoted(std::string_view text) { return "`" + printable(shorten(text, 60)) + "`"; }

std::string Diagnostic::render() const {
  std::string out = printable(file);
  if (line > 0) out += fmt::format(":{}:{}", line, column);
  out += severity == Severity::error ? ": error: " : ": warning: ";
  out += message;
  if (line > 0 && !source_line.empty()) {
    out += '\n';
    out += excerpt(source_line, static_cast<std::size_t>(std::max(column, 1)));
  }
  if (!help.empty()) out += "\n    help: " + help;
  return out;
}

Diagnostics::Diagnostics(std::string file, std::string_view text) : file_(std::move(file)) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines_.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void Diagnostics::add(Entry entry) {
  if (entry.severity == Severity::error) ++errors_;
  if (entries_.size() < limit) entries_.push_back(std::move(entry));
}

void Diagnostics::error(Position at, std::string message, std::string help) {
  add({at, std::move(message), std::move(help), Severity::error});
}

void Diagnostics::warn(Position at, std::string message, std::string help) {
  add({at, std::move(message), std::move(help), Severity::warning});
}

void Diagnostics::hide(Position from, Position to) { hidden_.push_back({from, to}); }

void Diagnostics::hide_line(int line) { hide({line, 1}, {line + 1, 1}); }

std::string_view Diagnostics::line(int number) const {
  return number >= 1 && number <= line_count() ? lines_[static_cast<std::size_t>(number - 1)] : std::string_view();
}

Position Diagnostics::find(Position from, std::string_view needle) const {
  if (from.column < 1) return from;
  const std::size_t at = line(from.line).find(needle, static_cast<std::size_t>(from.column - 1));
  return at == std::string_view::npos ? from : Position{from.line, static_cast<int>(at) + 1};
}

std::string Diagnostics::shown_line(int number) const {
  const std::string_view source = line(number);
  std::vector<bool> hidden(source.size(), false);
  for (const Hidden& region : hidden_) {
    if (region.from.line > number || region.to.line < number) continue;
    std::size_t from = region.from.line < number ? 0 : static_cast<std::size_t>(region.from.column - 1);
    std::size_t to = region.to.line > number ? source.size() : static_cast<std::size_t>(region.to.column - 1);
    to = std::min(to, source.size());
    to = end_of_value(source, from, to);
    for (; from < to; ++from) hidden[from] = true;
  }
  std::string shown;
  for (std::size_t at = 0; at < source.size(); ++at) {
    if (!hidden[at]) {
      shown += source[at];
    } else if (at == 0 || !hidden[at - 1]) {
      shown += "[hidden]";
    }
  }
  return shown == "[hidden]" ? std::string() : shown;
}

std::vector<Diagnostic> Diagnostics::take(Severity severity) const {
  std::vector<Entry> wanted;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(wanted),
               [&](const Entry& entry) { return entry.severity == severity; });
  std::stable_sort(wanted.begin(), wanted.end(),
                   [](const Entry& left, const Entry& right) { return left.at < right.at; });
  std::vector<Diagnostic> out;
  for (Entry& entry : wanted) {
    const std::string_view source = line(entry.at.line);
    const std::size_t bytes = std::min(source.size(), static_cast<std::size_t>(std::max(entry.at.column - 1, 0)));
    const int column = entry.at.line > 0 ? static_cast<int>(count_characters(source.substr(0, bytes))) + 1 : 0;
    out.push_back({file_, entry.at.line, column, std::move(entry.message), shown_line(entry.at.line),
                   std::move(entry.help), severity});
  }
  if (severity == Severity::error && errors_ > 0 && entries_.size() == limit && errors_ > out.size()) {
    out.push_back({file_, 0, 0, fmt::format("{} more errors are not shown", errors_ - out.size()), {}, {}, severity});
  }
  return out;
}

}  // namespace wsprobe::scenario
