// The text of nginx's configuration as a tree of directives (ngx_conf_file.c).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "lint/source.hpp"

namespace wsprobe::lint::nginx {

struct Directive {
  std::string name;
  std::vector<std::string> words;  ///< behind the name, without quotes and escapes
  Place at;
  bool is_block = false;
  std::vector<Directive> block;

  [[nodiscard]] const std::string& word(std::size_t index) const;  ///< empty where there is none
};

/// One file. The dump of `nginx -T` holds several, each behind a line that names it.
struct File {
  std::string name;
  std::vector<Directive> directives;
};

/// At most 100,000 directives and 32 levels of blocks.
[[nodiscard]] tl::expected<std::vector<File>, Problem> parse(const Source& source);

/// As it would be written: `location = /api/ws`, `proxy_pass http://backend:8000`; long ones are shortened.
[[nodiscard]] std::string text_of(const Directive& directive);

[[nodiscard]] bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names);

}  // namespace wsprobe::lint::nginx
