// Text on its way into HTML or SVG: nothing a peer wrote becomes markup, and nothing invisible gets through.
#pragma once

#include <string>
#include <string_view>

namespace wsprobe::exporters {

/// For text and for attribute values in double quotes. Control characters and invalid UTF-8 are made visible, as
/// escape_for_display() does it.
[[nodiscard]] std::string html(std::string_view text);

/// The same for text of several lines in <pre>: its line ends stay.
[[nodiscard]] std::string html_lines(std::string_view text);

}  // namespace wsprobe::exporters
