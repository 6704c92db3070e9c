// HTTP/2 frames as a server writes them, right and wrong (RFC 9113 section 4; HPACK without its tables, RFC 7541).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace wsprobe::wire::http2 {

enum Type : std::uint8_t {
  data,
  headers,
  priority,
  rst_stream,
  settings,
  push_promise,
  ping,
  goaway,
  window_update,
  continuation
};

inline constexpr std::uint8_t ack = 1;
inline constexpr std::uint8_t end_stream = 1;
inline constexpr std::uint8_t end_headers = 4;

inline std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFFU);
  return out;
}

inline std::string frame(Type type, std::uint8_t flags, std::uint32_t stream, std::string_view payload = {}) {
  return number(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) + number(stream, 4) +
         std::string(payload);
}

inline std::string settings_of(std::initializer_list<std::pair<std::uint16_t, std::uint32_t>> entries = {}) {
  std::string payload;
  for (const auto& [id, value] : entries) payload += number(id, 2) + number(value, 4);
  return frame(settings, 0, 0, payload);
}

inline constexpr std::uint16_t enable_connect_protocol = 8;

/// A literal that enters no table; names and values of less than 127 bytes.
inline std::string field(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + std::string(name) + static_cast<char>(value.size()) +
         std::string(value);
}

inline std::string head(std::string_view status,
                        std::initializer_list<std::pair<std::string, std::string>> fields = {}) {
  std::string block = field(":status", status);
  for (const auto& [name, value] : fields) block += field(name, value);
  return block;
}

}  // namespace wsprobe::wire::http2
