#include "exporters/html.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace wsprobe::exporters {
namespace {

/// escape_for_display() doubles backslashes, so that its output can be told from the input; here, what is copied from
/// the page has to be what was meant.
std::string printable(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t backslash = std::min(text.find('\\'), text.size());
    out += escape_for_display(text.substr(0, backslash));
    if (backslash == text.size()) return out;
    out += '\\';
    text.remove_prefix(backslash + 1);
  }
}

}  // namespace

std::string html(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string html_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += html(text.substr(0, end));
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace wsprobe::exporters
