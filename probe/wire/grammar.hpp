// The few productions of RFC 9110 that several decoders share.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace wsprobe::wire {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// tchar, RFC 9110 section 5.6.2, as a table: every byte of every field name is asked about.
inline constexpr auto token_characters = [] {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

[[nodiscard]] constexpr bool is_token_character(char c) { return token_characters[static_cast<unsigned char>(c)]; }

[[nodiscard]] constexpr bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_token_character(c); });
}

/// The control characters other than horizontal tab; a table as well, for every byte of every value.
inline constexpr auto control_characters = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = 0; c < 0x20; ++c) table[c] = c != '\t';
  table[0x7F] = true;
  return table;
}();

/// Such a character has no place in a line of a message.
[[nodiscard]] constexpr bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return control_characters[static_cast<unsigned char>(c)]; });
}

/// Without optional white space (OWS) at either end.
[[nodiscard]] constexpr std::string_view trim_whitespace(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace wsprobe::wire
