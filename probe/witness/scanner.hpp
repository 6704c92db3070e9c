// Reading a line from left to right: words, quoted strings, bracketed times. Nothing here copies more than it returns.
#pragma once

#include <optional>
#include <string_view>

namespace wsprobe::witness {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  void skip_spaces();
  /// Up to the next space or the end; none at the end.
  std::optional<std::string_view> word();
  /// "..." with \" inside; the content as it is written. None where the next word does not begin with a quotation
  /// mark, or where it is not closed.
  std::optional<std::string_view> quoted();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// The position of the quotation mark that closes the string whose content begins at `at`, or npos.
[[nodiscard]] std::size_t closing_quote(std::string_view text, std::size_t at);

/// Decimal digits alone, at most nine of them.
[[nodiscard]] std::optional<int> number_in(std::string_view text);
/// Three digits from 100 on; 0 for none.
[[nodiscard]] int status_in(std::string_view text);

[[nodiscard]] bool is_method(std::string_view text);
/// What can be a request target: "/...", "*", or an absolute URL.
[[nodiscard]] bool is_target(std::string_view text);

}  // namespace wsprobe::witness
