#include "exporters/json_position.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace wsprobe::exporters {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Walks over a well-formed document.
class Walker {
 public:
  explicit Walker(std::string_view json) : json_(json) { skip_space(); }

  [[nodiscard]] std::size_t at() const { return std::min(at_, json_.size()); }

  /// To the member of that name, the last one, as readers take it; to the element of that number. False: stays.
  bool enter(std::string_view token) {
    const std::size_t start = at_;
    std::size_t found = json_.size();
    if (peek() == '{') {
      found = member(token);
    } else if (peek() == '[') {
      found = element(token);
    }
    at_ = found == json_.size() ? start : found;
    return found != json_.size();
  }

 private:
  [[nodiscard]] char peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }

  void skip_space() { at_ = std::min(json_.find_first_not_of(" \t\r\n", at_), json_.size()); }

  /// Past one character and the space behind it.
  void step() {
    ++at_;
    skip_space();
  }

  std::string_view string() {
    const std::size_t begin = ++at_;
    while (at_ < json_.size() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2U : 1U;
    const std::string_view inside = json_.substr(begin, at() - begin);
    step();
    return inside;
  }

  void skip_value() {
    std::size_t depth = 0;
    do {
      const char c = peek();
      if (c == '"') {
        (void)string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && depth > 0) --depth;
      if (c == '{' || c == '[' || c == '}' || c == ']' || c == ',' || c == ':') {
        step();
      } else {
        at_ = std::min(json_.find_first_of(" \t\r\n,:[]{}\"", at_ + 1), json_.size());
        skip_space();
      }
    } while (depth > 0 && at_ < json_.size());
  }

  std::size_t member(std::string_view name) {
    std::size_t found = json_.size();
    step();
    while (at_ < json_.size() && peek() == '"') {
      const std::string_view key = string();
      step();  // the colon
      if (key == name) found = at_;
      skip_value();
      if (peek() == ',') step();
    }
    return found;
  }

  std::size_t element(std::string_view number) {
    std::size_t index = 0;
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), index);
    if (problem != std::errc() || end != number.data() + number.size()) return json_.size();
    step();
    for (std::size_t at = 0; at_ < json_.size() && peek() != ']'; ++at) {
      if (at == index) return at_;
      skip_value();
      if (peek() == ',') step();
    }
    return json_.size();
  }

  std::string_view json_;
  std::size_t at_ = 0;
};

std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t at = 0; at < token.size(); ++at) {
    const bool escape = token[at] == '~' && at + 1 < token.size();
    out += !escape ? token[at] : token[at + 1] == '1' ? '/' : '~';
    if (escape) ++at;
  }
  return out;
}

}  // namespace

TextPosition position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is the beginning
  const std::string_view in_line = before.substr(line_start);
  const auto characters =
      in_line.size() - static_cast<std::size_t>(std::count_if(in_line.begin(), in_line.end(), is_continuation));
  return {1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')), 1 + characters};
}

std::string_view line_at(std::string_view text, std::size_t offset) {
  const std::size_t at = std::min(offset, text.size());
  const std::size_t begin = text.substr(0, at).rfind('\n') + 1;
  std::string_view line = text.substr(begin, text.find('\n', at) - begin);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::size_t offset_of(std::string_view json, std::string_view pointer) {
  Walker walker(json);
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (!walker.enter(unescaped(token))) break;
  }
  return walker.at();
}

std::size_t nesting_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace wsprobe::exporters
