// Stapled OCSP responses.
#include <gtest/gtest.h>

#include "opening.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;

std::string staple(const Identity& subject, const Identity& signer, StapleStatus status,
                   std::chrono::seconds until = 3000s) {
  return make_staple(subject, Pki::instance().intermediate, signer, status, until);
}

std::string genuine(StapleStatus status, std::chrono::seconds until = 3000s) {
  return staple(Pki::instance().leaf, Pki::instance().intermediate, status, until);
}

struct Row {
  const char* label;
  std::function<std::string()> make;
  std::string reason;
  std::string ocsp;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.label; }

std::string signed_by_nobody() {
  return staple(Pki::instance().leaf, make_identity(authority_named("Test Intermediate"), nullptr), StapleStatus::good);
}

std::string signed_by_the_leaf_itself() {
  return staple(Pki::instance().leaf, Pki::instance().leaf, StapleStatus::revoked);
}

std::string about_another() {
  const Identity other = make_identity(leaf_for("DNS:other.test"), &Pki::instance().intermediate);
  return staple(other, Pki::instance().intermediate, StapleStatus::good);
}

class Staple : public testing::TestWithParam<Row> {};

TEST_P(Staple, IsJudged) {
  TlsServerSpec spec = good_server();
  spec.staple = GetParam().make();
  const ScriptedServer server(tls_behaviour(spec));
  const Opened opened = open_tls(server);
  EXPECT_EQ(opened.reason(), GetParam().reason) << opened.detail();
  ASSERT_TRUE(opened.evidence.tls);
  EXPECT_EQ(opened.evidence.tls->ocsp, GetParam().ocsp);
  EXPECT_EQ(opened.evidence.tls->verified, opened.reason() == "open");

  const Opened waived = open_tls(server, {.verify = net::Verify::none, .ca_file = Pki::instance().root_file});
  EXPECT_EQ(waived.reason(), "open") << waived.detail();
  EXPECT_EQ(waived.evidence.tls->ocsp, GetParam().ocsp);
}

INSTANTIATE_TEST_SUITE_P(
    Statuses, Staple,
    testing::Values(Row{"good", [] { return genuine(StapleStatus::good); }, "open", "good"},
                    Row{"unknown", [] { return genuine(StapleStatus::unknown); }, "open", "unknown"},
                    Row{"revoked", [] { return genuine(StapleStatus::revoked); }, "tls_revoked", "revoked"},
                    Row{"stale", [] { return genuine(StapleStatus::good, -1000s); }, "tls_ocsp_invalid", "stale"},
                    Row{"signed_by_nobody", signed_by_nobody, "tls_ocsp_invalid", "unverified"},
                    Row{"signed_by_the_leaf_itself", signed_by_the_leaf_itself, "tls_ocsp_invalid", "unverified"},
                    Row{"about_another", about_another, "tls_ocsp_invalid", "unverified"},
                    Row{"garbage", [] { return std::string("garbage"); }, "tls_ocsp_invalid", "unverified"}),
    [](const auto& row) { return row.param.label; });

TEST(MustStaple, WithoutAStapleIsRefused) {
  CertificateSpec demanding = leaf_for("DNS:probe.test");
  demanding.extensions.emplace_back("tlsfeature", "status_request");
  const Identity leaf = make_identity(demanding, &Pki::instance().intermediate);
  TlsServerSpec spec = good_server();
  spec.identity = &leaf;
  {
    const ScriptedServer server(tls_behaviour(spec));
    const Opened opened = open_tls(server);
    EXPECT_EQ(opened.reason(), "tls_ocsp_missing");
    EXPECT_EQ(opened.evidence.tls->ocsp, "missing");
  }
  spec.staple = staple(leaf, Pki::instance().intermediate, StapleStatus::good);
  const ScriptedServer server(tls_behaviour(spec));
  EXPECT_EQ(open_tls(server).reason(), "open");
}

}  // namespace
}  // namespace wsprobe::test
