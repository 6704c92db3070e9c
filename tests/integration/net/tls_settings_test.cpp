// What can be set: authorities, client certificates, the name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "opening.hpp"

namespace wsprobe::test {
namespace {

using testing::HasSubstr;

/// Demands a client certificate of Pki's root; the conversation is what an exchange would have.
TlsServerSpec demanding_server(int version) {
  TlsServerSpec spec = good_server();
  spec.configure = [version](SSL_CTX* context) {
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_load_verify_file(context, Pki::instance().root_file.c_str());
  };
  spec.converse = [](SSL* ssl) { SSL_write(ssl, "hello", 5); };
  return spec;
}

/// Opens, writes and reads once, as an exchange does: under TLS 1.3 a server refuses a client's certificate only then.
Result<std::string> greeting(const ScriptedServer& server, const net::TlsSettings& tls) {
  asio::io_context context;
  net::ConnectSettings settings = settings_for(server.port());
  settings.tls = tls;
  net::Connector connector(context, settings);
  Evidence evidence;
  const Deadline deadline = SteadyClock::now() + ample;
  const auto conversation = [&]() -> net::awaitable<Result<std::string>> {
    const net::Authority authority{net::Security::tls, host_name, server.port()};
    auto stream = co_await connector.open(authority, deadline, evidence);
    if (!stream) co_return tl::unexpected(stream.error());
    const std::string request = "request";
    const auto written = co_await (*stream)->write(std::as_bytes(std::span(request)), Phase::request, deadline);
    if (!written) co_return tl::unexpected(written.error());
    std::array<std::byte, 64> buffer{};
    const auto received = co_await (*stream)->read_some(buffer, Phase::first_byte, deadline);
    if (!received) co_return tl::unexpected(received.error());
    co_return std::string(reinterpret_cast<const char*>(buffer.data()), *received);
  };
  return run_task(context, conversation());
}

class ClientCertificate : public testing::TestWithParam<int> {
 protected:
  net::TlsSettings with_certificate(const Identity& identity) {
    net::TlsSettings tls;
    tls.ca_file = Pki::instance().root_file;
    tls.certificate_file = files_.write("client.pem", identity.certificate.get());
    tls.key_file = files_.write("client.key", identity.key.get());
    return tls;
  }

  PemFiles files_;
};

TEST_P(ClientCertificate, IsPresented) {
  const ScriptedServer server(tls_behaviour(demanding_server(GetParam())));
  const Identity client = make_identity({}, &Pki::instance().root);
  const auto heard = greeting(server, with_certificate(client));
  ASSERT_TRUE(heard) << describe(heard.error());
  EXPECT_EQ(*heard, "hello");
}

TEST_P(ClientCertificate, MissingIsTold) {
  const ScriptedServer server(tls_behaviour(demanding_server(GetParam())));
  const auto heard = greeting(server, {.ca_file = Pki::instance().root_file});
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().reason, Reason::tls_client_certificate) << describe(heard.error());
  EXPECT_EQ(heard.error().phase, Phase::tls);
}

TEST_P(ClientCertificate, RefusedIsTold) {
  const ScriptedServer server(tls_behaviour(demanding_server(GetParam())));
  const Identity stranger = make_identity({}, nullptr);
  const auto heard = greeting(server, with_certificate(stranger));
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().reason, Reason::tls_client_certificate) << describe(heard.error());
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientCertificate, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) { return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13"; });

class BadFile : public testing::Test {
 protected:
  /// The error of opening with these settings; nothing listens, so it must come before anything is connected.
  Opened open_with(const net::TlsSettings& tls) {
    const DeadPort dead;
    net::ConnectSettings settings = settings_for(dead.port());
    settings.tls = tls;
    return open_once(settings, {net::Security::tls, host_name, dead.port()});
  }

  void expect_refused(const net::TlsSettings& tls, const std::string& part) {
    const Opened opened = open_with(tls);
    EXPECT_EQ(opened.reason(), "bad_configuration");
    EXPECT_THAT(opened.detail(), HasSubstr(part));
    EXPECT_TRUE(opened.evidence.attempts.empty());
  }

  PemFiles files_;
  Identity identity_ = make_identity({}, nullptr);
};

TEST_F(BadFile, MissingAuthority) { expect_refused({.ca_file = files_.path("none.pem")}, "none.pem: No such file"); }

TEST_F(BadFile, AuthorityWithoutCertificates) {
  expect_refused({.ca_file = files_.write("empty.pem", std::string("nothing\n"))}, "empty.pem: no certificate");
}

TEST_F(BadFile, MissingCertificate) {
  expect_refused({.certificate_file = files_.path("none.pem")}, "none.pem: No such file");
}

TEST_F(BadFile, MissingKey) {
  const std::string certificate = files_.write("client.pem", identity_.certificate.get());
  expect_refused({.certificate_file = certificate, .key_file = files_.path("none.key")}, "none.key: No such file");
  expect_refused({.certificate_file = certificate}, "client.pem");
}

TEST_F(BadFile, KeyOfAnotherCertificate) {
  const Identity other = make_identity({}, nullptr);
  expect_refused({.certificate_file = files_.write("client.pem", identity_.certificate.get()),
                  .key_file = files_.write("other.key", other.key.get())},
                 "other.key");
}

TEST(CaFile, AnIntermediateIsEnough) {
  const PemFiles files;
  const ScriptedServer server(tls_behaviour(good_server()));
  const std::string file = files.write("intermediate.pem", Pki::instance().intermediate.certificate.get());
  EXPECT_EQ(open_tls(server, {.ca_file = file}).reason(), "open");
}

TEST(CaFile, WithoutItTheSystemDecides) {
  const ScriptedServer server(tls_behaviour(good_server()));
  EXPECT_EQ(open_tls(server, {}).reason(), "tls_untrusted");
}

TEST(ServerName, IsSentAndVerifiedInPlaceOfTheHost) {
  std::string sent;
  {
    TlsServerSpec spec = good_server();
    spec.converse = [&sent](SSL* ssl) { sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name); };
    const ScriptedServer server(tls_behaviour(spec));
    net::ConnectSettings settings;
    settings.tls.ca_file = Pki::instance().root_file;
    settings.tls.server_name = host_name;
    EXPECT_EQ(open_once(settings, {net::Security::tls, "127.0.0.1", server.port()}).reason(), "open");
  }
  EXPECT_EQ(sent, host_name);
}

TEST(ServerName, ConnectToKeepsTheName) {
  const ScriptedServer server(tls_behaviour(good_server()));
  net::ConnectSettings settings;
  settings.tls.ca_file = Pki::instance().root_file;
  settings.connect_to = {{host_name, 443, "127.0.0.1", server.port()}};
  const Opened opened = open_once(settings, {net::Security::tls, host_name, 443});
  EXPECT_EQ(opened.reason(), "open") << opened.detail();
  EXPECT_EQ(opened.evidence.tls->server_name, host_name);
}

}  // namespace
}  // namespace wsprobe::test
