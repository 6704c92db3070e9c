#include "net/tls_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client.hpp"
#include "support/certificates.hpp"

namespace wsprobe::test {
namespace {

using testing::HasSubstr;

/// A server certificate for 127.0.0.1, and a client's with the name "prometheus".
class TlsServerTest : public ServerTest {
 protected:
  TlsServerTest()
      : authority(make_identity(authority_named("root"), nullptr)),
        leaf(make_identity(leaf_for("IP:127.0.0.1"), &authority)),
        client(make_identity(client_spec(), &authority)) {
    settings.certificate_file = files.write("server.crt", leaf.certificate.get());
    settings.key_file = files.write("server.key", leaf.key.get());
    files.write("ca.crt", authority.certificate.get());
    files.write("client.crt", client.certificate.get());
    files.write("client.key", client.key.get());
  }

  static CertificateSpec client_spec() {
    CertificateSpec spec = leaf_for("DNS:prometheus");
    spec.common_name = "client";
    return spec;
  }

  void start_tls() {
    auto tls = net::TlsServer::make(settings);
    ASSERT_TRUE(tls) << tls.error().detail;
    start({}, hello);
    server->use_tls([tls = *tls] { return tls; });
  }

  enum class Client { anonymous, known };

  /// What comes back, or the reason of the failure.
  std::string ask_over_tls(Client who) {
    net::ConnectSettings connect;
    connect.tls.ca_file = files.path("ca.crt");
    if (who == Client::known) {
      connect.tls.certificate_file = files.path("client.crt");
      connect.tls.key_file = files.path("client.key");
    }
    net::Connector secure(context, connect);
    Evidence seen;
    const auto talk = [&]() -> net::awaitable<std::string> {
      const net::Authority place{net::Security::tls, "127.0.0.1", port};
      auto stream = co_await secure.open(place, SteadyClock::now() + ample, seen);
      if (!stream) co_return std::string(name(stream.error().reason));
      co_await send(**stream, "GET /tls HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      co_return co_await receive(**stream);
    };
    return run_task(context, talk());
  }

  PemFiles files;
  Identity authority;
  Identity leaf;
  Identity client;
  net::TlsServerSettings settings;
};

TEST_F(TlsServerTest, Answers) {
  start_tls();
  EXPECT_THAT(ask_over_tls(Client::anonymous), HasSubstr("hello from /tls"));
}

TEST_F(TlsServerTest, LetsInWhoHasACertificate) {
  settings.client_authentication = net::ClientAuthentication::require_and_verify_client_cert;
  settings.client_ca_file = files.path("ca.crt");
  settings.client_allowed_names = {"prometheus"};
  start_tls();
  EXPECT_THAT(ask_over_tls(Client::known), HasSubstr("hello from /tls"));
  EXPECT_THAT(ask_over_tls(Client::anonymous), testing::Not(HasSubstr("hello")));
}

TEST_F(TlsServerTest, KeepsOutWhoHasTheWrongName) {
  settings.client_authentication = net::ClientAuthentication::require_and_verify_client_cert;
  settings.client_ca_file = files.path("ca.crt");
  settings.client_allowed_names = {"somebody-else"};
  start_tls();
  EXPECT_THAT(ask_over_tls(Client::known), testing::Not(HasSubstr("hello")));
}

TEST_F(TlsServerTest, TakesACertificateThatIsGivenUnasked) {
  settings.client_authentication = net::ClientAuthentication::verify_client_cert_if_given;
  settings.client_ca_file = files.path("ca.crt");
  start_tls();
  EXPECT_THAT(ask_over_tls(Client::anonymous), HasSubstr("hello from /tls"));
  EXPECT_THAT(ask_over_tls(Client::known), HasSubstr("hello from /tls"));
}

TEST_F(TlsServerTest, DoesNotSpeakPlainHttp) {
  start_tls();
  const std::string answer = run_task(context, ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("hello")));
}

TEST_F(TlsServerTest, NamesTheFileThatCannotBeUsed) {
  settings.key_file = files.path("client.key");
  EXPECT_THAT(net::TlsServer::make(settings).error().detail, HasSubstr("client.key"));
  settings.certificate_file = files.path("nothing.crt");
  EXPECT_THAT(net::TlsServer::make(settings).error().detail, HasSubstr("nothing.crt"));
}

TEST_F(TlsServerTest, KnowsSuitesByTheirStandardNames) {
  settings.highest = net::TlsVersion::tls_1_2;
  settings.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};
  start_tls();
  EXPECT_THAT(ask_over_tls(Client::anonymous), HasSubstr("hello from /tls"));
  settings.cipher_suites = {"TLS_NULL"};
  EXPECT_THAT(net::TlsServer::make(settings).error().detail, HasSubstr("TLS_NULL"));
}

}  // namespace
}  // namespace wsprobe::test
