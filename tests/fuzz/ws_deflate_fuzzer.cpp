// Any bytes as compressed frames of a server, as compressed payload, and as an answer to an offer of compression.
// Beyond not crashing: however the bytes are cut the outcome is the same, nothing outgrows its limit, what we compress
// can be read, and what is agreed on is within the offer. The first byte says what was agreed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/pieces.hpp"
#include "wire/deflate.hpp"
#include "wire/extensions.hpp"
#include "wire/ws_frames.hpp"

namespace {

using namespace wsprobe;
using fuzz::check;

constexpr wire::SessionLimits limits{.message_bytes = 5000, .input_bytes = 40'000, .frames = 50};
constexpr std::string_view left_out("\x00\x00\xff\xff", 4);

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

struct Outcome {
  std::vector<std::string> texts;
  std::optional<Reason> failure;

  bool operator==(const Outcome&) const = default;
};

Outcome receive(const std::vector<std::string_view>& pieces, const wire::DeflateParameters& parameters) {
  wire::FrameCodec codec([](std::span<std::byte> out) { std::fill(out.begin(), out.end(), std::byte{}); }, limits,
                         parameters);
  Outcome outcome;
  for (std::string_view piece : pieces) {
    while (!piece.empty() && !outcome.failure) {
      const auto taken = codec.feed(bytes_of(piece));
      if (!taken) {
        outcome.failure = taken.error().reason;
        break;
      }
      piece.remove_prefix(*taken);
      if (auto item = codec.next()) {
        check(item->payload.size() <= limits.message_bytes);
        outcome.texts.push_back(std::move(item->payload));
      }
    }
  }
  return outcome;
}

/// A message that is wrong in two ways, what it decompresses to being no UTF-8 before it stops decompressing, is told
/// by the one that is seen first, and that goes by the cuts.
bool alike(const Outcome& one, const Outcome& other) {
  const bool both_failed = one.failure && other.failure;
  const bool of_text = one.failure == Reason::frame_bad_utf8 || other.failure == Reason::frame_bad_utf8;
  return one.texts == other.texts && (one.failure == other.failure || (both_failed && of_text));
}

Outcome inflate(const std::vector<std::string_view>& pieces, const wire::DeflateParameters& parameters) {
  wire::Inflater inflater(parameters.server, {limits.message_bytes, limits.input_bytes});
  Outcome outcome;
  std::string message;
  const auto add = [&](std::string_view piece) {
    const auto added = inflater.add(bytes_of(piece), message);
    check(message.size() <= limits.message_bytes);
    if (!added) outcome.failure = added.error().reason;
  };
  for (const std::string_view piece : pieces) {
    if (!outcome.failure) add(piece);
  }
  if (!outcome.failure) add(left_out);
  if (!outcome.failure) {
    if (const auto ended = inflater.end_message(); !ended) outcome.failure = ended.error().reason;
  }
  if (!outcome.failure) outcome.texts.push_back(message);
  return outcome;
}

/// The same twice, so that the second may refer to the first.
void check_round_trip(std::string_view text, const wire::DeflateParameters& parameters) {
  wire::Deflater deflater(parameters);
  wire::Inflater inflater(parameters.client, {text.size(), 2 * text.size()});
  for (int time = 0; time < 2; ++time) {
    const auto payload = deflater.compress(text);
    std::string message;
    check(payload && inflater.add(bytes_of(*payload), message) && inflater.add(bytes_of(left_out), message));
    check(inflater.end_message() && message == text);
  }
}

void check_negotiation(std::string_view text) {
  const auto answers = wire::parse_extensions(text);
  if (!answers) return;
  for (const std::string_view offered : {"permessage-deflate", "permessage-deflate; client_max_window_bits=12",
                                         "permessage-deflate; server_max_window_bits=10; server_no_context_takeover"}) {
    const wire::Extension offer = wire::parse_extensions(offered).value().front();
    for (const wire::Extension& answer : *answers) {
      const auto agreed = wire::judge_deflate(answer, offer);
      if (!agreed) continue;
      check(agreed->server_window_bits >= 8 && agreed->client_window_bits >= 8);
      check(agreed->server_window_bits <= 15 && agreed->client_window_bits <= 15);
      const bool asked = offer.parameters.size() == 2;
      check(!asked || (agreed->server_window_bits <= 10 && agreed->server == wire::ContextTakeover::dropped));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  const auto takeover = [&](unsigned bit) {
    return (choice & bit) != 0 ? wire::ContextTakeover::dropped : wire::ContextTakeover::kept;
  };
  const wire::DeflateParameters parameters{takeover(8U), takeover(16U), 15, static_cast<int>(8 + choice % 8)};
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::vector<std::string_view> pieces = fuzz::cut(bytes);
  check(alike(receive({bytes}, parameters), receive(pieces, parameters)));
  check(inflate({bytes}, parameters) == inflate(pieces, parameters));
  check_round_trip(bytes.substr(0, 4096), parameters);
  check_negotiation(bytes);
  return 0;
}
