#include "core/secret.hpp"

#include <gtest/gtest.h>

namespace wsprobe {
namespace {

Text bearer() {
  Text text("Bearer ");
  text.append(std::make_shared<const Secret>("valid", "t0ken"));
  text.append("!");
  return text;
}

TEST(Text, ShowsTheNameAndSendsTheValue) {
  EXPECT_EQ(bearer().redacted(), "Bearer ${valid}!");
  EXPECT_EQ(bearer().reveal(), "Bearer t0ken!");
  EXPECT_TRUE(bearer().has_secret());
  EXPECT_FALSE(Text("plain").has_secret());
}

TEST(Text, LiteralsGrowTogether) {
  Text text("a");
  text.append("b");
  text.append("");
  EXPECT_EQ(text.parts().size(), 1U);
  EXPECT_EQ(bearer().parts().size(), 3U);
  EXPECT_TRUE(Text().empty());
  EXPECT_TRUE(Text("").empty());
}

TEST(Secret, CannotBeCopied) {
  EXPECT_FALSE(std::is_copy_constructible_v<Secret>);
  EXPECT_FALSE(std::is_copy_assignable_v<Secret>);
}

TEST(PercentEncode, LeavesUnreservedCharactersOnly) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a b&c=d/+%"), "a%20b%26c%3Dd%2F%2B%25");
  EXPECT_EQ(percent_encode("\xC3\xBC\n"), "%C3%BC%0A");
}

}  // namespace
}  // namespace wsprobe
