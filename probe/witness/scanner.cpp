#include "witness/scanner.hpp"

#include "core/ascii.hpp"

#include <algorithm>

namespace wsprobe::witness {
namespace {

constexpr std::size_t longest_method = 20;

}  // namespace

void Scanner::skip_spaces() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
}

std::optional<std::string_view> Scanner::word() {
  skip_spaces();
  if (at_end()) return std::nullopt;
  const std::size_t start = at_;
  at_ = std::min(text_.find_first_of(" \t", at_), text_.size());
  return text_.substr(start, at_ - start);
}

std::optional<std::string_view> Scanner::quoted() {
  skip_spaces();
  if (at_end() || text_[at_] != '"') return std::nullopt;
  const std::size_t start = at_ + 1;
  const std::size_t end = closing_quote(text_, start);
  if (end == std::string_view::npos) return std::nullopt;
  at_ = end + 1;
  return text_.substr(start, end - start);
}

std::size_t closing_quote(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at;
    }
  }
  return std::string_view::npos;
}

std::optional<int> number_in(std::string_view text) {
  if (text.empty() || text.size() > 9 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

int status_in(std::string_view text) {
  const auto number = number_in(text);
  return number && text.size() == 3 && *number >= 100 ? *number : 0;
}

bool is_method(std::string_view text) {
  return !text.empty() && text.size() <= longest_method &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
}

bool is_target(std::string_view text) {
  if (text == "*" || text.starts_with('/')) return true;
  const std::size_t scheme = text.find("://");
  return scheme != std::string_view::npos && scheme > 0 && scheme < 8;
}

}  // namespace wsprobe::witness
