// Bytes as they come, cut into lines. A line that has not ended yet waits for its end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wsprobe::witness {

class LineSplitter {
 public:
  /// Whole lines of what has come, without their ends. The part of a line beyond longest_line is dropped.
  void take(std::string_view bytes, std::vector<std::string>& lines);
  /// The line that never ended, if there is one.
  void finish(std::vector<std::string>& lines);

 private:
  void append(std::string_view part);
  std::string pending_;
};

}  // namespace wsprobe::witness
