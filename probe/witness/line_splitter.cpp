#include "witness/line_splitter.hpp"

#include <algorithm>
#include <utility>

#include "witness/access_log.hpp"

namespace wsprobe::witness {

void LineSplitter::append(std::string_view part) {
  // One byte more than a line may have, so that it is seen to be too long.
  pending_ += part.substr(0, std::min(part.size(), longest_line + 1 - pending_.size()));
}

void LineSplitter::take(std::string_view bytes, std::vector<std::string>& lines) {
  for (;;) {
    const std::size_t end = bytes.find('\n');
    append(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    lines.push_back(std::exchange(pending_, {}));
    bytes.remove_prefix(end + 1);
  }
}

void LineSplitter::finish(std::vector<std::string>& lines) {
  if (!pending_.empty()) lines.push_back(std::exchange(pending_, {}));
}

}  // namespace wsprobe::witness
