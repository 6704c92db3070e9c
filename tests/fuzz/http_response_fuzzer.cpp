// Any bytes as the answer to each kind of request. Beyond not crashing: however the bytes are cut the result is the
// same, no more is taken than was given, and every bound holds.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/pieces.hpp"
#include "wire/handshake.hpp"
#include "wire/response_decoder.hpp"

namespace {

using namespace wsprobe;
using fuzz::check;

wire::DecoderLimits small_limits() {
  wire::DecoderLimits limits;
  limits.head_bytes = 256;
  limits.fields = 6;
  limits.interim_responses = 2;
  limits.body_kept = 16;
  limits.body_drained = 64;
  limits.chunk_line_bytes = 32;
  limits.chunk_lines_bytes = 64;
  return limits;
}

struct Result {
  std::size_t taken = 0;
  std::optional<Reason> failure;
  bool head_done = false;
  Response response;
};

bool same_head(const ResponseHead& left, const ResponseHead& right) {
  return left.raw == right.raw && left.version == right.version && left.status == right.status &&
         left.reason_phrase == right.reason_phrase &&
         std::equal(left.fields.begin(), left.fields.end(), right.fields.begin(), right.fields.end(),
                    [](const HeaderField& a, const HeaderField& b) { return a.name == b.name && a.value == b.value; });
}

bool same(const Response& left, const Response& right) {
  return same_head(left.head, right.head) && left.interim_statuses == right.interim_statuses &&
         left.framing == right.framing && left.body == right.body && left.body_size == right.body_size &&
         left.body_complete == right.body_complete && left.extra_bytes == right.extra_bytes;
}

/// How much is taken before an error, and what of half a head is kept, is nobody's business; everything else is.
bool same(const Result& left, const Result& right) {
  if (left.failure != right.failure || left.head_done != right.head_done) return false;
  if (!left.failure && left.taken != right.taken) return false;
  return !left.head_done || same(left.response, right.response);
}

void check_bounds(const Response& response, const wire::DecoderLimits& limits) {
  check(response.head.raw.size() <= limits.head_bytes);
  check(response.head.fields.size() <= limits.fields);
  check(response.interim_statuses.size() <= limits.interim_responses);
  check(response.body.size() <= limits.body_kept && response.body.size() <= response.body_size);
  check(response.body_size <= limits.body_drained);
  check(response.head.status == 0 || (response.head.status >= 100 && response.head.status <= 999));
}

Result decode(const std::vector<std::string_view>& pieces, wire::RequestShape shape,
              const wire::DecoderLimits& limits) {
  wire::ResponseDecoder decoder(shape, limits);
  Result result;
  for (const std::string_view piece : pieces) {
    const auto taken = decoder.feed({reinterpret_cast<const std::byte*>(piece.data()), piece.size()});
    if (!taken) {
      result.failure = taken.error().reason;
      break;
    }
    check(*taken <= piece.size());
    check(*taken == piece.size() || decoder.done());
    result.taken += *taken;
  }
  if (!result.failure) {
    const auto end = decoder.end_of_input();
    if (!end) result.failure = end.error().reason;
  }
  check(decoder.done() == !result.failure);
  check_bounds(decoder.response(), limits);
  if (shape == wire::RequestShape::upgrade && decoder.done()) {
    wire::Offer offer;
    offer.key = "dGhlIHNhbXBsZSBub25jZQ==";
    (void)wire::judge_switch(decoder.response().head, offer);
  }
  result.head_done = decoder.head_done();
  result.response = decoder.take_response();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string_view> pieces = fuzz::cut(bytes);
  for (const auto shape : {wire::RequestShape::plain, wire::RequestShape::head, wire::RequestShape::upgrade}) {
    for (const wire::DecoderLimits& limits : {wire::DecoderLimits{}, small_limits()}) {
      check(same(decode({bytes}, shape, limits), decode(pieces, shape, limits)));
    }
  }
  return 0;
}
