// Incremental decoders have to give the same answer however their input is cut. This is the harness for that: it cuts
// at every place, both ends included, and hands out the pieces.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace wsprobe::test {

using Pieces = std::vector<std::string_view>;

/// Every way to cut `bytes` in two, an empty piece at either end included, and then one byte at a time.
inline std::vector<Pieces> splits_of(std::string_view bytes) {
  std::vector<Pieces> splits;
  for (std::size_t at = 0; at <= bytes.size(); ++at) splits.push_back({bytes.substr(0, at), bytes.substr(at)});
  Pieces single;
  for (std::size_t at = 0; at < bytes.size(); ++at) single.push_back(bytes.substr(at, 1));
  splits.push_back(std::move(single));
  return splits;
}

/// Calls `visit(pieces)` for each of splits_of(bytes), until a test fails fatally.
template <typename Visit>
void for_each_split(std::string_view bytes, Visit visit) {
  for (const Pieces& pieces : splits_of(bytes)) {
    const bool in_two = pieces.size() == 2 && pieces[0].size() + pieces[1].size() == bytes.size();
    SCOPED_TRACE(in_two ? "cut after " + std::to_string(pieces[0].size()) : "one byte at a time");
    visit(pieces);
    if (testing::Test::HasFatalFailure()) return;
  }
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Feeds the pieces to a decoder until it takes less than it is given, and returns how many bytes it took in all; or
/// its error. A decoder must never take more than it is given.
template <typename Decoder>
auto feed_pieces(Decoder& decoder, const Pieces& pieces) -> decltype(decoder.feed({})) {
  std::size_t total = 0;
  for (const std::string_view piece : pieces) {
    auto taken = decoder.feed(as_bytes(piece));
    if (!taken) return taken;
    EXPECT_LE(*taken, piece.size());
    total += *taken;
    if (*taken < piece.size()) break;
  }
  return total;
}

}  // namespace wsprobe::test
