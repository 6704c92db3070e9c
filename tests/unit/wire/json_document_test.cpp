#include "wire/json_document.hpp"

#include <clocale>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::wire {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* health = R"({
  "status": "ok",
  "ws": {"available": true, "active_connections": 12, "topics": 3},
  "load": [0.5, 1.25, -2e3],
  "none": null,
  "nested": {"status": "down"},
  "": "empty key", "a/b": 1, "m~n": 2, "~1": 3, "ключ": "значение"
})";

JsonDocument parse(std::string_view text) {
  auto document = JsonDocument::parse(text);
  EXPECT_TRUE(document) << document.error();
  return std::move(document.value());
}

TEST(JsonDocument, GivesScalarsAsAScenarioComparesThem) {
  const JsonDocument document = parse(health);
  EXPECT_EQ(document.scalar_at("/status"), "ok");
  EXPECT_EQ(document.scalar_at("/ws/available"), "true");
  EXPECT_EQ(document.scalar_at("/ws/active_connections"), "12");
  EXPECT_EQ(document.scalar_at("/load/0"), "0.5");
  EXPECT_EQ(document.scalar_at("/load/2"), "-2e3");
  EXPECT_EQ(document.scalar_at("/none"), "null");
  EXPECT_EQ(document.scalar_at("/ключ"), "значение");
}

TEST(JsonDocument, GivesNothingWhereNoScalarIs) {
  const JsonDocument document = parse(health);
  for (const char* pointer : {"",          "/ws",      "/load",    "/missing",
                              "/status/x", "/none/x",  "/load/3",  "/load/-",
                              "/load/00",  "/load/01", "/load/+1", "/load/-1",
                              "/load/ 1",  "/load/1x", "/load/",   "/load/99999999999999999999",
                              "status",    "/a~b",     "/~",       "/ws/available/"}) {
    EXPECT_EQ(document.scalar_at(pointer), std::nullopt) << pointer;
  }
}

TEST(JsonDocument, UnescapesPointers) {  // RFC 6901 section 4
  const JsonDocument document = parse(health);
  EXPECT_EQ(document.scalar_at("/"), "empty key");
  EXPECT_EQ(document.scalar_at("/a~1b"), "1");
  EXPECT_EQ(document.scalar_at("/m~0n"), "2");
  EXPECT_EQ(document.scalar_at("/~01"), "3");
}

TEST(JsonDocument, GivesValuesOfOneTypeOnly) {
  const JsonDocument document = parse(health);
  EXPECT_EQ(document.string_at("/status"), "ok");
  EXPECT_EQ(document.string_at("/ws/available"), std::nullopt);
  EXPECT_EQ(document.boolean_at("/ws/available"), true);
  EXPECT_EQ(document.boolean_at("/status"), std::nullopt);
  EXPECT_EQ(document.boolean_at("/none"), std::nullopt);
  EXPECT_EQ(document.integer_at("/ws/active_connections"), 12);
  EXPECT_EQ(document.integer_at("/load/0"), std::nullopt);
  EXPECT_EQ(document.integer_at("/status"), std::nullopt);
  EXPECT_EQ(document.number_at("/load/1"), 1.25);
  EXPECT_EQ(document.number_at("/load/2"), -2000.0);
  EXPECT_EQ(document.number_at("/ws/topics"), 3.0);
  EXPECT_EQ(document.number_at("/status"), std::nullopt);
}

TEST(JsonDocument, SaysWhetherAnythingIsThere) {
  const JsonDocument document = parse(health);
  EXPECT_TRUE(document.has(""));
  EXPECT_TRUE(document.has("/none"));
  EXPECT_TRUE(document.has("/ws"));
  EXPECT_FALSE(document.has("/ws/missing"));
}

TEST(JsonDocument, ShowsValuesForMessages) {
  const JsonDocument document = parse(health);
  EXPECT_EQ(document.text_at("/status"), "\"ok\"");
  EXPECT_EQ(document.text_at("/load"), "an array of 3");
  EXPECT_EQ(document.text_at("/ws"), "an object of 3 members");
  EXPECT_EQ(document.text_at("/none"), "null");
  EXPECT_EQ(document.text_at("/missing"), std::nullopt);
  EXPECT_EQ(parse("\"" + std::string(1000, 'x') + "\"").text_at("").value().size(), 203U);
}

TEST(JsonDocument, ADocumentMayBeAScalar) {
  EXPECT_EQ(parse(" true ").scalar_at(""), "true");
  EXPECT_EQ(parse("\"x\"").string_at(""), "x");
  EXPECT_EQ(parse("7").integer_at(""), 7);
}

TEST(JsonDocument, KeepsIntegersExactAtTheirEdges) {
  EXPECT_EQ(parse("9223372036854775807").integer_at(""), 9223372036854775807);
  EXPECT_EQ(parse("-9223372036854775808").scalar_at(""), "-9223372036854775808");
  EXPECT_EQ(parse("9223372036854775808").integer_at(""), std::nullopt);
  EXPECT_EQ(parse("9223372036854775808").scalar_at(""), "9223372036854775808");
  EXPECT_EQ(parse("18446744073709551616").scalar_at(""), "18446744073709551616");
  EXPECT_EQ(parse("1.0").scalar_at(""), "1.0");
}

TEST(JsonDocument, UnescapesStrings) {
  EXPECT_EQ(parse(R"("\u00fc\n\ud83d\ude00\/")").string_at(""), "\xC3\xBC\n\xF0\x9F\x98\x80/");
  EXPECT_EQ(parse(R"("a\u0000b")").string_at(""), "a\0b"s);
}

struct BadDocument {
  std::string name;
  std::string text;
  std::string problem;
};

class RefusesDocument : public testing::TestWithParam<BadDocument> {};

TEST_P(RefusesDocument, AndSaysWhy) {
  const auto document = JsonDocument::parse(GetParam().text);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error(), GetParam().problem);
}

const std::vector<BadDocument>& bad_documents() {
  static const std::vector<BadDocument> rows{
      {"empty", "", "it is empty"},
      {"blank", " \n", "the document ends too early"},
      {"cut", R"({"status": "ok")", "the document ends too early"},
      {"cut_in_string", R"({"status": "o)", "the document ends too early"},
      {"cut_in_word", R"([tru)", "the document ends too early"},
      {"html", "<!doctype html>", "not JSON at line 1, column 1"},
      {"word", "OK", "not JSON at line 1, column 1"},
      {"trailing", "{} {}", "not JSON at line 1, column 4"},
      {"trailing_word", "{\"status\":\"ok\"}\nok", "not JSON at line 2, column 1"},
      {"trailing_comma", "[1,]", "not JSON at line 1, column 4"},
      {"second_line", "{\n  \"a\": 01\n}", "not JSON at line 2, column 9"},
      {"single_quotes", "{'a':1}", "not JSON at line 1, column 2"},
      {"comment", "{} // fine", "not JSON at line 1, column 4"},
      {"nan", "[NaN]", "not JSON at line 1, column 2"},
      {"infinity", "[Infinity]", "not JSON at line 1, column 2"},
      {"minus_infinity", "[-Infinity]", "not JSON at line 1, column 3"},
      {"plus", "[+1]", "not JSON at line 1, column 2"},
      {"control_in_string", "\"a\nb\"", "not JSON at line 1, column 3"},
      {"bad_escape", R"("\x")", "not JSON at line 1, column 3"},
      {"invalid_utf8", "\"\xFF\"", "not JSON at line 1, column 2"},
      {"surrogate_alone", R"("\ud800")", "not JSON at line 1, column 8"},
      {"byte_order_mark", "\xEF\xBB\xBF{}", "it begins with a byte order mark"},
      {"nul_behind", "{}\0{\"status\":\"down\"}"s, "it holds a NUL byte"},
      {"nul_inside", "{\0}"s, "it holds a NUL byte"},
      {"number_too_large", "[1e999]", "a number out of range: 1e999"},
      {"duplicate_key", R"({"status":"ok","x":1,"status":"down"})", "duplicate key \"status\""},
      {"duplicate_key_inside", R"([{"ws":{"a":1,"a":1}}])", "duplicate key \"a\""},
      {"duplicate_key_escaped", R"({"a":1,"\u0061":2})", "duplicate key \"a\""},
      {"duplicate_key_hostile", "{\"\\u001b[2J\":1,\"\\u001b[2J\":2}", "duplicate key \"\\x1b[2J\""},
      {"deep_arrays", std::string(65, '[') + std::string(65, ']'), "nested deeper than 64 levels"},
      {"endless_arrays", std::string(1000, '['), "nested deeper than 64 levels"},
      {"large", "\"" + std::string(1024 * 1024, 'x') + "\"", "larger than 1 MiB"},
      {"many_values",
       [] {
         std::string text = "[";
         for (int count = 0; count < 100'000; ++count) text += "1,";
         return text + "1]";
       }(),
       "more than 100000 values"},
  };
  return rows;
}

INSTANTIATE_TEST_SUITE_P(JsonDocument, RefusesDocument, testing::ValuesIn(bad_documents()),
                         [](const auto& row) { return row.param.name; });

TEST(JsonDocument, TheSameKeyInTwoObjectsIsNoDuplicate) {
  EXPECT_EQ(parse(R"({"a":{"k":1},"b":{"k":2},"k":3})").scalar_at("/b/k"), "2");
}

TEST(JsonDocument, TakesWhatIsJustWithinTheLimits) {
  EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']')).has("/0/0/0"));
  EXPECT_EQ(parse("\"" + std::string(1024 * 1024 - 2, 'x') + "\"").string_at("")->size(), 1024U * 1024 - 2);
}

TEST(CheckPointer, SaysWhatIsWrong) {
  for (const char* good : {"", "/", "/a", "/a/0/b", "/~0~1", "//", "/ "})
    EXPECT_EQ(check_pointer(good), std::nullopt) << good;
  EXPECT_THAT(check_pointer("a").value(), HasSubstr("begins with"));
  EXPECT_THAT(check_pointer("#/a").value(), HasSubstr("begins with"));
  for (const char* bad : {"/~", "/a~", "/~2", "/~~0"})
    EXPECT_THAT(check_pointer(bad).value_or(""), HasSubstr("~0")) << bad;
}

}  // namespace
}  // namespace wsprobe::wire
