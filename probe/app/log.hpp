// The daemon's log: one line an event, on standard error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "core/clock.hpp"

namespace wsprobe::app {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
enum class LogFormat : std::uint8_t { logfmt, json };

struct LogStyle {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::logfmt;
};

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

/// One line with its end. Values are escaped: what a peer wrote can neither end the line nor steer a terminal.
[[nodiscard]] std::string log_line(LogFormat format, WallTime when, LogLevel level, std::string_view message,
                                   LogFields fields);

/// Whoever reads the log must not be able to stop the monitor by not reading: a line that would block is left out, and
/// the next that is written says how many were.
class Log {
 public:
  explicit Log(LogStyle style) : style_(style) {}
  void write(LogLevel level, std::string_view message, LogFields fields) const;

 private:
  LogStyle style_;
  mutable std::uint64_t left_out_ = 0;
};

/// Text as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace wsprobe::app
