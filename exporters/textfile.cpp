#include "exporters/textfile.hpp"

#include <string_view>

#include "exporters/probe_metrics.hpp"
#include "exporters/replace_file.hpp"

namespace wsprobe::exporters {

bool is_textfile_name(const std::string& path) {
  constexpr std::string_view ending = ".prom";
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.size() > ending.size() && name.ends_with(ending);
}

tl::expected<void, std::string> write_textfile(std::span<const Report> reports, const std::string& path) {
  return replace_file(probe_text(reports), path, Readers::everyone);
}

}  // namespace wsprobe::exporters
