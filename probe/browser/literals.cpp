#include "browser/literals.hpp"

#include <algorithm>
#include <optional>

#include "core/ascii.hpp"

namespace wsprobe::browser {
namespace {

constexpr std::size_t longest_literal = 256;

bool is_name_character(char c) {
  return is_alpha(c) || is_digit(c) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// Counts lines along a text that is walked once.
class Position {
 public:
  explicit Position(std::string_view text) : text_(text) {}
  /// `to` may not go back.
  void advance(std::size_t to) {
    for (; at_ < to; ++at_) {
      if (text_[at_] != '\n') continue;
      ++line;
      begin_ = at_ + 1;
    }
  }
  [[nodiscard]] std::size_t column() const { return at_ - begin_ + 1; }
  std::size_t line = 1;

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
};

/// The length of the scheme and the slashes behind it ("wss://", "ws:\/\/"), or 0.
std::size_t scheme_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at, 10);
  std::size_t length = 2;
  if (!same_ignoring_case(rest.substr(0, 2), "ws")) return 0;
  if (rest.size() > 2 && to_lower(rest[2]) == 's') ++length;
  for (const std::string_view slashes : {"://", ":\\/\\/"}) {
    if (rest.substr(length).starts_with(slashes)) return length + slashes.size();
  }
  return 0;
}

bool ends_literal(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || std::string_view("\"'`<>;,)]}|").find(c) != std::string_view::npos;
}

Literal read_literal(std::string_view text, std::size_t at) {
  Literal literal;
  while (at < text.size() && literal.url.size() < longest_literal) {
    const char c = text[at];
    if (c == '\\' && at + 1 < text.size() && text[at + 1] == '/') {
      ++at;
    } else if (c == '$' && at + 1 < text.size() && text[at + 1] == '{') {
      literal.whole = false;
      break;
    } else if (ends_literal(c) || c == '\\') {
      break;
    }
    literal.url += text[at++];
  }
  // `"wss://" + host`: the string ends, and what follows is added to it.
  std::string_view behind = text.substr(std::min(at + 1, text.size()));
  while (!behind.empty() && is_space(behind.front())) behind.remove_prefix(1);
  if (behind.starts_with('+')) literal.whole = false;
  return literal;
}

/// Where `name` stands as a word of its own, from `from` on.
std::size_t find_word(std::string_view script, std::string_view name, std::size_t from) {
  for (std::size_t at = script.find(name, from); at != std::string_view::npos; at = script.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || !is_name_character(script[at - 1]);
    if (begins && (end == script.size() || !is_name_character(script[end]))) return at;
  }
  return std::string_view::npos;
}

bool is_assigned(std::string_view behind) {
  if (!behind.empty() && (behind.front() == '"' || behind.front() == '\'' || behind.front() == ']')) {
    behind.remove_prefix(1);
    if (behind.starts_with(']')) behind.remove_prefix(1);
  }
  behind = behind.substr(std::min(behind.find_first_not_of(" \t\n\r\f"), behind.size()));
  for (const std::string_view operation : {"?\?=", "||=", "&&=", "+="}) {
    if (behind.starts_with(operation)) return true;
  }
  if (behind.starts_with(':')) return true;
  return behind.starts_with('=') && !behind.starts_with("==") && !behind.starts_with("=>");
}

}  // namespace

std::vector<Literal> find_literals(std::string_view script) {
  std::vector<Literal> found;
  Position position(script);
  for (std::size_t at = script.find(':'); at != std::string_view::npos && found.size() < most_literals;
       at = script.find(':', at + 1)) {
    for (const std::size_t length : {std::size_t{3}, std::size_t{2}}) {
      if (at < length) continue;
      const std::size_t begin = at - length;
      const std::size_t scheme = scheme_at(script, begin);
      if (scheme <= length || (begin > 0 && is_name_character(script[begin - 1]))) continue;
      position.advance(begin);
      Literal literal = read_literal(script, begin);
      literal.line = position.line;
      literal.column = position.column();
      found.push_back(std::move(literal));
      break;
    }
  }
  return found;
}

std::vector<std::size_t> find_assignments(std::string_view script, std::string_view name) {
  std::vector<std::size_t> lines;
  if (name.empty()) return lines;
  Position position(script);
  for (std::size_t at = find_word(script, name, 0); at != std::string_view::npos;
       at = find_word(script, name, at + name.size())) {
    if (!is_assigned(script.substr(at + name.size(), 200))) continue;
    position.advance(at);
    lines.push_back(position.line);
  }
  return lines;
}

}  // namespace wsprobe::browser
