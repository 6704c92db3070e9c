#include "demo/request.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace wsprobe::demo {
namespace {

constexpr std::size_t most_head_bytes = 16 * 1024;
constexpr auto patience = std::chrono::seconds(10);

std::optional<ServerRequest> parse_head(std::string_view head) {
  ServerRequest request;
  const std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const std::size_t first_space = line.find(' ');
  const std::size_t last_space = line.rfind(' ');
  if (first_space == std::string_view::npos || last_space == first_space) return std::nullopt;
  request.method = line.substr(0, first_space);
  const std::string_view target = line.substr(first_space + 1, last_space - first_space - 1);
  const std::size_t question_mark = target.find('?');
  request.path = target.substr(0, question_mark);
  if (question_mark != std::string_view::npos) request.query = target.substr(question_mark + 1);
  head.remove_prefix(line_end + 2);
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view field = head.substr(0, end);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view value = field.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    request.fields.push_back({std::string(field.substr(0, colon)), std::string(value)});
    head.remove_prefix(end + 2);
  }
  return request;
}

}  // namespace

std::string ServerRequest::field(std::string_view name) const {
  for (const HeaderField& candidate : fields) {
    if (equals_ignoring_case(candidate.name, name)) return candidate.value;
  }
  return {};
}

std::size_t ServerRequest::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(), [&](const HeaderField& candidate) {
    return equals_ignoring_case(candidate.name, name);
  }));
}

bool ServerRequest::wants_websocket() const {
  return equals_ignoring_case(field("Upgrade"), "websocket") && equals_ignoring_case(field("Connection"), "upgrade");
}

net::awaitable<std::optional<ServerRequest>> read_request(net::Stream& stream) {
  const Deadline deadline = SteadyClock::now() + patience;
  std::string head;
  std::array<std::byte, 2048> buffer{};
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    const auto received = co_await stream.read_some(buffer, Phase::request, deadline);
    if (!received || *received == 0 || head.size() > most_head_bytes) co_return std::nullopt;
    head.append(reinterpret_cast<const char*>(buffer.data()), *received);
    end = head.find("\r\n\r\n");
  }
  co_return parse_head(std::string_view(head).substr(0, end + 2));
}

std::string write_response(std::string_view status_line, const std::vector<HeaderField>& fields,
                           std::string_view body) {
  std::string out = fmt::format("{}\r\n", status_line);
  for (const HeaderField& field : fields) out += fmt::format("{}: {}\r\n", field.name, field.value);
  out += "\r\n";
  out += body;
  return out;
}

net::awaitable<bool> send_all(net::Stream& stream, std::string text) {
  const auto bytes = std::as_bytes(std::span(text));
  const auto sent = co_await stream.write(bytes, Phase::response, SteadyClock::now() + patience);
  co_return sent.has_value();
}

std::string http_date() { return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(std::time(nullptr))); }

}  // namespace wsprobe::demo
