#include "browser/script_protocol.hpp"

#include <gtest/gtest.h>

namespace wsprobe::browser {
namespace {

ScriptRequest full_request() {
  ScriptRequest request;
  request.page = "https://page.org/";
  request.base = "https://page.org/base/";
  request.variable = "__CONFIG__.wsUrl";
  request.scripts.push_back({"https://page.org/config.js", std::string("a\0b:,\n", 6), 1, false, false});
  request.scripts.push_back({"", "x", 12, true, true});
  return request;
}

ScriptAnswer full_answer() {
  ScriptAnswer answer;
  answer.runs = {{ScriptEnd::completed, "", 0}, {ScriptEnd::needed, "document.querySelector", 3}};
  answer.later = {{ScriptEnd::threw, "no", 7}};
  answer.value = "wss://a";
  answer.value_type = "string";
  answer.assigned = {1, 2};
  answer.changed_later = true;
  answer.found = {{"window.A", "wss://a"}};
  answer.sockets = {{"wss://a/ws", {std::nullopt, 0}}, {"wss://b", {0, 9}}};
  return answer;
}

TEST(ScriptProtocol, GivesBackARequest) {
  const std::string bytes = encode(full_request());
  const auto decoded = decode_request(bytes);
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(encode(*decoded), bytes);
  EXPECT_EQ(decoded->scripts[0].text, std::string("a\0b:,\n", 6));
  EXPECT_EQ(decoded->scripts[1].first_line, 12U);
  EXPECT_TRUE(decoded->scripts[1].module && decoded->scripts[1].deferred);
}

TEST(ScriptProtocol, GivesBackAnAnswer) {
  const std::string bytes = encode(full_answer());
  const auto decoded = decode_answer(bytes);
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(encode(*decoded), bytes);
  EXPECT_EQ(decoded->runs[1].detail, "document.querySelector");
  EXPECT_EQ(decoded->value, "wss://a");
  EXPECT_FALSE(decoded->sockets[0].place.script);
  EXPECT_EQ(decoded->sockets[1].place.line, 9U);
}

TEST(ScriptProtocol, RefusesWhatIsCutOrLonger) {
  const std::string request = encode(full_request());
  const std::string answer = encode(full_answer());
  for (std::size_t cut = 0; cut < request.size(); ++cut) EXPECT_FALSE(decode_request(request.substr(0, cut))) << cut;
  for (std::size_t cut = 0; cut < answer.size(); ++cut) EXPECT_FALSE(decode_answer(answer.substr(0, cut))) << cut;
  EXPECT_FALSE(decode_request(request + "0:,"));
  EXPECT_FALSE(decode_answer(answer + "x"));
  EXPECT_FALSE(decode_answer(request));
  EXPECT_FALSE(decode_request(answer));
}

TEST(ScriptProtocol, RefusesAnswersBeyondItsBounds) {
  ScriptAnswer answer = full_answer();
  answer.value = std::string(longest_found_value + 1, 'x');
  EXPECT_FALSE(decode_answer(encode(answer)));
  answer = full_answer();
  answer.found.resize(most_found_values + 1);
  EXPECT_FALSE(decode_answer(encode(answer)));
  answer = full_answer();
  answer.runs[0].end = static_cast<ScriptEnd>(200);
  EXPECT_FALSE(decode_answer(encode(answer)));
  EXPECT_FALSE(decode_answer(std::string(largest_answer + 1, '1')));
  EXPECT_FALSE(decode_answer("23:wsprobe script answer 1,1:-,"));
  EXPECT_FALSE(decode_answer("99999999999999999999:x,"));
}

}  // namespace
}  // namespace wsprobe::browser
