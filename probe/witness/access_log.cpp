#include "witness/access_log.hpp"

#include <array>
#include <utility>

#include "wire/json_document.hpp"
#include "witness/formats.hpp"
#include "witness/scanner.hpp"

namespace wsprobe::witness {
namespace {

struct FormatRow {
  std::string_view name;
  LogOwner owner;
};
constexpr std::array format_rows{
#define WSPROBE_ROW(name, text, owner) FormatRow{text, LogOwner::owner},
    WSPROBE_LOG_FORMATS(WSPROBE_ROW)
#undef WSPROBE_ROW
};

/// Without the sequences that colour a terminal: ESC [ ... letter.
std::string without_colours(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '\x1b' || at + 1 == line.size() || line[at + 1] != '[') {
      out += line[at];
      continue;
    }
    at = line.find_first_not_of("0123456789;", at + 2);
    if (at == std::string_view::npos) break;
  }
  return out;
}

/// The files of docker's own log driver hold a line as {"log":"...\n","stream":"stdout","time":"..."}.
std::optional<std::string> inside_docker_json(std::string_view line) {
  if (!line.starts_with("{\"log\":")) return std::nullopt;
  const auto document = wire::JsonDocument::parse(line);
  if (!document || !document->has("/stream")) return std::nullopt;
  std::optional<std::string> text = document->string_at("/log");
  while (text && !text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  return text;
}

std::optional<AccessLine> parse_plain(std::string_view line) {
  if (auto parsed = parse_json(line)) return parsed;
  if (auto parsed = parse_haproxy(line)) return parsed;
  return parse_quoted_request(line);
}

}  // namespace

std::string_view name(LogFormat format) { return format_rows[static_cast<std::size_t>(format)].name; }
LogOwner usual_owner(LogFormat format) { return format_rows[static_cast<std::size_t>(format)].owner; }

std::optional<AccessLine> parse_access_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.empty() || line.size() > longest_line) return std::nullopt;
  std::string held;
  if (auto inner = inside_docker_json(line)) {
    held = *std::move(inner);
    line = held;
  }
  std::string plain;
  if (line.find('\x1b') != std::string_view::npos) {
    plain = without_colours(line);
    line = plain;
  }
  return parse_plain(line);
}

bool says_upgrades_are_not_supported(std::string_view line) {
  return line.find("Unsupported upgrade request.") != std::string_view::npos ||
         line.find("No supported WebSocket library detected.") != std::string_view::npos;
}

void read_upstream_status(std::string_view text, AccessLine& into) {
  // Where several upstreams were asked, they stand in the order in which they were: the last one's answer was taken.
  const std::size_t last = text.find_last_of(" ,:");
  if (last != std::string_view::npos) text.remove_prefix(last + 1);
  into.upstream_status = status_in(text);
  into.upstream = into.upstream_status != 0 ? Upstream::answered : Upstream::not_asked;
}

}  // namespace wsprobe::witness
