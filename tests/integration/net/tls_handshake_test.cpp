// Peers that do not, or cannot, finish a TLS handshake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <openssl/tls1.h>

#include "opening.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Row {
  const char* label;
  ScriptedServer::Behaviour behaviour;
  std::string reason;
  std::string detail = {};  ///< a part of it
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.label; }

ScriptedServer::Behaviour says(std::string bytes) {
  return [bytes = std::move(bytes)](int socket) {
    receive_some(socket);
    send_all(socket, bytes);
    drain(socket);
  };
}

/// Speaks before it is spoken to.
ScriptedServer::Behaviour greets(std::string bytes) {
  return [bytes = std::move(bytes)](int socket) {
    send_all(socket, bytes);
    drain(socket);
  };
}

void closes(int socket) { receive_some(socket); }

void resets(int socket) {
  receive_some(socket);
  reset_on_close(socket);
}

void closes_inside_a_record(int socket) {
  receive_some(socket);
  send_all(socket, std::string("\x16\x03\x03\x00\x40\x02\x00", 7));
}

/// Halves a good server's first flight.
void closes_inside_a_flight(int socket) {
  receive_some(socket);
  // A ServerHello's header that promises more than comes.
  send_all(socket, std::string("\x16\x03\x03\x00\x04\x02\x00\x00\x76", 9));
}

ScriptedServer::Behaviour with(std::function<void(SSL_CTX*)> configure) {
  TlsServerSpec spec = good_server();
  spec.configure = std::move(configure);
  return tls_behaviour(std::move(spec));
}

std::string alert(int description) { return {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, static_cast<char>(description)}; }

void old_versions(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
}

void anonymous_ciphers(SSL_CTX* context) {
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "aNULL:eNULL:@SECLEVEL=0");
}

void other_names_only(SSL_CTX* context) {
  SSL_CTX_set_tlsext_servername_callback(
      context, +[](SSL*, int* alert_number, void*) {
        *alert_number = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
      });
}

void client_certificate_demanded(SSL_CTX* context) {
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

class BadPeer : public testing::TestWithParam<Row> {};

TEST_P(BadPeer, HasItsOwnReason) {
  const ScriptedServer server(GetParam().behaviour);
  const Opened opened = open_tls(server);
  EXPECT_EQ(opened.reason(), GetParam().reason) << opened.detail();
  EXPECT_THAT(opened.detail(), HasSubstr(GetParam().detail));
  ASSERT_FALSE(opened.stream);
  EXPECT_EQ(opened.stream.error().phase, Phase::tls);
  EXPECT_LT(opened.took, 2s);
}

INSTANTIATE_TEST_SUITE_P(
    Handshakes, BadPeer,
    testing::Values(
        Row{"plain_http", says("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"), "tls_plain_http",
            R"("HTTP/1.1 400 Bad Request\r\nServer)"},
        Row{"plain_http_before_we_speak", greets("HTTP/1.0 408 Timeout\r\n\r\n"), "tls_plain_http", "HTTP/1.0 408"},
        Row{"ssh", greets("SSH-2.0-OpenSSH_9.2\r\n"), "tls_not_tls", "SSH-2.0-OpenSSH_9.2"},
        Row{"escapes", says("\x1b[31mred\x1b[0m....."), "tls_not_tls", "\\x1b[31mred"},
        Row{"zeros", says(std::string(64, '\0')), "tls_not_tls", "\\x00"},
        Row{"closes", closes, "tls_closed_in_handshake"}, Row{"resets", resets, "tls_reset_in_handshake"},
        Row{"closes_inside_a_record", closes_inside_a_record, "tls_closed_in_handshake"},
        Row{"closes_inside_a_flight", closes_inside_a_flight, "tls_closed_in_handshake"},
        Row{"oversized_record", says(std::string("\x16\x03\x03\xff\xff", 5) + std::string(70000, 'x')),
            "tls_bad_record"},
        Row{"application_data_first", says(std::string("\x17\x03\x03\x00\x01x", 6)), "tls_bad_record"},
        Row{"garbage_in_a_record", says(std::string("\x16\x03\x03\x00\x08\x02\x00\x00\x04zzzz", 13)), "tls_bad_record"},
        Row{"alert_internal_error", says(alert(80)), "tls_handshake_alert", "internal error (80)"},
        Row{"alert_handshake_failure", says(alert(40)), "tls_handshake_alert", "handshake failure (40)"},
        Row{"alert_protocol_version", says(alert(70)), "tls_protocol_version", "protocol version (70)"},
        Row{"alert_access_denied", says(alert(49)), "tls_handshake_alert", "access denied (49)"},
        Row{"old_versions", with(old_versions), "tls_protocol_version"},
        Row{"anonymous_ciphers", with(anonymous_ciphers), "tls_handshake_alert", "handshake failure (40)"},
        Row{"unrecognized_name", with(other_names_only), "tls_unrecognized_name", "112"},
        Row{"client_certificate", with(client_certificate_demanded), "tls_client_certificate"}),
    [](const auto& row) { return row.param.label; });

TEST(Handshake, SilenceEndsAtTheDeadline) {
  const ScriptedServer server(drain);
  const Opened opened = open_tls(server, {}, 300ms);
  EXPECT_EQ(opened.reason(), "timeout_tls");
  EXPECT_LT(opened.took, 400ms);
}

TEST(Handshake, ATrickleEndsAtTheDeadline) {
  const ScriptedServer server([](int socket) {
    receive_some(socket);
    send_all(socket, std::string("\x16\x03\x03\x40\x00", 5));
    for (char byte = 2; !receive_some(socket).empty() || byte == 2; byte = 0) send_all(socket, {&byte, 1});
  });
  const Opened opened = open_tls(server, {}, 300ms);
  EXPECT_EQ(opened.reason(), "timeout_tls");
  EXPECT_LT(opened.took, 400ms);
}

TEST(Handshake, AFloodOfEmptyRecordsEnds) {
  const ScriptedServer server([](int socket) {
    receive_some(socket);
    std::string flood;
    for (int at = 0; at < 1000; ++at) flood += std::string("\x16\x03\x03\x00\x00", 5);
    for (int at = 0; at < 200; ++at) send_all(socket, flood);
    drain(socket);
  });
  const Opened opened = open_tls(server, {}, 500ms);
  EXPECT_NE(opened.reason(), "open");
  EXPECT_LT(opened.took, 600ms);
}

TEST(Handshake, AFloodOfWarningsEnds) {
  const ScriptedServer server([](int socket) {
    receive_some(socket);
    std::string flood;
    for (int at = 0; at < 1000; ++at) flood += std::string("\x15\x03\x03\x00\x02\x01\x5a", 7);
    for (int at = 0; at < 200; ++at) send_all(socket, flood);
    drain(socket);
  });
  const Opened opened = open_tls(server, {}, 500ms);
  EXPECT_NE(opened.reason(), "open");
  EXPECT_LT(opened.took, 600ms);
}

TEST(Handshake, AnEndlessChainEnds) {
  TlsServerSpec spec = good_server();
  for (int at = 0; at < 1000; ++at) spec.chain.push_back(&Pki::instance().intermediate);
  const ScriptedServer server(tls_behaviour(spec));
  const Opened opened = open_tls(server);
  EXPECT_EQ(opened.reason(), "tls_bad_record") << opened.detail();
  EXPECT_THAT(opened.detail(), HasSubstr("excessive message size"));
}

TEST(Handshake, PlainHttpIsToldFromNotTlsHoweverFastTheAnswerIs) {
  // The answer is there before the first read: nothing is ever waited for.
  const ScriptedServer server(greets("HTTP/1.1 400 Bad Request\r\n\r\n"));
  for (int at = 0; at < 50; ++at) EXPECT_EQ(open_tls(server).reason(), "tls_plain_http");
}

}  // namespace
}  // namespace wsprobe::test
