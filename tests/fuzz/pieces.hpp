// Cuts a fuzzer's input in pieces whose sizes follow from the input itself, so that a finding can be replayed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace wsprobe::fuzz {

inline void check(bool holds) {
  if (!holds) std::abort();
}

[[nodiscard]] inline std::vector<std::string_view> cut(std::string_view bytes) {
  std::uint64_t state = 0xcbf29ce484222325U;  // FNV-1a, then a linear congruential generator
  for (const char byte : bytes) state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  std::vector<std::string_view> pieces;
  while (!bytes.empty()) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    // Mostly small pieces, sometimes empty ones.
    const std::uint64_t longest = (state >> 60U) == 0 ? 4096 : 1U << (state >> 61U);
    const auto size = static_cast<std::size_t>((state >> 32U) % (longest + 1));
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  return pieces;
}

}  // namespace wsprobe::fuzz
