#include "wire/sniff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/splits.hpp"

namespace wsprobe::wire {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::StartsWith;

TEST(DescribeForeignBytes, NamesWhatItKnows) {
  EXPECT_THAT(describe_foreign_bytes("\x15\x03\x01\0\x02\x02\x46"s), StartsWith("a TLS alert"));
  EXPECT_THAT(describe_foreign_bytes("\x16\x03\x03\0\x7A"s), StartsWith("a TLS handshake"));
  EXPECT_THAT(describe_foreign_bytes("\0\0\x12\x04\0\0\0\0\0\0\x03"s), StartsWith("an HTTP/2 SETTINGS"));
  EXPECT_EQ(describe_foreign_bytes("SSH-2.0-x\r\n"), "an SSH banner: \"SSH-2.0-x\\r\\n\"");
  EXPECT_THAT(describe_foreign_bytes("220-ftp"), StartsWith("a mail or FTP greeting: \"220-ftp\""));
  EXPECT_THAT(describe_foreign_bytes("<!doctype html>"), HasSubstr("(HTTP/0.9?): \"<!doctype html>\""));
}

TEST(DescribeForeignBytes, ShowsTheBeginningOfTheRestEscapedAndCut) {
  EXPECT_EQ(describe_foreign_bytes("\x1b]0;x\x07"), "it begins with \"\\x1b]0;x\\x07\"");
  EXPECT_EQ(describe_foreign_bytes(std::string(1000, 'z')), "it begins with \"" + std::string(60, 'z') + "...\"");
  EXPECT_EQ(describe_foreign_bytes(""), "it begins with \"\"");
}

TEST(DescribeForeignBytes, AnHttp2FrameOfAnotherTypeIsNotNamed) {
  EXPECT_THAT(describe_foreign_bytes("\0\0\x12\x01\0\0\0\0\0\0\x03"s), StartsWith("it begins with"));
  EXPECT_THAT(describe_foreign_bytes("\0\0\x12\x04\0\0\0\0\x01"s), StartsWith("it begins with"));
}

TEST(MayBeCut, UntilAGreetingIsLongEnoughToBeNamed) {
  for (const std::string& greeting : {"\x15\x03"s, "SSH-"s, "220 "s, "ICY "s, "\0\0\x12\x04\0\0\0\0\0"s}) {
    for (std::size_t size = 1; size < greeting.size(); ++size) {
      EXPECT_TRUE(may_be_cut(greeting.substr(0, size))) << testing::PrintToString(greeting) << " " << size;
    }
    EXPECT_FALSE(may_be_cut(greeting)) << testing::PrintToString(greeting);
  }
  EXPECT_FALSE(may_be_cut("<"));
  EXPECT_FALSE(may_be_cut("x"));
  EXPECT_FALSE(may_be_cut("\x15\x04"));
}

}  // namespace
}  // namespace wsprobe::wire
