// The text of Apache's configuration as a tree of directives and sections (server/config.c, ap_getword_conf).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "lint/source.hpp"

namespace wsprobe::lint::apache {

struct Directive {
  std::string name;  ///< as written; Apache does not mind the case
  std::vector<std::string> words;
  Place at;
  bool is_section = false;
  std::vector<Directive> block;

  [[nodiscard]] bool is(std::string_view other) const;
  [[nodiscard]] const std::string& word(std::size_t index) const;  ///< empty where there is none
};

/// One file. At most 100,000 directives and 32 levels of sections. The sections of a file that was cut out of a larger
/// one need not be ended.
[[nodiscard]] tl::expected<std::vector<Directive>, Problem> parse(const Source& source);

/// As it would be written: `ProxyPass / http://app:8000/`, `<Location /api>`; long ones are shortened.
[[nodiscard]] std::string text_of(const Directive& directive);

/// The last directive of the name in a list; null where there is none.
[[nodiscard]] const Directive* last_of(const std::vector<Directive>& directives, std::string_view name);

}  // namespace wsprobe::lint::apache
