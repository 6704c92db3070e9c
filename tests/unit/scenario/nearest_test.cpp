#include <gtest/gtest.h>

#include "scenario/loader.hpp"

namespace wsprobe::scenario {
namespace {

const std::vector<std::string> known{"path", "query", "headers", "subprotocols", "expect"};

TEST(Nearest, FindsASlip) {
  EXPECT_EQ(nearest("pth", known), "path");
  EXPECT_EQ(nearest("paht", known), "path");
  EXPECT_EQ(nearest("patth", known), "path");
  EXPECT_EQ(nearest("header", known), "headers");
  EXPECT_EQ(nearest("subprotocol", known), "subprotocols");
  EXPECT_EQ(nearest("query", known), "query");
}

TEST(Nearest, GoesNoFurtherThanAThirdOfTheWord) {
  EXPECT_EQ(nearest("pt", known), std::nullopt);
  EXPECT_EQ(nearest("patxyz", known), std::nullopt);
  EXPECT_EQ(nearest("exqyct", known), "expect");
  EXPECT_EQ(nearest("eyqyct", known), std::nullopt);
  EXPECT_EQ(nearest("", known), std::nullopt);
  EXPECT_EQ(nearest("path", {}), std::nullopt);
}

TEST(Nearest, PrefersTheNearer) { EXPECT_EQ(nearest("abcdefx", {"abcdeyz", "abcdefg"}), "abcdefg"); }

TEST(Nearest, LeavesLongWordsAlone) { EXPECT_EQ(nearest(std::string(65, 'a'), {std::string(65, 'a')}), std::nullopt); }

}  // namespace
}  // namespace wsprobe::scenario
