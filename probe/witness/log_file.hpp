// A log file that grows while we ask: only what is appended to it is read.
//
// Logs are rotated. Renamed away, the old file is read to its end before the new one is begun; cut to nothing
// (copytruncate), the file is read from its beginning. Nothing here blocks: a file that is no file is refused.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "witness/line_splitter.hpp"

namespace wsprobe::witness {

/// Of a file whose new part is not known (it was not there at the beginning), and after more than most_appended came.
inline constexpr std::uint64_t tail_size = 1024 * 1024;
/// Bytes appended between two reads that are read in whole.
inline constexpr std::uint64_t most_appended = 8 * 1024 * 1024;

/// Lines of a log, with what is known of when they were written.
struct NewLines {
  std::vector<std::string> lines;
  std::uint64_t bytes = 0;
  bool since_beginning = true;  ///< every line was written after the run began
  bool complete = true;         ///< and no such line is missing
};

class LogFile {
 public:
  explicit LogFile(std::string path) : path_(std::move(path)) {}
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Everything that is in the file now is of the past.
  void begin();
  /// What has been appended since the last call. Bounded by most_appended.
  [[nodiscard]] NewLines read();
  /// Why the file says nothing, in words; empty where it can be read.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  enum class From : std::uint8_t { beginning, end };
  bool open_file(From from);
  void close_file();
  void read_on(NewLines& out);
  [[nodiscard]] bool was_replaced() const;

  std::string path_;
  std::string problem_;
  int descriptor_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::uint64_t position_ = 0;
  LineSplitter splitter_;
};

}  // namespace wsprobe::witness
