// A WebSocket server's side of a conversation, sans I/O: what it answers to what it is sent. Polite unless told
// otherwise. Written for tests alone, so that the program's own codec is not judged by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "wire/handshake.hpp"

namespace wsprobe::test {

enum Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// A server's frame: unmasked. `first_byte` is FIN, the reserved bits and the opcode.
inline std::string raw_frame(std::uint8_t first_byte, std::string_view payload) {
  std::string frame(1, static_cast<char>(first_byte));
  const auto put = [&](std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) frame += static_cast<char>(value >> shift & 0xFFU);
  };
  if (payload.size() < 126) {
    put(payload.size(), 1);
  } else if (payload.size() < 65536) {
    put(126, 1);
    put(payload.size(), 2);
  } else {
    put(127, 1);
    put(payload.size(), 8);
  }
  return frame + std::string(payload);
}

inline std::string frame(Opcode opcode, std::string_view payload) {
  return raw_frame(static_cast<std::uint8_t>(0x80U | opcode), payload);
}

inline std::string close_frame(int code, std::string_view reason = {}) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return frame(Opcode::close, payload + std::string(reason));
}

inline int close_code_of(std::string_view payload) {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

/// The value of a field of a request head, or empty.
inline std::string field_of(std::string_view head, std::string_view name) {
  const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return std::string(head.substr(begin, head.find("\r\n", begin) - begin));
}

inline constexpr const char* polite_handshake =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: {accept}\r\n\r\n";

class WebSocketServer {
 public:
  /// Sent when the request is complete; `{accept}` stands for the accept key. Frames may follow the head.
  std::string handshake = polite_handshake;
  /// What a frame of the client is answered with.
  std::function<std::string(Opcode opcode, const std::string& payload)> on_frame = polite;

  static std::string polite(Opcode opcode, const std::string& payload) {
    if (opcode == Opcode::ping) return frame(Opcode::pong, payload);
    if (opcode == Opcode::close) return frame(Opcode::close, payload);
    if (opcode == Opcode::text) return frame(Opcode::text, "echo " + payload);
    return {};
  }

  /// Says nothing to a close frame and is polite otherwise.
  static std::string never_closing(Opcode opcode, const std::string& payload) {
    return opcode == Opcode::close ? std::string() : polite(opcode, payload);
  }

  std::string answer(std::string_view bytes) {
    received_ += bytes;
    std::string out;
    if (request.empty()) {
      const std::size_t end = received_.find("\r\n\r\n");
      if (end == std::string::npos) return out;
      request = received_.substr(0, end + 4);
      received_.erase(0, end + 4);
      out = handshake;
      for (std::size_t at = out.find("{accept}"); at != std::string::npos; at = out.find("{accept}")) {
        out.replace(at, 8, wire::accept_for(field_of(request, "Sec-WebSocket-Key")));
      }
    }
    while (auto next = take_frame()) {
      if (next->opcode == Opcode::close) close_received = close_code_of(next->payload);
      out += on_frame(next->opcode, next->payload);
    }
    return out;
  }

  std::string request;                ///< the head, once it has come
  std::optional<int> close_received;  ///< the code of the client's close frame; 0 where it had none

 private:
  struct Frame {
    Opcode opcode;
    std::string payload;
  };

  std::optional<Frame> take_frame() {
    if (received_.size() < 6) return std::nullopt;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(received_[at]); };
    EXPECT_EQ(byte(1) & 0x80U, 0x80U) << "a client masks its frames";
    std::size_t length = byte(1) & 0x7FU;
    std::size_t head = 6;
    if (length == 126) {
      if (received_.size() < 8) return std::nullopt;
      length = static_cast<std::size_t>(byte(2)) << 8U | byte(3);
      head = 8;
    }
    if (received_.size() < head + length) return std::nullopt;
    Frame frame{static_cast<Opcode>(byte(0) & 0x0FU), {}};
    for (std::size_t at = 0; at < length; ++at) {
      frame.payload += static_cast<char>(byte(head + at) ^ byte(head - 4 + at % 4));
    }
    received_.erase(0, head + length);
    return frame;
  }

  std::string received_;
};

}  // namespace wsprobe::test
