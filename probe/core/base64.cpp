#include "core/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace wsprobe {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t group = 4;

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * group, '=');
  char* next = out.data();
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view part = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (const char byte : part) bits = (bits << 8U) | static_cast<unsigned char>(byte);
    bits <<= 8U * (3 - part.size());
    for (std::size_t index = 0; index <= part.size(); ++index) {
      next[index] = alphabet[(bits >> (18U - 6U * index)) & 0x3FU];
    }
    next += group;
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % group != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / group * 3);
  for (std::size_t at = 0; at < text.size(); at += group) {
    const std::string_view part = text.substr(at, group);
    const std::size_t digits = part.find('=') == std::string_view::npos ? group : part.find('=');
    const bool last = at + group == text.size();
    if (digits < group && (!last || digits < 2 || part.find_first_not_of('=', digits) != std::string_view::npos)) {
      return std::nullopt;
    }
    std::uint32_t bits = 0;
    for (std::size_t index = 0; index < group; ++index) {
      const std::size_t value = index < digits ? alphabet.find(part[index]) : 0;
      if (value == std::string_view::npos) return std::nullopt;
      bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    }
    const std::size_t bytes = digits - 1;
    if ((bits & ((1U << (8U * (3 - bytes))) - 1U)) != 0) return std::nullopt;
    for (std::size_t index = 0; index < bytes; ++index) {
      out += static_cast<char>((bits >> (16U - 8U * index)) & 0xFFU);
    }
  }
  return out;
}

}  // namespace wsprobe
