#include "scenario/yaml_reader.hpp"

#include <gtest/gtest.h>

namespace wsprobe::scenario {
namespace {

ScalarType type_of(std::string_view text) {
  Diagnostics diagnostics("f", text);
  const NodePtr node = parse_yaml(text, diagnostics);
  return node ? scalar_type(*node) : ScalarType::null;
}

TEST(ScalarType, IsThatOfTheCoreSchema) {
  for (const char* text : {"0", "-7", "+3", "3.25", ".5", "1.", "1e9", "-1.5E-3", "0x1F", "0o17"}) {
    EXPECT_EQ(type_of(text), ScalarType::number) << text;
  }
  for (const char* text : {"true", "True", "FALSE", "false"}) EXPECT_EQ(type_of(text), ScalarType::boolean) << text;
  for (const char* text :
       {"yes", "on", "tRue", "1s", "1.2.3", "1e", "e9", "-", "+", ".", "0x", "1_000", "\"3\"", "'true'", ".inf"}) {
    EXPECT_EQ(type_of(text), ScalarType::text) << text;
  }
  for (const char* text : {"~", "null"}) EXPECT_EQ(type_of(text), ScalarType::null) << text;
}

std::optional<int> integer(std::string_view text) {
  Diagnostics diagnostics("f", text);
  const NodePtr node = parse_yaml(text, diagnostics);
  return read_integer(*node, "x", -5, 1000, diagnostics);
}

TEST(ReadInteger, TakesDecimalNumbersInTheirBounds) {
  EXPECT_EQ(integer("-5"), -5);
  EXPECT_EQ(integer("1000"), 1000);
  for (const char* text : {"-6", "1001", "+3", "0x10", "1e2", "3.0", "\"3\"", "99999999999999999999", "true", "[1]"}) {
    EXPECT_EQ(integer(text), std::nullopt) << text;
  }
}

TEST(Suggestion, NamesTheNearestOrAll) {
  EXPECT_EQ(suggestion("pth", {"path", "query"}), "did you mean `path`?");
  EXPECT_EQ(suggestion("zzz", {"path", "query"}), "one of `path`, `query`");
  EXPECT_EQ(suggestion("zzz", {"path"}), "it knows only `path`");
}

}  // namespace
}  // namespace wsprobe::scenario
