// The text of HAProxy's configuration: sections of lines of words (cfgparse.c, read_line in tools.c).
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "core/clock.hpp"
#include "lint/source.hpp"

namespace wsprobe::lint::haproxy {

struct Line {
  std::vector<std::string> words;  ///< without quotes and escapes; at least one
  Place at;

  [[nodiscard]] const std::string& word(std::size_t index) const;  ///< empty where there is none
};

struct Section {
  std::string kind;  ///< "frontend"
  std::string name;  ///< may be empty
  Place at;
  std::vector<Line> lines;
  std::optional<std::size_t> defaults;  ///< of the list: where it inherits from
  /// The defaults are named in the section itself; rules are inherited only then.
  bool inherits_rules = false;

  [[nodiscard]] std::string title() const;  ///< "frontend web"
};

/// Further sections; a section inherits from the `defaults` before it, or from the one that it names. At most 100,000
/// lines of 64 words in all. Names of environment variables stay as they are written.
[[nodiscard]] tl::expected<void, Problem> parse(const Source& source, std::vector<Section>& sections);

/// As it would be written; long ones are shortened.
[[nodiscard]] std::string text_of(const Line& line);
/// To be pasted: whole, indented, without its end.
[[nodiscard]] std::string copy_of(const Line& line);

/// The line that sets something (`timeout tunnel`, `mode`): of the section itself, else of what it inherits from; the
/// last one counts. Null where there is none.
[[nodiscard]] const Line* setting(const std::vector<Section>& sections, const Section& section,
                                  std::initializer_list<std::string_view> words);

/// "30s", "1h", "500ms", "5000" (milliseconds). None where it is something else.
[[nodiscard]] std::optional<Duration> duration_of(std::string_view text);

[[nodiscard]] const Section* section_named(const std::vector<Section>& sections,
                                           std::initializer_list<std::string_view> kinds, std::string_view name);

}  // namespace wsprobe::lint::haproxy
