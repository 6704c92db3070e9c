#include "demo/application.hpp"

#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "wire/handshake.hpp"

namespace wsprobe::demo {
namespace {

constexpr auto session_limit = std::chrono::minutes(1);
constexpr std::size_t most_payload_bytes = 64 * 1024;

enum Opcode : std::uint8_t { text = 1, close = 8, ping = 9, pong = 10 };

/// An unmasked server frame of at most 125 bytes.
std::string frame(Opcode opcode, std::string_view payload) {
  std::string out;
  out += static_cast<char>(0x80U | opcode);
  out += static_cast<char>(std::min<std::size_t>(payload.size(), 125));
  out += payload.substr(0, 125);
  return out;
}

struct ClientFrame {
  std::uint8_t opcode = 0;
  std::string payload;
};

/// Takes one whole masked frame from the front of `bytes`, if one is there.
std::optional<ClientFrame> take_frame(std::string& bytes) {
  const auto at = [&](std::size_t index) { return static_cast<std::uint8_t>(bytes[index]); };
  if (bytes.size() < 2) return std::nullopt;
  std::size_t length = at(1) & 0x7FU;
  std::size_t header = 2;
  if (length == 126) {
    if (bytes.size() < 4) return std::nullopt;
    length = static_cast<std::size_t>(at(2)) << 8U | at(3);
    header = 4;
  }
  const std::size_t total = header + 4 + length;
  if (bytes.size() < total) return std::nullopt;
  ClientFrame taken;
  taken.opcode = at(0) & 0x0FU;
  for (std::size_t index = 0; index < length; ++index) {
    taken.payload += static_cast<char>(at(header + 4 + index) ^ at(header + index % 4));
  }
  bytes.erase(0, total);
  return taken;
}

std::string query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.substr(0, key.size()) == key && pair.size() > key.size() && pair[key.size()] == '=') {
      return std::string(pair.substr(key.size() + 1));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

std::string json_response(std::string_view status_line, std::string_view body) {
  return write_response(status_line,
                        {{"date", http_date()},
                         {"server", "uvicorn"},
                         {"content-length", fmt::to_string(body.size())},
                         {"content-type", "application/json"}},
                        body);
}

constexpr std::string_view websocket_server = "Python/3.11 websockets/10.4";

std::string refusal() {
  return write_response("HTTP/1.1 403 Forbidden",
                        {{"Date", http_date()},
                         {"Server", std::string(websocket_server)},
                         {"Content-Length", "0"},
                         {"Content-Type", "text/plain"}},
                        "");
}

std::string acceptance(const ServerRequest& request) {
  return write_response("HTTP/1.1 101 Switching Protocols",
                        {{"Upgrade", "websocket"},
                         {"Connection", "Upgrade"},
                         {"Sec-WebSocket-Accept", wire::accept_for(request.field("Sec-WebSocket-Key"))},
                         {"Date", http_date()},
                         {"Server", std::string(websocket_server)}},
                        "");
}

std::string version_refusal() {
  const std::string_view body = "Failed to open a WebSocket connection: unsupported version.\n";
  return write_response("HTTP/1.1 400 Bad Request",
                        {{"Date", http_date()},
                         {"Server", std::string(websocket_server)},
                         {"Content-Length", fmt::to_string(body.size())},
                         {"Content-Type", "text/plain"}},
                        body);
}

/// What to answer to a frame of the client; a close ends the session after its echo.
std::string answer_to(const ClientFrame& received) {
  if (received.opcode == Opcode::ping) return frame(Opcode::pong, received.payload);
  if (received.opcode == Opcode::close) return frame(Opcode::close, received.payload);
  if (received.opcode == Opcode::text && received.payload == R"({"type":"ping"})") {
    return frame(Opcode::text, R"({"type":"pong"})");
  }
  return {};
}

net::awaitable<void> converse(net::Stream& stream) {
  const Deadline deadline = SteadyClock::now() + session_limit;
  std::string pending;
  std::array<std::byte, 1024> buffer{};
  for (;;) {
    const auto received = co_await stream.read_some(buffer, Phase::message, deadline);
    if (!received || *received == 0 || pending.size() > most_payload_bytes) co_return;
    pending.append(reinterpret_cast<const char*>(buffer.data()), *received);
    while (const auto taken = take_frame(pending)) {
      std::string answer = answer_to(*taken);
      if (!answer.empty() && !co_await send_all(stream, std::move(answer))) co_return;
      if (taken->opcode == Opcode::close) co_return;
    }
  }
}

}  // namespace

std::string Application::health_document() const {
  return fmt::format(R"({{"status":"ok","ws":{{"available":true,"active_connections":{},"topics":3}}}})",
                     active_connections_);
}

net::awaitable<void> Application::serve(net::StreamPtr stream) {
  const auto request = co_await read_request(*stream);
  if (!request) co_return;
  if (request->wants_websocket()) {
    co_await serve_websocket(*stream, *request);
  } else if (request->method == "GET" && request->path == "/api/system/health") {
    co_await send_all(*stream, json_response("HTTP/1.1 200 OK", health_document()));
  } else {
    co_await send_all(*stream, json_response("HTTP/1.1 404 Not Found", R"({"detail":"Not Found"})"));
  }
  stream->close();
}

net::awaitable<void> Application::serve_websocket(net::Stream& stream, const ServerRequest& request) {
  std::string answer = refusal();
  bool accepted = false;
  if (request.field("Sec-WebSocket-Version") != "13") {
    answer = version_refusal();
  } else if (request.path == "/api/ws" && query_value(request.query, "token") == token_) {
    answer = acceptance(request);
    accepted = true;
  }
  if (!co_await send_all(stream, std::move(answer)) || !accepted) co_return;
  ++active_connections_;
  co_await converse(stream);
  --active_connections_;
}

}  // namespace wsprobe::demo
