// Words are parted by white space; a `#` at the beginning of a word starts a comment; "..." and `...` may span lines; a
// backslash at the end of a line joins it with the next; `{` as the last word of a line opens a block, `}` alone ends
// it. A word that begins with << and a name is a text up to the line that has that name alone.
#include "lint/caddyfile_text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"

namespace wsprobe::lint::caddy {
namespace {

constexpr int maximum_depth = 64;

struct Token {
  Word word;
  int last_line = 0;  ///< where it ends; a continued line counts as part of the one before
};

class Lexer {
 public:
  Lexer(std::string_view text, Place begin) : text_(text), file_(std::move(begin.file)), line_(begin.line) {
    column_offset_ = begin.column > 0 ? begin.column - 1 : 0;
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = line_start_ = 3;
  }

  std::vector<Token> read() {
    std::vector<Token> tokens;
    for (;;) {
      skip();
      if (at_ >= text_.size()) return tokens;
      Token token;
      token.word.at = {file_, line_,
                       static_cast<int>(at_ - line_start_) + 1 + (line_ == first_line_ ? column_offset_ : 0)};
      const int logical = line_ - joined_;
      const char c = text_[at_];
      if (c == '"' || c == '`') {
        quoted(token.word, c);
      } else {
        plain(token.word);
      }
      // A joined line is the line before, for what belongs together.
      lines_.push_back(logical);
      token.last_line = line_ - joined_;
      tokens.push_back(std::move(token));
    }
  }

  /// The line on which each token begins, joined lines counted as one.
  [[nodiscard]] const std::vector<int>& lines() const { return lines_; }

 private:
  void newline() {
    ++line_;
    line_start_ = at_ + 1;
  }

  void skip() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        newline();
        ++at_;
      } else if (c == '\\' && is_line_end(at_ + 1)) {
        at_ = text_.find('\n', at_);
        newline();
        ++joined_;
        ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }

  [[nodiscard]] bool is_line_end(std::size_t at) const {
    return text_.substr(at, 1) == "\n" || text_.substr(at, 2) == "\r\n";
  }

  void quoted(Word& word, char quote) {
    word.quoted = true;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (quote == '"' && text_[at_] == '\\' && text_.substr(at_ + 1, 1) == "\"") ++at_;
      word.text += text_[at_];
      if (text_[at_] == '\n') newline();
    }
    if (at_ < text_.size()) ++at_;
  }

  void plain(Word& word) {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) == std::string_view::npos) {
      if (text_[at_] == '\\' && is_line_end(at_ + 1)) break;
      word.text += text_[at_++];
    }
    if (word.text.starts_with("<<") && word.text.size() > 2 && is_line_end(at_)) here_document(word);
  }

  void here_document(Word& word) {
    const std::string marker = word.text.substr(2);
    std::string body;
    while (at_ < text_.size()) {
      newline();
      const std::size_t begin = ++at_;
      at_ = std::min(text_.find('\n', begin), text_.size());
      std::string_view line = text_.substr(begin, at_ - begin);
      const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
      if (line.substr(first).starts_with(marker)) {
        at_ = begin + first + marker.size();
        break;
      }
      body += (body.empty() ? "" : "\n") + std::string(line);
    }
    word.text = std::move(body);
    word.quoted = true;
  }

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_;
  int first_line_ = line_;
  int column_offset_ = 0;
  int joined_ = 0;
  std::vector<int> lines_;
};

class Parser {
 public:
  explicit Parser(const Source& source) : file_(source.name) {
    Lexer lexer(source.text, {source.name, 1, 1});
    tokens_ = lexer.read();
    lines_ = lexer.lines();
  }

  tl::expected<std::vector<ServerBlock>, Problem> read() {
    std::vector<ServerBlock> blocks;
    while (!done()) {
      ServerBlock block;
      block.at = word().at;
      if (is_mark("}")) return refuse("`}` without its `{`");
      const bool braced = keys(block);
      if (!braced && is_import(block)) {
        blocks.push_back(std::move(block));
        continue;
      }
      if (!problem_) block.body = segments(braced, 0);
      if (problem_) return tl::unexpected(std::move(*problem_));
      blocks.push_back(std::move(block));
    }
    return blocks;
  }

 private:
  [[nodiscard]] bool done() const { return at_ >= tokens_.size(); }
  [[nodiscard]] const Word& word() const { return tokens_[at_].word; }
  [[nodiscard]] bool is_mark(std::string_view mark) const { return !done() && !word().quoted && word().text == mark; }
  /// Whether the next token stands on another line than the one before it.
  [[nodiscard]] bool at_new_line() const { return at_ == 0 || lines_[at_] > tokens_[at_ - 1].last_line; }

  tl::unexpected<Problem> refuse(std::string message) const {
    const Place at = done() ? (tokens_.empty() ? Place{file_, 1, 1} : tokens_.back().word.at) : word().at;
    return tl::unexpected(Problem{at, std::move(message), {}});
  }

  /// Up to the `{`; false where there is none, and the rest of the file is the body. A line that ends with a comma goes
  /// on in the next. `import` stands alone.
  bool keys(ServerBlock& block) {
    bool goes_on = true;
    while (!done() && !is_mark("{")) {
      if (!block.keys.empty() && at_new_line() && !goes_on) break;
      Word key = word();
      goes_on = key.text.ends_with(',');
      ++at_;
      const bool list = !key.quoted && !is_import(block) && !(block.keys.empty() && key.text == "import");
      if (list) {
        split_key(key, block);
      } else {
        block.keys.push_back(std::move(key));
      }
    }
    if (is_mark("{") && (block.keys.empty() || !at_new_line())) {
      open_.push_back(word().at);
      ++at_;
      return true;
    }
    return false;
  }

  static bool is_import(const ServerBlock& block) {
    return !block.keys.empty() && block.keys.front().text == "import" && !block.keys.front().quoted;
  }

  static void split_key(const Word& key, ServerBlock& block) {
    std::string_view rest = key.text;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (comma > 0) block.keys.push_back({std::string(rest.substr(0, comma)), key.at, false});
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }

  std::vector<Segment> segments(bool braced, int depth) {
    std::vector<Segment> out;
    if (depth > maximum_depth) {
      problem_ = refuse(fmt::format("nested more than {} levels deep", maximum_depth)).value();
      return out;
    }
    while (!done() && !problem_) {
      if (is_mark("}")) {
        if (!braced) {
          problem_ = refuse("`}` without its `{`").value();
          return out;
        }
        ++at_;
        open_.pop_back();
        return out;
      }
      out.push_back(segment(depth));
    }
    if (braced && !problem_) problem_ = Problem{open_.back(), "`{` without its `}`", {}};
    return out;
  }

  Segment segment(int depth) {
    Segment segment;
    do {
      if (is_mark("{") && (at_ + 1 >= tokens_.size() || lines_[at_ + 1] > tokens_[at_].last_line)) {
        open_.push_back(word().at);
        ++at_;
        segment.has_block = true;
        segment.block = segments(true, depth + 1);
        break;
      }
      if (is_mark("}")) break;
      segment.words.push_back(word());
      ++at_;
    } while (!done() && !at_new_line());
    if (segment.words.empty()) segment.words.push_back({"{", open_.empty() ? Place{file_, 1, 1} : open_.back(), false});
    return segment;
  }

  std::string file_;
  std::vector<Token> tokens_;
  std::vector<int> lines_;
  std::size_t at_ = 0;
  std::vector<Place> open_;  // the `{` that wait for their `}`
  std::optional<Problem> problem_;
};

}  // namespace

tl::expected<std::vector<ServerBlock>, Problem> parse_caddyfile(const Source& source) { return Parser(source).read(); }

std::vector<Word> caddyfile_words(std::string_view text, const Place& at) {
  std::vector<Word> words;
  for (Token& token : Lexer(text, at).read()) words.push_back(std::move(token.word));
  return words;
}

std::string shown(const Segment& segment) {
  std::string text;
  for (const Word& word : segment.words) {
    const bool wants_quotes = word.text.empty() || word.text.find_first_of(" \t\n") != std::string::npos;
    text += (text.empty() ? "" : " ") + (wants_quotes ? "\"" + word.text + "\"" : word.text);
  }
  return shorten(text, 80);
}

}  // namespace wsprobe::lint::caddy
