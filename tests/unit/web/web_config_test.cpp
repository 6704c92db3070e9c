#include "web/web_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::web {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* hash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

/// What is wrong, as it is shown; empty where nothing is.
std::string problems_of(std::string_view yaml) {
  const auto config = read_web_config(yaml, "web.yml", "conf/");
  std::string text;
  if (!config) {
    for (const scenario::Diagnostic& diagnostic : config.error()) text += diagnostic.render() + "\n";
  }
  return text;
}

TEST(WebConfig, ReadsTheFormatOfOtherExporters) {
  const auto config = read_web_config(std::string(R"(
tls_server_config:
  cert_file: server.crt
  key_file: /etc/ssl/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [prometheus]
  min_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: true
  curve_preferences: [CurveP256, X25519]
http_server_config:
  http2: false
  headers:
    X-Frame-Options: SAMEORIGIN
    Strict-Transport-Security: max-age=31536000
basic_auth_users:
  alice: )") + hash + "\n",
                                      "web.yml", "conf/");
  ASSERT_TRUE(config) << config.error().front().render();
  ASSERT_TRUE(config->tls);
  EXPECT_EQ(config->tls->certificate_file, "conf/server.crt");
  EXPECT_EQ(config->tls->key_file, "/etc/ssl/server.key");
  EXPECT_EQ(config->tls->client_ca_file, "conf/ca.crt");
  EXPECT_EQ(config->tls->client_authentication, net::ClientAuthentication::require_and_verify_client_cert);
  EXPECT_EQ(config->tls->lowest, net::TlsVersion::tls_1_3);
  EXPECT_THAT(config->tls->curves, testing::ElementsAre("P-256", "X25519"));
  EXPECT_EQ(config->users.at("alice"), hash);
  ASSERT_EQ(config->fields.size(), 2U);
  EXPECT_EQ(config->fields[0].value, "SAMEORIGIN");
}

TEST(WebConfig, MayBeEmpty) {
  for (const char* text : {"", "\n", "# nothing\n"}) EXPECT_EQ(problems_of(text), "") << text;
}

TEST(WebConfig, ShowsThePlaceOfAMistake) {
  const std::string shown = problems_of("tls_server_config:\n  cert_file: a\n  key_flie: b\n");
  EXPECT_THAT(shown, HasSubstr("web.yml:3:3: error: the tls_server_config has no key `key_flie`"));
  EXPECT_THAT(shown, HasSubstr("did you mean `key_file`?"));
  EXPECT_THAT(shown, HasSubstr("    key_flie: b\n      ^"));
}

TEST(WebConfig, RefusesWhatWouldNotProtect) {
  EXPECT_THAT(problems_of("tls_server_config: {cert_file: a, key_file: b, min_version: TLS10}"),
              HasSubstr("TLS10 is not spoken any more"));
  EXPECT_THAT(problems_of("tls_server_config: {cert_file: a, key_file: b, client_auth_type: Require}"),
              HasSubstr("one of `NoClientCert`"));
  EXPECT_THAT(problems_of("tls_server_config: {cert_file: a, key_file: b, client_auth_type: VerifyClientCertIfGiven}"),
              HasSubstr("add `client_ca_file`"));
  EXPECT_THAT(problems_of("tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}"),
              HasSubstr("`client_ca_file` has no effect"));
  EXPECT_THAT(problems_of("tls_server_config: {cert_file: a}"), HasSubstr("has no `key_file`"));
  EXPECT_THAT(problems_of("tls_server_config: {cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12}"),
              HasSubstr("lower than"));
}

TEST(WebConfig, NeverShowsAPassword) {
  const std::string shown = problems_of("basic_auth_users:\n  alice: hunter2-in-clear\n");
  EXPECT_THAT(shown, HasSubstr("web.yml:2:10: error: the password of `alice` is not a bcrypt hash"));
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace wsprobe::web
