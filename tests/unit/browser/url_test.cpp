#include "browser/url.hpp"

#include <gtest/gtest.h>

namespace wsprobe::browser {
namespace {

struct Row {
  std::string_view text;
  std::string_view base;
  std::string_view href;  ///< empty: refused
};

class UrlTest : public testing::TestWithParam<Row> {};

TEST_P(UrlTest, ReadsAsABrowserDoes) {
  const Row& row = GetParam();
  std::optional<Url> base;
  if (!row.base.empty()) base = *parse_url(row.base);
  const auto url = parse_url(row.text, base ? &*base : nullptr);
  EXPECT_EQ(url ? url->href() : "", row.href) << (url ? "" : url.error());
}

// What each gives was read off Chromium's `new URL(text, base).href`.
INSTANTIATE_TEST_SUITE_P(
    Rows, UrlTest,
    testing::Values(Row{"https://Example.COM", "", "https://example.com/"},
                    Row{"  wss://example.com/api/ws\n", "", "wss://example.com/api/ws"},
                    Row{"WSS:\\\\example.com\\api", "", "wss://example.com/api"},
                    Row{"wss:example.com/x", "", "wss://example.com/x"},
                    Row{"wss:example.com/x", "https://page.org/", "wss://example.com/x"},
                    Row{"https:x/y", "https://page.org/a/b", "https://page.org/a/x/y"},
                    Row{"wss://example.com:443/", "", "wss://example.com/"},
                    Row{"ws://example.com:443/", "", "ws://example.com:443/"},
                    Row{"wss://example.com:/x", "", "wss://example.com/x"},
                    Row{"wss://example.com:0080", "", "wss://example.com:80/"}, Row{"wss://example.com:65536/", "", ""},
                    Row{"wss://example.com:8a/", "", ""}, Row{"wss://", "", ""}, Row{"wss:///x", "", "wss://x/"},
                    Row{"wss://user:pass@example.com/", "", "wss://example.com/"},
                    Row{"//other.org/x", "https://page.org/a/b?q#f", "https://other.org/x"},
                    Row{"/x", "https://page.org/a/b?q#f", "https://page.org/x"},
                    Row{"x", "https://page.org/a/b?q#f", "https://page.org/a/x"},
                    Row{"../x", "https://page.org/a/b/c", "https://page.org/a/x"},
                    Row{"../../../x", "https://page.org/a/b", "https://page.org/x"},
                    Row{".", "https://page.org/a/b", "https://page.org/a/"},
                    Row{"..", "https://page.org/a/b/c", "https://page.org/a/"},
                    Row{"%2e%2E/x", "https://page.org/a/b/c", "https://page.org/a/x"},
                    Row{"?n", "https://page.org/a/b?q#f", "https://page.org/a/b?n"},
                    Row{"#n", "https://page.org/a/b?q#f", "https://page.org/a/b?q#n"},
                    Row{"", "https://page.org/a/b?q#f", "https://page.org/a/b?q"}, Row{"x", "", ""},
                    Row{"https://page.org/a b<c>?d e'f#g h`", "", "https://page.org/a%20b%3Cc%3E?d%20e%27f#g%20h%60"},
                    Row{"https://page.org/\xc3\xa4?\xc3\xb6", "", "https://page.org/%C3%A4?%C3%B6"},
                    Row{"https://ex%41mple.com/", "", "https://example.com/"}, Row{"https://ex ample.com/", "", ""},
                    Row{"https://a%00b/", "", ""}, Row{"https://127.1/", "", "https://127.0.0.1/"},
                    Row{"https://0x7f.0.0.1/", "", "https://127.0.0.1/"},
                    Row{"https://2130706433/", "", "https://127.0.0.1/"},
                    Row{"https://0177.0.0.01/", "", "https://127.0.0.1/"}, Row{"https://256.0.0.1/", "", ""},
                    Row{"https://1.2.3.4.5/", "", ""}, Row{"https://a.1/", "", ""},
                    Row{"https://a.1b/", "", "https://a.1b/"}, Row{"https://[::1]:8443/", "", "https://[::1]:8443/"},
                    Row{"https://[1:0:0:2:0:0:0:3]/", "", "https://[1:0:0:2::3]/"},
                    Row{"https://[::ffff:1.2.3.4]/", "", "https://[::ffff:102:304]/"}, Row{"https://[::1/", "", ""},
                    Row{"https://[fe80::1%25eth0]/", "", ""}, Row{"data:text/plain,x", "", "data:text/plain,x"},
                    Row{"ht\ntps://exa\tmple.com/", "", "https://example.com/"},
                    Row{"https://example.com./", "", "https://example.com./"}));

TEST(Url, SaysItsOriginAndAuthority) {
  const Url url = *parse_url("wss://example.com:8443/api/ws?token=x#y");
  EXPECT_EQ(url.origin(), "wss://example.com:8443");
  EXPECT_EQ(url.display(), "wss://example.com:8443/api/ws");
  EXPECT_EQ(url.effective_port(), 8443);
  EXPECT_TRUE(url.secure());
  EXPECT_EQ(parse_url("data:x")->origin(), "null");
}

TEST(Url, SaysThatCredentialsStoodInItAndKeepsNone) {
  EXPECT_TRUE(parse_url("https://user:pass@example.com/")->has_credentials);
  EXPECT_FALSE(parse_url("https://example.com/@")->has_credentials);
}

TEST(Url, RefusesWhatIsTooLong) { EXPECT_FALSE(parse_url("https://example.com/" + std::string(longest_url, 'x'))); }

}  // namespace
}  // namespace wsprobe::browser
