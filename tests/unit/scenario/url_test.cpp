#include <gtest/gtest.h>

#include "scenario/loader.hpp"

namespace wsprobe::scenario {
namespace {

const std::vector<std::string> any{"ws", "wss", "http", "https"};

Url parsed(std::string_view text) {
  const auto url = parse_url(text, any);
  EXPECT_TRUE(url) << text << ": " << url.error();
  return url.value_or(Url{});
}

TEST(ParseUrl, TakesAnAddressApart) {
  const Url url = parsed("WSS://API.Example.COM:8443/base/ws?x=1&y=%20");
  EXPECT_EQ(url.scheme, "wss");
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_TRUE(url.port_given);
  EXPECT_EQ(url.path, "/base/ws");
  EXPECT_EQ(url.query, "x=1&y=%20");
  EXPECT_TRUE(url.secure());
  EXPECT_EQ(url.authority(), "api.example.com:8443");
  EXPECT_EQ(url.display(), "wss://api.example.com:8443/base/ws");
}

TEST(ParseUrl, KnowsTheDefaults) {
  EXPECT_EQ(parsed("ws://h").port, 80);
  EXPECT_EQ(parsed("http://h").port, 80);
  EXPECT_EQ(parsed("wss://h").port, 443);
  EXPECT_EQ(parsed("https://h").port, 443);
  EXPECT_EQ(parsed("ws://h").path, "/");
  EXPECT_EQ(parsed("ws://h?x").path, "/");
  EXPECT_EQ(parsed("ws://h?x").query, "x");
  EXPECT_FALSE(parsed("ws://h").port_given);
  EXPECT_FALSE(parsed("ws://h").secure());
}

TEST(ParseUrl, LeavesTheUsualPortOutOfTheHostField) {
  EXPECT_EQ(parsed("wss://h:443").authority(), "h");
  EXPECT_EQ(parsed("ws://h:443").authority(), "h:443");
  EXPECT_EQ(parsed("ws://h:80").authority(), "h");
}

TEST(ParseUrl, PutsBracketsAroundIpv6) {
  const Url url = parsed("ws://[2001:DB8::1]:8000/");
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.authority(), "[2001:db8::1]:8000");
  EXPECT_EQ(parsed("ws://[::ffff:192.0.2.1]").display(), "ws://[::ffff:192.0.2.1]/");
}

TEST(ParseUrl, TakesNamesThatContainersHave) {
  EXPECT_EQ(parsed("ws://my_service-1:1").host, "my_service-1");
  EXPECT_EQ(parsed("ws://example.com./").host, "example.com.");
  EXPECT_EQ(parsed("ws://127.0.0.1:65535").port, 65535);
}

TEST(ParseUrl, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "the URL has to begin with ws:// or wss://"},
      {"example.com", "the URL has to begin with ws:// or wss://"},
      {"ftp://example.com", "the URL has to begin with ws:// or wss://, not `ftp://`"},
      {"ws://", "the URL has no host"},
      {"ws://:80", "the URL has no host"},
      {"ws://a..b", "the host has an empty label"},
      {"ws://.", "the host has an empty label"},
      {"ws://a b", "` ` cannot stand in a host name"},
      {"ws://a\xFF", "the host is not ASCII: write an international name in its `xn--` form"},
      {"ws://user@h", "a URL with a user name or password is not accepted"},
      {"ws://h:", "the port is missing behind the `:`"},
      {"ws://h:0", "the port has to be a number from 1 to 65535, not `0`"},
      {"ws://h:65536", "the port has to be a number from 1 to 65535, not `65536`"},
      {"ws://h:8o", "the port has to be a number from 1 to 65535, not `8o`"},
      {"ws://h:-1", "the port has to be a number from 1 to 65535, not `-1`"},
      {"ws://::1", "an IPv6 address stands in brackets: [::1]"},
      {"ws://[::1", "`[` without its `]` around the IPv6 address"},
      {"ws://[1.2.3.4]", "`1.2.3.4` is not an IPv6 address"},
      {"ws://[fe80::1%25eth0]", "an IPv6 address with a zone is not supported"},
      {"ws://[::1]x", "after the IPv6 address comes `:port` or `/`"},
      {"ws://h/#top", "a fragment (`#`) never reaches a server: remove it"},
      {"ws://h/a b", "the path has to percent-encode ` `"},
      {"ws://h/a\rb", "the path has to percent-encode `\\r`"},
      {"ws://h/\xC3\xA9", "the path has to percent-encode `\xC3\xA9`"},
      {"ws://h/\xFF", "the path has to percent-encode `\\xff`"},
      {"ws://h/%4", "a `%` in the path has to be followed by two hexadecimal digits"},
      {"ws://h/?a b", "the query of the URL has characters that have to be percent-encoded"},
      {"ws://" + std::string(64, 'a'), "a label of the host is longer than 63 characters"},
      {"ws://" + std::string(254, 'a'), "the host is longer than 253 characters"},
      {"ws://h/" + std::string(2048, 'a'), "the URL is longer than 2048 characters"},
  };
  for (const auto& [text, expected] : rows) {
    const auto url = parse_url(text, {"ws", "wss"});
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error(), expected) << text;
  }
}

TEST(ParsePath, TakesWhatARequestLineTakes) {
  for (const char* path : {"/", "/api/ws", "/a%20b", "/a;b=c/@x:y", "/~u/$x"}) EXPECT_EQ(parse_path(path), path);
  for (const char* path : {"", "ws", "/a?b", "/a#b", "/a b", "/a\nb", "/%zz", "/\"", "/a\\b"})
    EXPECT_FALSE(parse_path(path)) << path;
  EXPECT_FALSE(parse_path("/" + std::string(2048, 'a')));
}

}  // namespace
}  // namespace wsprobe::scenario
