#include "lint/apache_text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "lint/walk.hpp"

namespace wsprobe::lint::apache {
namespace {

constexpr std::size_t maximum_directives = 100'000;
constexpr std::size_t maximum_depth = 32;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Words, with quotes of both kinds; within them the quote itself and the backslash are escaped.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (text.empty()) return words;
    std::string word;
    const char quote = text.front();
    if (quote == '"' || quote == '\'') {
      text.remove_prefix(1);
      while (!text.empty() && text.front() != quote) {
        if (text.front() == '\\' && text.size() > 1 && (text[1] == quote || text[1] == '\\')) text.remove_prefix(1);
        word += text.front();
        text.remove_prefix(1);
      }
      if (!text.empty()) text.remove_prefix(1);
    } else {
      const auto end = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_space) - text.begin());
      word = text.substr(0, end);
      text.remove_prefix(end);
    }
    words.push_back(std::move(word));
  }
}

struct Line {
  std::string text;  // without white space around it, continued lines joined
  Place at;
};

/// Takes the next line that says something; none at the end.
class Lines {
 public:
  explicit Lines(const Source& source) : source_(source), rest_(source.text) {}

  std::optional<Line> next() {
    while (!rest_.empty()) {
      Line line{{}, {source_.name, number_ + 1, 1}};
      std::string_view raw = take();
      line.at.column += static_cast<int>(std::find_if_not(raw.begin(), raw.end(), is_space) - raw.begin());
      while (raw.ends_with('\\') && !rest_.empty()) {
        line.text += raw.substr(0, raw.size() - 1);
        raw = take();
      }
      line.text += raw;
      line.text = trimmed(line.text);
      if (!line.text.empty() && line.text.front() != '#') return line;
    }
    return std::nullopt;
  }

 private:
  std::string_view take() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  const Source& source_;
  std::string_view rest_;
  int number_ = 0;
};

}  // namespace

bool Directive::is(std::string_view other) const { return same_ignoring_case(name, other); }

const std::string& Directive::word(std::size_t index) const {
  static const std::string none;
  return index < words.size() ? words[index] : none;
}

tl::expected<std::vector<Directive>, Problem> parse(const Source& source) {
  Lines lines(source);
  std::vector<Directive> open(1);  // the file itself, then the sections that are not ended
  std::size_t count = 0;
  const auto close = [&] {
    Directive done = std::move(open.back());
    open.pop_back();
    open.back().block.push_back(std::move(done));
  };
  while (auto line = lines.next()) {
    if (++count > maximum_directives) {
      return tl::unexpected(Problem{line->at, fmt::format("more than {} directives", maximum_directives), {}});
    }
    std::string_view text = line->text;
    if (text.starts_with("</")) {
      const std::string_view name = trimmed(text.substr(2, text.find('>') - 2));
      if (open.size() == 1 || !open.back().is(name)) {
        const std::string help =
            open.size() == 1 ? "" : fmt::format("`<{}>` of line {} is open", open.back().name, open.back().at.line);
        return tl::unexpected(Problem{line->at, fmt::format("`</{}>` ends nothing", shown(name)), help});
      }
      close();
      continue;
    }
    const bool is_section = text.starts_with('<');
    if (is_section) {
      text.remove_prefix(1);
      if (text.ends_with('>')) text.remove_suffix(1);
    }
    const auto end = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_space) - text.begin());
    Directive directive{std::string(text.substr(0, end)), words_of(text.substr(end)), line->at, is_section, {}};
    if (!is_section) {
      open.back().block.push_back(std::move(directive));
      continue;
    }
    open.push_back(std::move(directive));
    if (open.size() > maximum_depth) {
      return tl::unexpected(Problem{line->at, fmt::format("sections are nested more than {} deep", maximum_depth), {}});
    }
  }
  while (open.size() > 1) close();
  return std::move(open.front().block);
}

std::string text_of(const Directive& directive) {
  std::string text = directive.name;
  for (const std::string& word : directive.words) {
    text += word.find(' ') == std::string::npos && !word.empty() ? " " + word : " \"" + word + "\"";
  }
  return shown(directive.is_section ? "<" + text + ">" : text);
}

const Directive* last_of(const std::vector<Directive>& directives, std::string_view name) {
  const auto found =
      std::find_if(directives.rbegin(), directives.rend(), [&](const Directive& each) { return each.is(name); });
  return found == directives.rend() ? nullptr : &*found;
}

}  // namespace wsprobe::lint::apache
