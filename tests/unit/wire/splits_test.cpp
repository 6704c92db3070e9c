#include "support/splits.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tl/expected.hpp>

namespace wsprobe::test {
namespace {

using testing::ElementsAre;

TEST(Splits, CutsAtEveryPlaceBothEndsIncludedAndThenByteByByte) {
  EXPECT_THAT(splits_of("abc"), ElementsAre(Pieces{"", "abc"}, Pieces{"a", "bc"}, Pieces{"ab", "c"}, Pieces{"abc", ""},
                                            Pieces{"a", "b", "c"}));
}

TEST(Splits, CutsNothingToo) { EXPECT_THAT(splits_of(""), ElementsAre(Pieces{"", ""}, Pieces{})); }

TEST(Splits, PiecesAddUpToTheWhole) {
  std::set<std::size_t> sizes_of_first_pieces;
  for_each_split("0123456789", [&](const Pieces& pieces) {
    std::string whole;
    for (const std::string_view piece : pieces) whole += piece;
    EXPECT_EQ(whole, "0123456789");
    sizes_of_first_pieces.insert(pieces.front().size());
  });
  EXPECT_EQ(sizes_of_first_pieces.size(), 11U);
}

/// Takes bytes up to a full stop; "!" is an error.
struct SentenceDecoder {
  std::string seen;

  tl::expected<std::size_t, std::string> feed(std::span<const std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      if (!seen.empty() && seen.back() == '.') return at;
      const char character = static_cast<char>(bytes[at]);
      if (character == '!') return tl::unexpected(std::string("loud"));
      seen += character;
    }
    return bytes.size();
  }
};

TEST(FeedPieces, CountsWhatWasTakenAndLeavesTheRest) {
  for_each_split("a sentence. the next", [](const Pieces& pieces) {
    SentenceDecoder decoder;
    EXPECT_EQ(feed_pieces(decoder, pieces).value(), 11U);
    EXPECT_EQ(decoder.seen, "a sentence.");
  });
}

TEST(FeedPieces, HandsTheErrorOn) {
  for_each_split("no! more.", [](const Pieces& pieces) {
    SentenceDecoder decoder;
    EXPECT_EQ(feed_pieces(decoder, pieces).error(), "loud");
  });
}

}  // namespace
}  // namespace wsprobe::test
