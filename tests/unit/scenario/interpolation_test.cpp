#include "scenario/interpolation.hpp"

#include <gtest/gtest.h>

namespace wsprobe::scenario {
namespace {

/// "literal<name>literal", or "error: what stands there".
std::string split(std::string_view text) {
  const auto pieces = split_references(text);
  if (!pieces) return "error: " + pieces.error().written;
  std::string out;
  for (const Piece& piece : *pieces) out += piece.kind == Piece::Kind::literal ? piece.text : "<" + piece.text + ">";
  return out;
}

TEST(SplitReferences, FindsNames) {
  EXPECT_EQ(split(""), "");
  EXPECT_EQ(split("plain"), "plain");
  EXPECT_EQ(split("${valid}"), "<valid>");
  EXPECT_EQ(split("a${x}b${y-1}c"), "a<x>b<y-1>c");
  EXPECT_EQ(split("${a}${b}"), "<a><b>");
}

TEST(SplitReferences, KeepsDollarsThatBeginNothing) {
  EXPECT_EQ(split("$"), "$");
  EXPECT_EQ(split("$5 a$b {x}"), "$5 a$b {x}");
  EXPECT_EQ(split("x$"), "x$");
}

TEST(SplitReferences, UnescapesDoubledDollars) {
  EXPECT_EQ(split("$$"), "$");
  EXPECT_EQ(split("$$$$"), "$$");
  EXPECT_EQ(split("$${x}"), "${x}");
  EXPECT_EQ(split("$$${x}"), "$<x>");
  EXPECT_EQ(split("$$$"), "$$");
}

TEST(SplitReferences, MergesNeighbouringLiterals) {
  const auto pieces = split_references("a$$b$c");
  ASSERT_TRUE(pieces);
  ASSERT_EQ(pieces->size(), 1U);
  EXPECT_EQ(pieces->front().text, "a$b$c");
}

TEST(SplitReferences, ShowsWhatIsWrong) {
  EXPECT_EQ(split("a${x"), "error: ${");
  EXPECT_EQ(split("${"), "error: ${");
  EXPECT_EQ(split("${}"), "error: ${}");
  EXPECT_EQ(split("x ${a b} y"), "error: ${a b}");
  EXPECT_EQ(split("${1a}"), "error: ${1a}");
  EXPECT_EQ(split("${${x}}"), "error: ${${x}");
}

TEST(IsCredentialName, HasBounds) {
  EXPECT_TRUE(is_credential_name("a"));
  EXPECT_TRUE(is_credential_name("_A-9"));
  EXPECT_TRUE(is_credential_name(std::string(64, 'a')));
  EXPECT_FALSE(is_credential_name(std::string(65, 'a')));
  EXPECT_FALSE(is_credential_name(""));
  EXPECT_FALSE(is_credential_name("-a"));
  EXPECT_FALSE(is_credential_name("a.b"));
}

}  // namespace
}  // namespace wsprobe::scenario
