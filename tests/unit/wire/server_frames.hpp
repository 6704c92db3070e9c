// Frames as a server writes them, right and wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wsprobe::wire {

enum class Fin : std::uint8_t { last, more };

namespace opcode {
inline constexpr unsigned continuation = 0;
inline constexpr unsigned text = 1;
inline constexpr unsigned binary = 2;
inline constexpr unsigned close = 8;
inline constexpr unsigned ping = 9;
inline constexpr unsigned pong = 10;
}  // namespace opcode

/// An unmasked frame with its length in the shortest form.
[[nodiscard]] inline std::string frame(unsigned opcode, std::string_view payload, Fin fin = Fin::last) {
  std::string out;
  out += static_cast<char>((fin == Fin::last ? 0x80U : 0U) | opcode);
  const std::size_t size = payload.size();
  const std::size_t extended = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
  out += static_cast<char>(extended == 0 ? size : extended == 2 ? 126 : 127);
  for (std::size_t left = extended; left > 0; --left) out += static_cast<char>(size >> (8 * (left - 1)) & 0xFFU);
  out += payload;
  return out;
}

[[nodiscard]] inline std::string close_body(unsigned code, std::string_view reason = {}) {
  std::string out;
  out += static_cast<char>(code >> 8U);
  out += static_cast<char>(code & 0xFFU);
  out += reason;
  return out;
}

}  // namespace wsprobe::wire
