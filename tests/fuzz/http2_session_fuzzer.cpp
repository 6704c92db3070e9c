// Any bytes as the frames of an HTTP/2 server, after an offer of WebSocket and our request, or from the beginning.
// Beyond not crashing: however the bytes are cut the result is the same, every bound holds, and an error stays.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/pieces.hpp"
#include "wire/http2_session.hpp"

namespace {

using namespace wsprobe;
using fuzz::check;
using wire::Http2Limits;
using wire::Http2Session;

/// SETTINGS with ENABLE_CONNECT_PROTOCOL.
constexpr std::string_view offer("\0\0\6\4\0\0\0\0\0\0\10\0\0\0\1", 15);

Http2Limits small_limits() {
  return {.head_bytes = 300,
          .fields = 6,
          .interim_responses = 2,
          .frames = 12,
          .frames_without_data = 6,
          .input_bytes = 2000,
          .unread_bytes = 200,
          .unsent_bytes = 200};
}

struct Received {
  bool failed = false;
  bool head_done = false;
  std::string head;
  std::string body;
  bool ended = false;
  bool offered = false;

  bool operator==(const Received&) const = default;
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

void check_bounds(const Http2Session& session, const Http2Limits& limits) {
  check(session.interim_statuses().size() <= limits.interim_responses + 1);
  if (!session.head_done()) return;
  check(session.head().status >= 200 && session.head().status <= 999);
  check(session.head().fields.size() <= limits.fields);
  check(session.head().raw.size() <= limits.head_bytes + 16 + 4 * limits.fields);
}

void ask(Http2Session& session) {
  wire::Http2Connect connect;
  connect.authority = "h";
  connect.path = "/";
  check(session.feed(bytes_of(offer)).has_value());
  check(session.facts().connect_protocol);
  check(session.connect(connect).has_value());
  check(session.send("frame").has_value());
}

Received receive(const std::vector<std::string_view>& pieces, const Http2Limits& limits, bool asks) {
  Http2Session session(limits);
  if (asks) ask(session);
  Received received;
  for (const std::string_view piece : pieces) {
    if (received.failed) {
      check(!session.feed(bytes_of(piece)));
      continue;
    }
    received.failed = !session.feed(bytes_of(piece)).has_value();
    static_cast<void>(session.take_output());
  }
  check_bounds(session, limits);
  received.head_done = session.head_done();
  if (received.failed) return {.failed = true, .head = {}, .body = {}};  // how far it came depends on the pieces
  if (received.head_done) received.head = session.head().raw;
  received.ended = session.ended();
  received.offered = session.facts().connect_protocol;
  received.body.resize(4096);
  received.body.resize(session.read(std::as_writable_bytes(std::span(received.body))));
  check(received.body.size() <= limits.unread_bytes);
  session.finish();
  static_cast<void>(session.take_output());
  return received;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string_view> pieces = fuzz::cut(bytes);
  for (const Http2Limits& limits : {Http2Limits{}, small_limits()}) {
    for (const bool asks : {false, true}) {
      check(receive({bytes}, limits, asks) == receive(pieces, limits, asks));
    }
  }
  return 0;
}
