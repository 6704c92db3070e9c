// Where in the text of a document a value stands: for messages that point at it.
#pragma once

#include <cstddef>
#include <string_view>

namespace wsprobe::exporters {

/// Line and column, both from 1, the column in characters.
struct TextPosition {
  std::size_t line = 1;
  std::size_t column = 1;
};

[[nodiscard]] TextPosition position_of(std::string_view text, std::size_t offset);

/// The line that the offset is in, without its end.
[[nodiscard]] std::string_view line_at(std::string_view text, std::size_t offset);

/// The byte at which the value of this JSON pointer begins; of what is not there, the nearest that is around it. `json`
/// has to be a well-formed document; of anything else some offset inside it.
[[nodiscard]] std::size_t offset_of(std::string_view json, std::string_view pointer);

/// The deepest nesting of brackets outside of strings. Of any text.
[[nodiscard]] std::size_t nesting_of(std::string_view json);

}  // namespace wsprobe::exporters
