// Regular expressions of configuration files, as far as nginx, Apache, HAProxy (PCRE) and Caddy, Traefik (RE2) mean the
// same by them.
//
// A backtracking matcher with a budget of steps: what it cannot read, or cannot decide within its budget, it says so.
// std::regex has neither the syntax ((?i), \A, \z, named groups) nor a bound.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wsprobe::lint {

enum class Tells : std::uint8_t { no, yes, unknown };

enum class LetterCase : std::uint8_t { matters, ignored };

struct RegexMatch {
  Tells matches = Tells::unknown;
  /// Where it matches: the whole match first, then each group, empty where it took no part; for $1, \1, {re.1}.
  std::vector<std::string> groups;
  std::size_t begin = 0;  ///< of the whole match, in bytes
  std::size_t end = 0;
};

/// Searches `text` (at most 1 KiB) for the pattern (at most 1 KiB), as these programs do: anywhere unless anchored.
[[nodiscard]] RegexMatch regex_search(std::string_view pattern, std::string_view text,
                                      LetterCase letter_case = LetterCase::matters);

/// `replacement` with the references that `sign` starts ($1, ${1}, \1) replaced; unknown ones stay. What
/// comes out longer than longest_value is cut off.
[[nodiscard]] std::string with_groups(std::string_view replacement, char sign, const RegexMatch& match);

}  // namespace wsprobe::lint
