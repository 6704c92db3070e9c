// Any bytes as the frames of a server. Beyond not crashing: however the bytes are cut the items and the error are the
// same, every budget holds, what is handed out is valid; and what we write, unmasked, we can read.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/text.hpp"
#include "fuzz/pieces.hpp"
#include "wire/ws_frames.hpp"

namespace {

using namespace wsprobe;
using fuzz::check;
using wire::FrameCodec;
using wire::FrameType;

using Item = std::tuple<FrameType, std::string, std::optional<int>>;

struct Received {
  std::vector<Item> items;
  std::optional<Reason> failure;
  std::uint64_t frames = 0;
  bool mid_message = false;

  bool operator==(const Received&) const = default;
};

wire::SessionLimits small_limits() { return {.message_bytes = 300, .input_bytes = 2000, .frames = 12}; }

FrameCodec make_codec(const wire::SessionLimits& limits) {
  return FrameCodec([](std::span<std::byte> out) { std::fill(out.begin(), out.end(), std::byte{}); }, limits);
}

void check_item(const wire::Incoming& item, const wire::SessionLimits& limits) {
  const bool control = item.type == FrameType::ping || item.type == FrameType::pong || item.type == FrameType::close;
  check(item.payload.size() <= (control ? 125 : limits.message_bytes));
  check(item.type == FrameType::binary || item.type == FrameType::ping || item.type == FrameType::pong ||
        is_utf8(item.payload));
  check(!item.close_code || (item.type == FrameType::close && *item.close_code >= 1000 && *item.close_code < 5000));
}

Received receive(const std::vector<std::string_view>& pieces, const wire::SessionLimits& limits) {
  FrameCodec codec = make_codec(limits);
  Received received;
  for (std::string_view piece : pieces) {
    while (!piece.empty() && !received.failure) {
      const auto taken = codec.feed({reinterpret_cast<const std::byte*>(piece.data()), piece.size()});
      if (!taken) {
        received.failure = taken.error().reason;
        break;
      }
      check(*taken > 0 && *taken <= piece.size());
      piece.remove_prefix(*taken);
      const auto item = codec.next();
      check(item || piece.empty());
      if (!item) continue;
      check_item(*item, limits);
      received.items.emplace_back(item->type, item->payload, item->close_code);
    }
  }
  check(codec.bytes_received() <= limits.input_bytes);
  if (!received.failure) {
    check(codec.frames_received() <= limits.frames);
    received.frames = codec.frames_received();
    received.mid_message = codec.mid_message();
  }
  return received;
}

/// The mask is all zeros, so that without its bit and its bytes the frame is one of a server.
void check_round_trip(std::string_view payload) {
  FrameCodec codec = make_codec({});
  std::string written = codec.binary(payload);
  const std::size_t header = written.size() - payload.size() - 4;
  written.erase(header, 4);
  written[1] = static_cast<char>(written[1] & 0x7F);
  const Received received = receive({written}, {});
  check(received.items == std::vector<Item>{{FrameType::binary, std::string(payload), std::nullopt}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string_view> pieces = fuzz::cut(bytes);
  for (const wire::SessionLimits& limits : {wire::SessionLimits{}, small_limits()}) {
    check(receive({bytes}, limits) == receive(pieces, limits));
  }
  check_round_trip(bytes);
  return 0;
}
