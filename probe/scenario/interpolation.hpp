// `${name}` in the texts of a scenario: names of credentials, nothing else. `$$` stands for `$`; a `$` before any other
// character is itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wsprobe::scenario {

struct Piece {
  enum class Kind : std::uint8_t { literal, reference };
  Kind kind = Kind::literal;
  std::string text;  ///< the literal, or the name
};

struct ReferenceProblem {
  std::string written;  ///< the text from the `${` on that is wrong
  std::string message;
};

[[nodiscard]] tl::expected<std::vector<Piece>, ReferenceProblem> split_references(std::string_view text);

/// A name that `${...}` can hold: a letter or `_`, then letters, digits, `_`, `-`; at most 64 characters.
[[nodiscard]] bool is_credential_name(std::string_view name);

}  // namespace wsprobe::scenario
