#include "wire/sniff.hpp"

#include "core/text.hpp"

namespace wsprobe::wire {
namespace {

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

/// HTTP/2 frames begin with a 24-bit length, then the type; the first of a server is SETTINGS (4) on stream 0.
bool is_http2_settings(std::string_view bytes) {
  return bytes.size() >= 9 && bytes[0] == 0 && bytes[3] == 4 && bytes.substr(5, 4) == std::string_view("\0\0\0\0", 4);
}

}  // namespace

std::string describe_foreign_bytes(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (starts_with(bytes, "\x15\x03"sv)) return "a TLS alert: the port speaks TLS, use wss or https";
  if (starts_with(bytes, "\x16\x03"sv)) return "a TLS handshake record: the port speaks TLS, use wss or https";
  if (is_http2_settings(bytes)) return "an HTTP/2 SETTINGS frame: the port speaks HTTP/2 only";
  if (starts_with(bytes, "SSH-"sv)) return "an SSH banner: " + escape_for_display(shorten(bytes, 60));
  if (starts_with(bytes, "220 "sv) || starts_with(bytes, "220-"sv)) {
    return "a mail or FTP greeting: " + escape_for_display(shorten(bytes, 60));
  }
  if (starts_with(bytes, "ICY "sv)) return "an ICY (SHOUTcast) status line";
  if (starts_with(bytes, "<"sv))
    return "a document without a status line (HTTP/0.9?): " + escape_for_display(shorten(bytes, 60));
  return "it begins with \"" + escape_for_display(shorten(bytes, 60)) + "\"";
}

}  // namespace wsprobe::wire
