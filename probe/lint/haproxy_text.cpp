#include "lint/haproxy_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lint/walk.hpp"

namespace wsprobe::lint::haproxy {
namespace {

constexpr std::size_t maximum_lines = 100'000;
constexpr std::size_t maximum_words = 64;  // HAProxy's own bound

constexpr std::array<std::string_view, 18> section_kinds{
    "global", "defaults", "frontend", "backend",     "listen",   "userlist",  "peers",       "mailers",     "resolvers",
    "cache",  "program",  "ring",     "http-errors", "fcgi-app", "crt-store", "log-forward", "log-profile", "traces"};

bool is_section(std::string_view word) {
  return std::find(section_kinds.begin(), section_kinds.end(), word) != section_kinds.end();
}

/// One line without its end.
class Splitter {
 public:
  Splitter(std::string_view text, Place at) : text_(text), start_(std::move(at)) {}

  tl::expected<Line, Problem> split() {
    Line line;
    while (true) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      if (at_ >= text_.size() || text_[at_] == '#') return line;
      if (line.words.empty()) line.at = here();
      if (line.words.size() >= maximum_words) {
        return tl::unexpected(Problem{here(), fmt::format("more than {} words on a line", maximum_words), {}});
      }
      line.words.push_back(word());
      if (open_quote_ != 0) {
        return tl::unexpected(Problem{here(), fmt::format("a {} is opened and never closed", open_quote_), {}});
      }
    }
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

  [[nodiscard]] Place here() const { return {start_.file, start_.line, static_cast<int>(at_) + 1}; }

  std::string word() {
    std::string out;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (open_quote_ == 0 && (is_space(c) || c == '#')) break;
      if (c == open_quote_) {
        open_quote_ = 0;
      } else if (open_quote_ == 0 && (c == '"' || c == '\'')) {
        open_quote_ = c;
      } else if (c == '\\' && open_quote_ != '\'' && at_ + 1 < text_.size()) {
        escape(out);
      } else {
        out += c;
      }
    }
    return out;
  }

  /// Within double quotes only quotes, dollars and backslashes are escaped.
  void escape(std::string& out) {
    const char next = text_[++at_];
    if (open_quote_ == '"' && next != '"' && next != '\\' && next != '$') {
      out += {'\\', next};
      return;
    }
    switch (next) {
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case ' ':
      case '#':
      case '"':
      case '\'':
      case '\\':
      case '$': out += next; break;
      default: out += {'\\', next};  // for a regular expression
    }
  }

  std::string_view text_;
  Place start_;
  std::size_t at_ = 0;
  char open_quote_ = 0;
};

std::optional<std::size_t> defaults_of(const std::vector<Section>& sections, const Line& opening) {
  const auto from = std::find(opening.words.begin(), opening.words.end(), "from");
  const bool is_named = from != opening.words.end() && from + 1 != opening.words.end();
  for (std::size_t index = sections.size(); index > 0; --index) {
    const Section& each = sections[index - 1];
    if (each.kind == "defaults" && (!is_named || each.name == *(from + 1))) return index - 1;
  }
  return std::nullopt;
}

Section opened_by(const Line& line, const std::vector<Section>& sections) {
  Section section{line.word(0), line.word(1) == "from" ? "" : line.word(1), line.at, {}, std::nullopt, false};
  const bool is_named = std::find(line.words.begin(), line.words.end(), "from") != line.words.end();
  // A defaults section starts from nothing unless it names another one.
  if (section.kind != "defaults" || is_named) section.defaults = defaults_of(sections, line);
  section.inherits_rules = is_named && section.defaults.has_value();
  return section;
}

}  // namespace

const std::string& Line::word(std::size_t index) const {
  static const std::string none;
  return index < words.size() ? words[index] : none;
}

std::string Section::title() const { return name.empty() ? kind : kind + " " + name; }

tl::expected<void, Problem> parse(const Source& source, std::vector<Section>& sections) {
  std::string_view rest = source.text;
  bool inside = false;
  std::size_t count = 0;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    auto line = Splitter(rest.substr(0, end), {source.name, number, 1}).split();
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line) return tl::unexpected(std::move(line.error()));
    if (line->words.empty() || line->words.front().starts_with('.')) continue;  // .if, .notice
    if (++count > maximum_lines) {
      return tl::unexpected(Problem{line->at, fmt::format("more than {} lines", maximum_lines), {}});
    }
    if (is_section(line->words.front())) {
      sections.push_back(opened_by(*line, sections));
      inside = true;
    } else if (inside) {
      sections.back().lines.push_back(std::move(*line));
    } else {
      return tl::unexpected(Problem{line->at, fmt::format("`{}` stands outside of any section", shown(line->words[0])),
                                    "a configuration begins with `global`, `defaults`, `frontend`, ..."});
    }
  }
  return {};
}

std::string text_of(const Line& line) { return shown(fmt::format("{}", fmt::join(line.words, " "))); }

std::string copy_of(const Line& line) {
  std::string copy = "   ";
  for (const std::string& word : line.words) {
    const bool is_plain = !word.empty() && word.find_first_of(" \t#\"'") == std::string::npos;
    const char quote = word.find('"') == std::string::npos ? '"' : '\'';
    copy += is_plain ? " " + word : fmt::format(" {}{}{}", quote, word, quote);
  }
  return copy;
}

const Line* setting(const std::vector<Section>& sections, const Section& section,
                    std::initializer_list<std::string_view> words) {
  const auto sets = [&](const Line& line) {
    return line.words.size() > words.size() - 1 && std::equal(words.begin(), words.end(), line.words.begin());
  };
  const auto line = std::find_if(section.lines.rbegin(), section.lines.rend(), sets);
  if (line != section.lines.rend()) return &*line;
  // Inheritance goes backwards through the file only, so this ends.
  return section.defaults ? setting(sections, sections[*section.defaults], words) : nullptr;
}

std::optional<Duration> duration_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> units{{{"us", 1},
                                                                            {"ms", 1'000},
                                                                            {"s", 1'000'000},
                                                                            {"m", 60'000'000},
                                                                            {"h", 3'600'000'000},
                                                                            {"d", 86'400'000'000},
                                                                            {"", 1'000}}};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > 1'000'000'000) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto found = std::find_if(units.begin(), units.end(), [&](const auto& each) { return each.first == unit; });
  if (found == units.end()) return std::nullopt;
  const std::int64_t most =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::hours(24 * 3650)).count();
  return std::chrono::microseconds(number > most / found->second ? most : number * found->second);
}

const Section* section_named(const std::vector<Section>& sections, std::initializer_list<std::string_view> kinds,
                             std::string_view name) {
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const Section& each) {
    return each.name == name && std::find(kinds.begin(), kinds.end(), each.kind) != kinds.end();
  });
  return found == sections.end() ? nullptr : &*found;
}

}  // namespace wsprobe::lint::haproxy
