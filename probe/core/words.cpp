#include "core/words.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

namespace wsprobe {
namespace {

constexpr std::size_t most_words = 64;
constexpr std::size_t longest_word = 4096;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_special(char c) { return std::string_view("|&;<>$`()").find(c) != std::string_view::npos; }
bool is_escapable_in_quotes(char c) { return std::string_view("\"\\$`").find(c) != std::string_view::npos; }

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  tl::expected<std::vector<std::string>, std::string> split() {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\0') return tl::unexpected<std::string>("a word cannot have a NUL in it");
      std::optional<std::string> problem;
      if (is_space(c)) {
        problem = end_word();
      } else if (c == '\'') {
        problem = read_literal();
      } else if (c == '"') {
        problem = read_quoted();
      } else if (c == '\\') {
        if (at_ == text_.size()) return tl::unexpected<std::string>("a backslash at the end escapes nothing");
        add(text_[at_++]);
      } else if (is_special(c)) {
        return tl::unexpected(
            fmt::format("`{}` means nothing here: the command is run without a shell (quote it to pass it on)", c));
      } else {
        add(c);
      }
      if (problem) return tl::unexpected(*std::move(problem));
    }
    if (auto problem = end_word()) return tl::unexpected(*std::move(problem));
    if (words_.empty()) return tl::unexpected<std::string>("there is no command in it");
    return std::move(words_);
  }

 private:
  void add(char c) {
    in_word_ = true;
    word_ += c;
  }

  std::optional<std::string> end_word() {
    if (!in_word_) return std::nullopt;
    if (word_.size() > longest_word) return fmt::format("a word is longer than {} bytes", longest_word);
    if (words_.size() == most_words) return fmt::format("there are more than {} words", most_words);
    words_.push_back(std::exchange(word_, {}));
    in_word_ = false;
    return std::nullopt;
  }

  std::optional<std::string> read_literal() {
    const std::size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos) return "a ' is not closed";
    if (text_.substr(at_, end - at_).find('\0') != std::string_view::npos) return "a word cannot have a NUL in it";
    in_word_ = true;
    word_ += text_.substr(at_, end - at_);
    at_ = end + 1;
    return std::nullopt;
  }

  std::optional<std::string> read_quoted() {
    in_word_ = true;
    while (at_ < text_.size()) {
      char c = text_[at_++];
      if (c == '"') return std::nullopt;
      if (c == '\0') return "a word cannot have a NUL in it";
      if (c == '$' || c == '`') return fmt::format("`{}` expands nothing here: write it in '...'", c);
      if (c == '\\' && at_ < text_.size() && is_escapable_in_quotes(text_[at_])) c = text_[at_++];
      word_ += c;
    }
    return "a \" is not closed";
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_word_ = false;
  std::string word_;
  std::vector<std::string> words_;
};

}  // namespace

tl::expected<std::vector<std::string>, std::string> split_words(std::string_view text) {
  return Splitter(text).split();
}

}  // namespace wsprobe
