#include "wire/sniff.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace wsprobe::wire {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t excerpt_bytes = 60;
constexpr std::size_t http2_frame_header = 9;

struct Greeting {
  std::string_view prefix;
  std::string_view meaning;
};

// With an excerpt where the meaning ends in a colon.
constexpr std::array greetings{
    Greeting{"\x15\x03"sv, "a TLS alert: the port speaks TLS, use wss or https"},
    Greeting{"\x16\x03"sv, "a TLS handshake record: the port speaks TLS, use wss or https"},
    Greeting{"SSH-"sv, "an SSH banner:"},
    Greeting{"220 "sv, "a mail or FTP greeting:"},
    Greeting{"220-"sv, "a mail or FTP greeting:"},
    Greeting{"ICY "sv, "an ICY (SHOUTcast) status line"},
    Greeting{"<"sv, "a document without a status line (HTTP/0.9?):"},
};

/// HTTP/2 frames begin with a 24-bit length, then the type; the first of a server is SETTINGS (4) on stream 0.
bool is_http2_settings(std::string_view bytes) {
  return bytes.size() >= http2_frame_header && bytes[0] == 0 && bytes[3] == 4 && bytes.substr(5, 4) == "\0\0\0\0"sv;
}

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

std::string excerpt(std::string_view bytes) { return "\"" + escape_for_display(shorten(bytes, excerpt_bytes)) + "\""; }

}  // namespace

std::string describe_foreign_bytes(std::string_view bytes) {
  if (is_http2_settings(bytes)) return "an HTTP/2 SETTINGS frame: the port speaks HTTP/2 only";
  for (const Greeting& greeting : greetings) {
    if (!starts_with(bytes, greeting.prefix)) continue;
    const bool with_excerpt = greeting.meaning.back() == ':';
    return std::string(greeting.meaning) + (with_excerpt ? " " + excerpt(bytes) : "");
  }
  return "it begins with " + excerpt(bytes);
}

bool may_be_cut(std::string_view bytes) {
  if (bytes.size() < http2_frame_header && starts_with(bytes, "\0"sv)) return true;
  return std::any_of(greetings.begin(), greetings.end(), [&](const Greeting& greeting) {
    return bytes.size() < greeting.prefix.size() && starts_with(greeting.prefix, bytes);
  });
}

}  // namespace wsprobe::wire
