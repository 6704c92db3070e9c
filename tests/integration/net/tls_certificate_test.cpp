// A certificate that does not hold is refused by the name of what is wrong with it, and its facts are kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "opening.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Made once, kept for the server.
struct Chain {
  std::vector<Identity> identities;  ///< the leaf first
};

Chain chain_of(Identity leaf) {
  Chain chain;
  chain.identities.push_back(std::move(leaf));
  return chain;
}

Chain leaf_by_root(CertificateSpec spec) { return chain_of(make_identity(spec, &Pki::instance().root)); }

/// A leaf for host_name with one more extension.
Chain leaf_with(const std::string& extension, const std::string& value) {
  CertificateSpec spec = leaf_for("DNS:probe.test");
  spec.extensions.emplace_back(extension, value);
  return leaf_by_root(spec);
}

Chain leaf_valid(std::chrono::seconds from, std::chrono::seconds until) {
  CertificateSpec spec = leaf_for("DNS:probe.test");
  spec.valid_from = from;
  spec.valid_until = until;
  return leaf_by_root(spec);
}

Chain leaf_by(const CertificateSpec& issuer_spec) {
  Identity issuer = make_identity(issuer_spec, &Pki::instance().root);
  Chain chain = chain_of(make_identity(leaf_for("DNS:probe.test"), &issuer));
  chain.identities.push_back(std::move(issuer));
  return chain;
}

Chain expired_issuer() {
  CertificateSpec issuer = authority_named("Old Intermediate");
  issuer.valid_from = -30 * 24h;
  issuer.valid_until = -48h;
  return leaf_by(issuer);
}

Chain constrained_issuer() {
  CertificateSpec issuer = authority_named("Constrained");
  issuer.extensions.emplace_back("nameConstraints", "critical,permitted;DNS:elsewhere.test");
  return leaf_by(issuer);
}

Chain common_name_only() {
  CertificateSpec spec;
  spec.common_name = host_name;
  return leaf_by_root(spec);
}

Chain weak_key() {
  CertificateSpec spec = leaf_for("DNS:probe.test");
  spec.key = KeyKind::rsa1024;
  return leaf_by_root(spec);
}

Chain weak_digest() {
  CertificateSpec spec = leaf_for("DNS:probe.test");
  spec.digest = "SHA1";
  return leaf_by_root(spec);
}

Chain untrusted() {
  Identity root = make_identity(authority_named("Nobody's Root"), nullptr);
  Chain chain = chain_of(make_identity(leaf_for("DNS:probe.test"), &root));
  chain.identities.push_back(std::move(root));
  return chain;
}

Chain no_authority() {
  CertificateSpec issuer = leaf_for("DNS:probe.test");
  issuer.common_name = "No Authority";
  return leaf_by(issuer);
}

Chain incomplete() { return chain_of(make_identity(leaf_for("DNS:probe.test"), &Pki::instance().intermediate)); }

struct Row {
  const char* label;
  std::function<Chain()> make;
  std::string reason;
  std::string detail;  ///< a part of it
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.label; }

class BadCertificate : public testing::TestWithParam<Row> {};

TEST_P(BadCertificate, IsRefusedByNameAndItsFactsAreKept) {
  const Row& row = GetParam();
  const Chain chain = row.make();
  TlsServerSpec spec;
  spec.identity = &chain.identities.front();
  for (std::size_t at = 1; at < chain.identities.size(); ++at) spec.chain.push_back(&chain.identities[at]);
  const ScriptedServer server(tls_behaviour(spec));

  const Opened refused = open_tls(server);
  EXPECT_EQ(refused.reason(), row.reason) << refused.detail();
  EXPECT_THAT(refused.detail(), HasSubstr(row.detail));
  ASSERT_FALSE(refused.stream);
  EXPECT_EQ(refused.stream.error().phase, Phase::tls);
  ASSERT_TRUE(refused.evidence.tls);
  EXPECT_FALSE(refused.evidence.tls->verified);
  EXPECT_NE(refused.evidence.tls->verify_error, "");
  EXPECT_THAT(refused.evidence.tls->subject, HasSubstr("CN="));
  EXPECT_TRUE(refused.evidence.tls->not_after);
  EXPECT_EQ(refused.evidence.tls->chain_length, static_cast<int>(chain.identities.size()));

  net::TlsSettings insecure;
  insecure.ca_file = Pki::instance().root_file;
  insecure.verify = net::Verify::none;
  const Opened waived = open_tls(server, insecure);
  EXPECT_EQ(waived.reason(), "open") << waived.detail();
  ASSERT_TRUE(waived.evidence.tls);
  EXPECT_FALSE(waived.evidence.tls->verified);
  EXPECT_EQ(waived.evidence.tls->verify_error, refused.evidence.tls->verify_error);
}

INSTANTIATE_TEST_SUITE_P(
    Reasons, BadCertificate,
    testing::Values(
        Row{"expired", [] { return leaf_valid(-72h, -48h); }, "tls_expired", "2 days ago"},
        Row{"expired_issuer", expired_issuer, "tls_expired", "subject CN=Old Intermediate"},
        Row{"not_yet_valid", [] { return leaf_valid(72h, 96h); }, "tls_not_yet_valid", "in 3 days"},
        Row{"wrong_host", [] { return leaf_by_root(leaf_for("DNS:other.test,DNS:more.test")); }, "tls_wrong_host",
            "wanted probe.test; it is for other.test, more.test"},
        Row{"common_name_only", common_name_only, "tls_wrong_host", "no alternative names"},
        Row{"partial_wildcard", [] { return leaf_by_root(leaf_for("DNS:pro*.test")); }, "tls_wrong_host", "pro*.test"},
        Row{"wildcard_too_wide", [] { return leaf_by_root(leaf_for("DNS:*.probe.test")); }, "tls_wrong_host",
            "*.probe"},
        Row{"wildcard_of_everything", [] { return leaf_by_root(leaf_for("DNS:*")); }, "tls_wrong_host", "*"},
        Row{"self_signed", [] { return chain_of(make_identity(leaf_for("DNS:probe.test"), nullptr)); },
            "tls_self_signed", "CN=leaf"},
        Row{"untrusted", untrusted, "tls_untrusted", "Nobody's Root"},
        Row{"incomplete", incomplete, "tls_untrusted", "issuer CN=Test Intermediate"},
        Row{"issuer_is_no_authority", no_authority, "tls_not_a_ca", "CN=No Authority"},
        Row{"client_certificate_as_server", [] { return leaf_with("extendedKeyUsage", "clientAuth"); },
            "tls_wrong_purpose", "purpose"},
        Row{"name_constraint", constrained_issuer, "tls_name_constraint", "permitted"},
        Row{"unknown_critical_extension", [] { return leaf_with("1.2.3.4", "critical,DER:0500"); },
            "tls_bad_certificate", "critical extension"},
        Row{"weak_key", weak_key, "tls_weak_key", "key"}, Row{"weak_digest", weak_digest, "tls_weak_digest", "weak"}),
    [](const auto& row) { return row.param.label; });

TEST(GoodCertificate, IsVerifiedAndDescribed) {
  const ScriptedServer server(tls_behaviour(good_server()));
  const Opened opened = open_tls(server);
  EXPECT_EQ(opened.reason(), "open") << opened.detail();
  ASSERT_TRUE(opened.evidence.tls);
  const TlsFacts& facts = *opened.evidence.tls;
  EXPECT_TRUE(facts.verified);
  EXPECT_EQ(facts.verify_error, "");
  EXPECT_EQ(facts.version, "TLSv1.3");
  EXPECT_THAT(facts.cipher, HasSubstr("TLS_"));
  EXPECT_EQ(facts.alpn, "http/1.1");
  EXPECT_EQ(facts.server_name, host_name);
  EXPECT_EQ(facts.subject, "CN=leaf");
  EXPECT_EQ(facts.issuer, "CN=Test Intermediate");
  EXPECT_EQ(facts.names, (std::vector<std::string>{"probe.test", "127.0.0.1"}));
  EXPECT_EQ(facts.chain_length, 2);
  EXPECT_EQ(facts.fingerprint_sha256.size(), 64U);
  EXPECT_NE(facts.serial, "");
  EXPECT_EQ(facts.ocsp, "");
  ASSERT_TRUE(facts.not_before && facts.not_after && facts.earliest_not_after);
  EXPECT_LT(*facts.not_before, std::chrono::system_clock::now());
  EXPECT_GT(*facts.not_after, std::chrono::system_clock::now());
}

TEST(GoodCertificate, TheChainsEarliestEndIsKept) {
  CertificateSpec short_lived = authority_named("Short-lived");
  short_lived.valid_until = 600s;
  const Chain chain = leaf_by(short_lived);
  TlsServerSpec spec;
  spec.identity = &chain.identities[0];
  spec.chain = {&chain.identities[1]};
  const ScriptedServer server(tls_behaviour(spec));
  const Opened opened = open_tls(server);
  ASSERT_EQ(opened.reason(), "open") << opened.detail();
  EXPECT_LT(*opened.evidence.tls->earliest_not_after, *opened.evidence.tls->not_after);
}

// What RFC 5280 has for "no end" lies beyond the nanoseconds of a 64-bit clock.
TEST(GoodCertificate, OneThatNeverEndsIsValidForAsLongAsTheClockCanTell) {
  constexpr auto year = std::chrono::seconds(31'556'952);
  CertificateSpec endless = leaf_for("DNS:probe.test");
  endless.valid_until = 7900 * year;
  const Chain chain = leaf_by_root(endless);
  TlsServerSpec spec;
  spec.identity = &chain.identities[0];
  const ScriptedServer server(tls_behaviour(spec));
  const Opened opened = open_tls(server);
  ASSERT_EQ(opened.reason(), "open") << opened.detail();
  EXPECT_GT(*opened.evidence.tls->not_after, std::chrono::system_clock::now() + 200 * year);
}

TEST(GoodCertificate, AWholeLabelWildcardFits) {
  const Chain chain = leaf_by_root(leaf_for("DNS:*.example.test"));
  TlsServerSpec spec;
  spec.identity = &chain.identities[0];
  const ScriptedServer server(tls_behaviour(spec));
  net::TlsSettings tls;
  tls.ca_file = Pki::instance().root_file;
  const auto reason_for = [&](const std::string& name) {
    tls.server_name = name;
    return open_tls(server, tls).reason();
  };
  EXPECT_EQ(reason_for("api.example.test"), "open");
  EXPECT_EQ(reason_for("api.example.test."), "open");
  EXPECT_EQ(reason_for("a.b.example.test"), "tls_wrong_host");
  EXPECT_EQ(reason_for("example.test"), "tls_wrong_host");
}

TEST(GoodCertificate, AnAddressNeedsAnAddressName) {
  const Chain by_address = leaf_by_root(leaf_for("IP:127.0.0.1"));
  const Chain by_name = leaf_by_root(leaf_for("DNS:127.0.0.1"));
  const auto reason_of = [](const Chain& chain) {
    bool named = false;
    TlsServerSpec spec;
    spec.identity = &chain.identities[0];
    spec.converse = [&named](SSL* ssl) { named = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != nullptr; };
    std::string reason;
    {
      const ScriptedServer server(tls_behaviour(spec));
      net::ConnectSettings settings;
      settings.tls.ca_file = Pki::instance().root_file;
      reason = open_once(settings, {net::Security::tls, "127.0.0.1", server.port()}).reason();
    }
    EXPECT_FALSE(named) << "SNI is for names only (RFC 6066 section 3)";
    return reason;
  };
  EXPECT_EQ(reason_of(by_address), "open");
  EXPECT_EQ(reason_of(by_name), "tls_wrong_host");
}

}  // namespace
}  // namespace wsprobe::test
