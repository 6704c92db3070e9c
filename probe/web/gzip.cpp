#include "web/gzip.hpp"

#include <zlib.h>

#include "core/evidence.hpp"

namespace wsprobe::web {

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const std::size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
    std::string_view coding = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    const std::size_t first = coding.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    coding.remove_prefix(first);
    const std::string_view name = coding.substr(0, coding.find_first_of("; \t"));
    if (!equals_ignoring_case(name, "gzip")) continue;
    const std::size_t quality = coding.find("q=");
    if (quality == std::string_view::npos) return true;
    return coding.find_first_of("123456789", quality) != std::string_view::npos;
  }
  return false;
}

std::optional<std::string> gzip(std::string_view text) {
  constexpr int fastest = 1;
  constexpr int gzip_window = 15 + 16;
  constexpr int memory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, fastest, Z_DEFLATED, gzip_window, memory, Z_DEFAULT_STRATEGY) != Z_OK) return std::nullopt;
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return out;
}

}  // namespace wsprobe::web
