#include "app/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "app/output.hpp"
#include "core/text.hpp"
#include "exporters/timestamp.hpp"
#include "net/descriptor.hpp"

namespace wsprobe::app {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "info";
}

std::string logfmt_value(std::string_view text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c != '"' && c != '=' && c != '\\' && c < 0x7f;
  });
  if (is_plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : escape_for_display(text)) {
    if (c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const char c = text[at];
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return out + '"';
}

std::string log_line(LogFormat format, WallTime when, LogLevel level, std::string_view message, LogFields fields) {
  const std::string time = exporters::iso_timestamp(when);
  std::string line;
  if (format == LogFormat::json) {
    line = fmt::format(R"({{"ts":"{}","level":"{}","msg":{})", time, name_of(level), json_quoted(message));
    for (const auto& [name, value] : fields) line += fmt::format(",{}:{}", json_quoted(name), json_quoted(value));
    return line + "}\n";
  }
  line = fmt::format("ts={} level={} msg={}", time, name_of(level), logfmt_value(message));
  for (const auto& [name, value] : fields) line += fmt::format(" {}={}", name, logfmt_value(value));
  return line + '\n';
}

void Log::write(LogLevel level, std::string_view message, LogFields fields) const {
  if (level < style_.level) return;
  if (!net::is_writable_now(STDERR_FILENO)) {
    ++left_out_;
    return;
  }
  const WallTime now = std::chrono::system_clock::now();
  if (left_out_ > 0) {
    const std::string count = fmt::format("{}", std::exchange(left_out_, 0));
    print_to_stderr(log_line(style_.format, now, LogLevel::warn, "lines of the log were left out", {{"count", count}}));
  }
  print_to_stderr(log_line(style_.format, now, level, message, fields));
}

}  // namespace wsprobe::app
