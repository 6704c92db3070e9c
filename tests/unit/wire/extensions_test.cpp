#include "wire/extensions.hpp"

#include <gtest/gtest.h>

namespace wsprobe::wire {
namespace {

Extension one(std::string_view text) {
  const auto extensions = parse_extensions(text);
  EXPECT_TRUE(extensions && extensions->size() == 1) << text;
  return extensions && extensions->size() == 1 ? extensions->front() : Extension{};
}

std::string written(const std::vector<Extension>& extensions) {
  std::string out;
  for (const Extension& extension : extensions) {
    out += "[" + extension.name;
    for (const ExtensionParameter& parameter : extension.parameters) {
      out += "|" + parameter.name + (parameter.value ? "=" + *parameter.value : "");
    }
    out += "]";
  }
  return out;
}

TEST(ParseExtensions, ReadsLists) {
  EXPECT_EQ(written(parse_extensions("").value()), "");
  EXPECT_EQ(written(parse_extensions(" , ,\t").value()), "");
  EXPECT_EQ(written(parse_extensions("a, b;c;d=1 ,  e ; f = \"2\\3\"").value()), "[a][b|c|d=1][e|f=23]");
}

TEST(ParseExtensions, RefusesWhatIsNone) {
  for (const std::string_view text : {"a b", "a;", "a;=1", "a;b=", "a;b=\"", "a;b=\"1", "a;b=\"1 2\"", "a;b=\"\"",
                                      "a=1", "=", ";a", "a;b=\"1\"c", "a\x01", "a;b=\"\\"}) {
    EXPECT_FALSE(parse_extensions(text)) << text;
  }
}

struct Row {
  std::string offer;
  std::string answer;
  std::optional<DeflateParameters> agreed;
};

TEST(JudgeDeflate, GoesByTheLetter) {
  constexpr auto kept = ContextTakeover::kept;
  constexpr auto dropped = ContextTakeover::dropped;
  const std::vector<Row> rows{
      {"", "", DeflateParameters{}},
      // What the server may say without being asked.
      {"", ";server_no_context_takeover", DeflateParameters{dropped, kept, 15, 15}},
      {"", ";client_no_context_takeover", DeflateParameters{kept, dropped, 15, 15}},
      {"", ";SERVER_no_context_takeover; Client_No_Context_Takeover", DeflateParameters{dropped, dropped, 15, 15}},
      {"", ";server_max_window_bits=9", DeflateParameters{kept, kept, 9, 15}},
      {"", ";server_max_window_bits=\"9\"", DeflateParameters{kept, kept, 9, 15}},
      {"", ";server_max_window_bits=8", DeflateParameters{kept, kept, 8, 15}},
      {"", ";server_max_window_bits=15", DeflateParameters{}},
      // What it may not.
      {"", ";client_max_window_bits=10", {}},
      {"", ";client_max_window_bits", {}},
      {";client_max_window_bits", ";client_max_window_bits=10", DeflateParameters{kept, kept, 15, 10}},
      {";client_max_window_bits", "", DeflateParameters{}},
      {";client_max_window_bits", ";client_max_window_bits", {}},
      {";client_max_window_bits=10", ";client_max_window_bits=10", DeflateParameters{kept, kept, 15, 10}},
      {";client_max_window_bits=10", ";client_max_window_bits=8", DeflateParameters{kept, kept, 15, 8}},
      {";client_max_window_bits=10", ";client_max_window_bits=11", {}},
      // What was asked of it.
      {";server_no_context_takeover", "", {}},
      {";server_no_context_takeover", ";server_no_context_takeover", DeflateParameters{dropped, kept, 15, 15}},
      {";client_no_context_takeover", "", DeflateParameters{}},
      {";server_max_window_bits=10", "", {}},
      {";server_max_window_bits=10", ";server_max_window_bits=11", {}},
      {";server_max_window_bits=10", ";server_max_window_bits=9", DeflateParameters{kept, kept, 9, 15}},
      // What nobody may say.
      {"", ";server_max_window_bits", {}},
      {"", ";server_max_window_bits=7", {}},
      {"", ";server_max_window_bits=16", {}},
      {"", ";server_max_window_bits=09", {}},
      {"", ";server_max_window_bits=+9", {}},
      {"", ";server_max_window_bits=9;server_max_window_bits=9", {}},
      {"", ";server_no_context_takeover;server_no_context_takeover", {}},
      {"", ";server_no_context_takeover=1", {}},
      {"", ";client_no_context_takeover=true", {}},
      {"", ";level=3", {}},
  };
  for (const Row& row : rows) {
    const auto agreed = judge_deflate(one("permessage-deflate" + row.answer), one("permessage-deflate" + row.offer));
    const std::string what = row.offer + " -> " + row.answer + (agreed ? "" : ": " + agreed.error());
    EXPECT_EQ(agreed.has_value(), row.agreed.has_value()) << what;
    if (agreed && row.agreed) {
      EXPECT_TRUE(*agreed == *row.agreed) << what;
    }
    if (!agreed) {
      EXPECT_FALSE(agreed.error().empty()) << what;
    }
  }
}

TEST(CheckDeflateOffer, LetsTheClientsWindowStandWithoutItsValue) {
  EXPECT_FALSE(check_deflate_offer(one("permessage-deflate; client_max_window_bits")));
  EXPECT_FALSE(check_deflate_offer(one("permessage-deflate; server_no_context_takeover; server_max_window_bits=8")));
  EXPECT_TRUE(check_deflate_offer(one("permessage-deflate; server_max_window_bits")));
  EXPECT_TRUE(check_deflate_offer(one("permessage-deflate; client_max_window_bits=16")));
  EXPECT_TRUE(check_deflate_offer(one("permessage-deflate; level")));
}

}  // namespace
}  // namespace wsprobe::wire
