#include "lint/nginx_text.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lint/walk.hpp"

namespace wsprobe::lint::nginx {
namespace {

constexpr std::size_t maximum_directives = 100'000;
constexpr int maximum_depth = 32;
constexpr std::string_view dump_mark = "# configuration file ";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

enum class Ends : std::uint8_t { semicolon, opens, closes, file };

class Parser {
 public:
  Parser(const Source& source, std::string_view text, int line) : source_(source), text_(text), line_(line) {}

  tl::expected<std::vector<Directive>, Problem> parse() {
    std::vector<Directive> directives = block(0);
    if (problem_) return tl::unexpected(std::move(*problem_));
    return directives;
  }

 private:
  [[nodiscard]] Place here() const { return {source_.name, line_, static_cast<int>(at_ - line_start_) + 1}; }
  [[nodiscard]] bool done() const { return at_ >= text_.size() || problem_; }

  void refuse(const Place& at, std::string message, std::string help = {}) {
    if (!problem_) problem_ = Problem{at, std::move(message), std::move(help)};
  }

  void advance() {
    if (text_[at_++] != '\n') return;
    ++line_;
    line_start_ = at_;
  }

  void skip_space() {
    while (!done() && (is_space(text_[at_]) || text_[at_] == '#')) {
      if (text_[at_] == '#') {
        while (!done() && text_[at_] != '\n') advance();
      } else {
        advance();
      }
    }
  }

  std::vector<Directive> block(int depth) {
    std::vector<Directive> directives;
    if (depth > maximum_depth) refuse(here(), fmt::format("blocks are nested more than {} deep", maximum_depth));
    while (true) {
      skip_space();
      if (done()) {
        if (depth > 0) refuse(here(), "the file ends inside of a block", "a `}` is missing");
        return directives;
      }
      if (text_[at_] == '}') {
        if (depth == 0) refuse(here(), "a `}` that closes nothing");
        if (!done()) advance();
        return directives;
      }
      directives.push_back(directive(depth));
      if (++count_ > maximum_directives) refuse(here(), fmt::format("more than {} directives", maximum_directives));
    }
  }

  Directive directive(int depth) {
    Directive one;
    one.at = here();
    bool first = true;
    while (true) {
      skip_space();
      if (done()) {
        refuse(one.at, fmt::format("`{}` is not ended", shown(one.name)), "a directive ends with `;` or with a block");
        return one;
      }
      const char c = text_[at_];
      if (c == ';' || c == '{' || c == '}') {
        ends(one, first, depth);
        return one;
      }
      std::string text = c == '"' || c == '\'' ? quoted() : plain();
      if (std::exchange(first, false)) {
        one.name = std::move(text);
      } else {
        one.words.push_back(std::move(text));
      }
    }
  }

  void ends(Directive& one, bool is_empty, int depth) {
    const char c = text_[at_];
    if (is_empty || c == '}') {
      refuse(here(), fmt::format("unexpected `{}`", c), c == '}' ? "is a `;` missing before it?" : "");
      return;
    }
    advance();
    if (c == ';') return;
    one.is_block = true;
    if (one.name.ends_with("_by_lua_block")) {
      skip_foreign(one.at);
    } else {
      one.block = block(depth + 1);
    }
  }

  /// A block in another language: up to the brace that balances it.
  void skip_foreign(const Place& from) {
    for (int open = 1; open > 0;) {
      if (done()) return refuse(from, "the block is not ended");
      open += text_[at_] == '{' ? 1 : (text_[at_] == '}' ? -1 : 0);
      advance();
    }
  }

  /// At a backslash: what it stands for. Only a few escapes are nginx's own; others are for regular expressions.
  void escape(std::string& out) {
    advance();
    if (done()) return;
    const char c = text_[at_];
    switch (c) {
      case '"':
      case '\'':
      case '\\': out += c; break;
      case 't': out += '\t'; break;
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      default: out += {'\\', c};
    }
    advance();
  }

  std::string quoted() {
    const Place from = here();
    const char quote = text_[at_];
    std::string out;
    advance();
    while (!done() && text_[at_] != quote) {
      if (text_[at_] == '\\') {
        escape(out);
      } else {
        out += text_[at_];
        advance();
      }
    }
    if (done()) {
      refuse(from, "a quote that is never closed");
      return out;
    }
    advance();
    const bool ended =
        done() || is_space(text_[at_]) || std::string_view(";{)").find(text_[at_]) != std::string_view::npos;
    if (!ended) refuse(here(), "a space or `;` is missing behind the quote");
    if (!done() && text_[at_] == ')') out += plain();  // if ($a = "b")
    return out;
  }

  std::string plain() {
    std::string out;
    while (!done()) {
      const char c = text_[at_];
      if (is_space(c) || c == ';' || (c == '{' && !out.ends_with('$'))) return out;
      if (c == '\\') {
        escape(out);
      } else {
        out += c;
        advance();
      }
    }
    return out;
  }

  const Source& source_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_;
  std::size_t count_ = 0;
  std::optional<Problem> problem_;
};

struct Part {
  std::string name;
  std::string_view text;
  int line;
};

/// The files of a dump; the whole text where it is none.
std::vector<Part> parts_of(const Source& source) {
  std::vector<Part> parts{{source.name, source.text, 1}};
  const std::string_view text = source.text;
  int line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view content = text.substr(at, end - at);
    if (content.starts_with(dump_mark) && content.ends_with(':')) {
      const std::string_view name = content.substr(dump_mark.size(), content.size() - dump_mark.size() - 1);
      const auto begun = static_cast<std::size_t>(text.data() + at - parts.back().text.data());
      parts.back().text = parts.back().text.substr(0, begun);
      parts.push_back({std::string(name), text.substr(at), line});
    }
    at = end + 1;
  }
  return parts;
}

}  // namespace

const std::string& Directive::word(std::size_t index) const {
  static const std::string none;
  return index < words.size() ? words[index] : none;
}

tl::expected<std::vector<File>, Problem> parse(const Source& source) {
  std::vector<File> files;
  for (const Part& part : parts_of(source)) {
    std::string_view text = part.text;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    auto directives = Parser(source, text, part.line).parse();
    if (!directives) return tl::unexpected(std::move(directives.error()));
    if (!directives->empty()) files.push_back({part.name, std::move(*directives)});
  }
  return files;
}

std::string text_of(const Directive& directive) {
  std::string text = directive.name;
  for (const std::string& word : directive.words) {
    const bool plain = !word.empty() && word.find_first_of(" \t\r\n;{\"'") == std::string::npos;
    text += plain ? " " + word : fmt::format(" \"{}\"", word);
  }
  return shown(text);
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace wsprobe::lint::nginx
