#include "monitor/compression.hpp"

#include <zlib.h>

#include <array>

namespace wsprobe::monitor {
namespace {

constexpr std::size_t most_decompressed = 64U * 1024 * 1024;

Bytef* input(std::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

}  // namespace

std::optional<std::string> compress(std::string_view text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  constexpr int level = 4;
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &size, input(text), text.size(), level) != Z_OK) {
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

std::optional<std::string> decompress(std::string_view compressed) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  stream.next_in = input(compressed);
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string out;
  std::array<char, 16384> piece{};
  int result = Z_OK;
  while (result == Z_OK && out.size() <= most_decompressed) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return out;
}

}  // namespace wsprobe::monitor
