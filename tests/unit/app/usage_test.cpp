#include "app/usage.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::app {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string shown(const UsageError& error, const std::vector<std::string>& arguments) {
  return render(error, arguments);
}

TEST(Usage, PointsAtTheValueOfAnOption) {
  EXPECT_EQ(shown({"--format: `xml` is not a format", "allowed: human, json", "--format", "xml"},
                  {"run", "--format", "xml", "a.yaml"}),
            "wsprobe: --format: `xml` is not a format\n"
            "  wsprobe run --format xml a.yaml\n"
            "                       ^^^\n"
            "  allowed: human, json\n");
}

TEST(Usage, PointsAtAValueWrittenWithAnEqualsSign) {
  EXPECT_EQ(shown({"no", "", "--format", "xml"}, {"run", "--format=xml"}),
            "wsprobe: no\n"
            "  wsprobe run --format=xml\n"
            "              ^^^^^^^^^^^^\n");
}

TEST(Usage, PointsAtAnOptionByAnyOfItsNames) {
  EXPECT_EQ(shown({"no", "", "-o,--output", "/x"}, {"demo", "-o", "/x"}),
            "wsprobe: no\n"
            "  wsprobe demo -o /x\n"
            "                  ^^\n");
}

TEST(Usage, PointsBehindTheEndWhereSomethingIsMissing) {
  EXPECT_EQ(shown({"`run` needs a FILE", "", "", ""}, {"run"}),
            "wsprobe: `run` needs a FILE\n"
            "  wsprobe run\n"
            "              ^\n");
}

TEST(Usage, ALongLineIsCutAroundTheArgument) {
  const std::vector<std::string> arguments{"run", std::string(60, 'a'), std::string(60, 'b'), "--nope", "c", "d", "e"};
  EXPECT_EQ(shown({"unknown option `--nope`", "", "--nope", ""}, arguments),
            "wsprobe: unknown option `--nope`\n"
            "  wsprobe ... " +
                std::string(60, 'a') + " " + std::string(60, 'b') + " --nope c ...\n" + std::string(136, ' ') +
                "^^^^^^\n");
}

TEST(Usage, NeverRepeatsASecret) {
  const std::string text =
      shown({"no", "", "--nope", ""}, {"diagnose", "wss://user:hunter2@h/ws?token=hunter2&x=hunter2", "-H",
                                       "Authorization: hunter2", "--header=Cookie: hunter2", "-HX-Key: hunter2",
                                       "--token", "hunter2", "--token=hunter2", "--api-key", "hunter2", "--nope"});
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST(Usage, NeverRepeatsAStrayWordOfDiagnose) {
  EXPECT_EQ(shown({"one argument too many", "", "", "hunter2"}, {"diagnose", "ws://h/ws", "hunter2"}),
            "wsprobe: one argument too many\n"
            "  wsprobe diagnose ws://h/ws ***\n"
            "                             ^^^\n");
}

TEST(Usage, EscapesWhatATerminalWouldObey) {
  EXPECT_THAT(shown({"no", "", "", "\x1b[2J"}, {"\x1b[2J"}), Not(HasSubstr("\x1b")));
}

TEST(WithoutSecrets, HidesUserInfoAndQueryValues) {
  EXPECT_EQ(without_secrets("wss://u:p@h:1/ws?token=abc&x=1&flag"), "wss://***@h:1/ws?token=***&x=***&***");
  EXPECT_EQ(without_secrets("wss://h/a@b"), "wss://h/a@b");
  EXPECT_EQ(without_secrets("no url?x=1"), "no url?x=1");
}

TEST(SoundsSecret, KnowsTheUsualWords) {
  for (const char* name : {"token", "access_token", "Authorization", "X-Api-Key", "COOKIE", "password", "jwt"}) {
    EXPECT_TRUE(sounds_secret(name)) << name;
  }
  for (const char* name : {"room", "Accept", "X-Request-Id", "v"}) EXPECT_FALSE(sounds_secret(name)) << name;
}

}  // namespace
}  // namespace wsprobe::app
