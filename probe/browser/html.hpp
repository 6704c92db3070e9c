// HTML as far as it decides what a page runs and what it may connect to: script, base and meta elements.
//
// Tokenized as the HTML Standard does where the difference matters (section 13.2.5): attributes with and without
// quotes, character references in them, comments, text that is no markup (style, textarea, noscript ...), and the
// peculiar end of a script's text ("script data double escaped"). Of tree construction only two things are known: what
// is in the head, because a policy in a meta element counts only there, and that the contents of a template do nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsprobe::browser {

/// Elements of one document that are kept; what follows is not looked at, and `cut` says so.
inline constexpr std::size_t most_elements = 2000;
inline constexpr std::size_t most_attributes = 100;

struct Attribute {
  std::string name;   ///< lower case
  std::string value;  ///< with its character references decoded
};

struct Element {
  enum class Kind : std::uint8_t { script, base, meta };
  Kind kind = Kind::script;
  std::vector<Attribute> attributes;  ///< in order, the first of each name
  std::string text;                   ///< of a script
  std::size_t line = 0;               ///< of its `<`, from 1
  std::size_t text_line = 0;          ///< of a script: where its text begins
  bool in_head = false;

  /// Null where it has none of that name.
  [[nodiscard]] const std::string* find(std::string_view name) const;
};

struct Html {
  std::vector<Element> elements;  ///< in document order
  bool cut = false;
};

/// Takes any bytes. Line ends become "\n", as the standard has it.
[[nodiscard]] Html read_html(std::string_view document);

/// The character references of an attribute's value, decoded. Of the named ones those that stand for ASCII and a few
/// more are known; the others stay as they are.
[[nodiscard]] std::string decode_references(std::string_view value);

}  // namespace wsprobe::browser
