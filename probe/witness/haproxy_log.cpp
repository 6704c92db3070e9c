// client:port [time] frontend backend/server timers status bytes cookie cookie state connections queues {captures}
// "request"
//
// The termination state says who ended the session and in which phase: that is why HAProxy's log is the best witness of
// all proxies' (its manual, "Session state at disconnection"). Measured on HAProxy 2.6.
#include <algorithm>
#include <utility>

#include "witness/formats.hpp"
#include "witness/scanner.hpp"

namespace wsprobe::witness {
namespace {

/// " [23/Nov/2026:07:05:44.139] ": with milliseconds, as no other access log has it.
struct Time {
  std::size_t open = std::string_view::npos;
  std::size_t close = std::string_view::npos;
};
std::optional<Time> find_time(std::string_view line) {
  constexpr std::size_t length = 24;  // 23/Nov/2026:07:05:44.139
  for (std::size_t open = line.find('['); open != std::string_view::npos; open = line.find('[', open + 1)) {
    const std::size_t close = open + 1 + length;
    if (close >= line.size()) return std::nullopt;
    const std::string_view time = line.substr(open + 1, length);
    if (line[close] == ']' && time[2] == '/' && time[6] == '/' && time[11] == ':' && time[20] == '.') {
      return Time{open, close};
    }
  }
  return std::nullopt;
}

bool is_state(std::string_view text) {
  static constexpr std::string_view letters = "-ACDEHIKLMNOPQRSTUVXacdhimopqrstuvx";
  return std::all_of(text.begin(), text.end(), [](char c) { return letters.find(c) != std::string_view::npos; });
}

std::size_t count_of(char c, std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

/// "backend/server"; HAProxy itself answers as "<NOSRV>".
std::string server_of(std::string_view chosen) {
  const bool nobody = chosen.ends_with("/<NOSRV>") || chosen.ends_with("/-");
  return nobody ? std::string() : std::string(chosen);
}

/// What is captured from headers stands as {first|second}; a user agent is among them where it is captured at all.
std::string captured_by(std::string_view text) {
  const std::size_t open = text.find('{');
  const std::size_t close = text.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  return std::string(text.substr(open + 1, close - open - 1));
}

bool read_request(std::string_view text, AccessLine& line) {
  // A request line that was cut has no closing mark.
  const std::size_t open = text.rfind(" \"");
  if (open == std::string_view::npos) return false;
  line.user_agent = captured_by(text.substr(0, open));
  std::string_view request = text.substr(open + 2);
  request = request.substr(0, request.find('"'));
  if (request == "<BADREQ>") return true;
  Scanner words(request);
  const auto method = words.word();
  const auto target = words.word();
  if (!method || !is_method(*method) || !target || !is_target(*target)) return false;
  line.method = *method;
  line.target = *target;
  return true;
}

std::optional<AccessLine> read_http(Scanner words, AccessLine line) {
  const auto status = words.word();
  const auto bytes = words.word();
  const auto request_cookie = words.word();
  const auto response_cookie = words.word();
  const auto state = words.word();
  const auto connections = words.word();
  const auto queues = words.word();
  if (!queues || !request_cookie || !response_cookie || state->size() != 4 || !is_state(*state)) return std::nullopt;
  if (count_of('/', *connections) != 4 || count_of('/', *queues) != 1) return std::nullopt;
  line.format = LogFormat::haproxy;
  line.status = status_in(*status);  // -1 where nothing was sent
  line.flags = *state;
  line.upstream = line.server.empty() ? Upstream::not_asked : Upstream::not_said;
  if (!bytes || !read_request(words.rest(), line)) return std::nullopt;
  return line;
}

std::optional<AccessLine> read_tcp(Scanner words, AccessLine line) {
  const auto bytes = words.word();
  const auto state = words.word();
  const auto connections = words.word();
  const auto queues = words.word();
  if (!bytes || !queues || state->size() != 2 || !is_state(*state)) return std::nullopt;
  if (count_of('/', *connections) != 4 || count_of('/', *queues) != 1) return std::nullopt;
  line.format = LogFormat::haproxy_tcp;
  line.flags = *state;
  return line;
}

}  // namespace

std::optional<AccessLine> parse_haproxy(std::string_view text) {
  const auto time = find_time(text);
  if (!time) return std::nullopt;
  AccessLine line;
  line.time = text.substr(time->open + 1, time->close - time->open - 1);
  std::string_view before = text.substr(0, time->open);
  while (before.ends_with(' ')) before.remove_suffix(1);
  line.client = before.substr(before.rfind(' ') == std::string_view::npos ? 0 : before.rfind(' ') + 1);

  Scanner words(text.substr(time->close + 1));
  const auto frontend = words.word();
  const auto chosen = words.word();
  const auto timers = words.word();
  if (!frontend || !chosen || !timers || chosen->find('/') == std::string_view::npos) return std::nullopt;
  line.server = server_of(*chosen);
  if (count_of('/', *timers) == 4) return read_http(words, std::move(line));
  if (count_of('/', *timers) == 2) return read_tcp(words, std::move(line));
  return std::nullopt;
}

}  // namespace wsprobe::witness
