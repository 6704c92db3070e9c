#include "net/tls_errors.hpp"

#include <cstring>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/text.hpp"

namespace wsprobe::net {
namespace {

/// OpenSSL numbers the reason of a received alert 1000 + the alert (RFC 8446 section 6).
constexpr int alert_base = 1000;

Reason reason_of_alert(int alert, ClientCertificate client_certificate) {
  switch (alert) {
    case SSL_AD_UNRECOGNIZED_NAME: return Reason::tls_unrecognized_name;
    case SSL_AD_PROTOCOL_VERSION: return Reason::tls_protocol_version;
    case SSL_AD_INSUFFICIENT_SECURITY: return Reason::tls_no_shared_cipher;
    case TLS13_AD_CERTIFICATE_REQUIRED: return Reason::tls_client_certificate;
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
      // About our certificate; a server that complains of one we never sent wants one.
      return Reason::tls_client_certificate;
    case SSL_AD_HANDSHAKE_FAILURE:
      // Until TLS 1.2 also the answer to a client that has no certificate.
      return client_certificate == ClientCertificate::not_asked_for ? Reason::tls_handshake_alert
                                                                    : Reason::tls_client_certificate;
    default: return Reason::tls_handshake_alert;
  }
}

Reason reason_of_code(int code) {
  switch (code) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH: return Reason::tls_protocol_version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_WRONG_CIPHER_RETURNED:
    case SSL_R_UNKNOWN_CIPHER_RETURNED: return Reason::tls_no_shared_cipher;
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL: return Reason::tls_weak_key;
    case SSL_R_CA_MD_TOO_WEAK: return Reason::tls_weak_digest;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return Reason::tls_closed_in_handshake;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST: return Reason::tls_not_tls;
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_ENCRYPTED_LENGTH_TOO_LONG:
    case SSL_R_DATA_LENGTH_TOO_LONG:
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_LENGTH_MISMATCH:
    case SSL_R_LENGTH_TOO_SHORT:
    case SSL_R_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_UNEXPECTED_RECORD:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_EXCESSIVE_MESSAGE_SIZE: return Reason::tls_bad_record;
    default: return Reason::tls_error;
  }
}

}  // namespace

Error take_tls_error(Phase phase, ClientCertificate client_certificate) {
  const unsigned long packed = ERR_peek_error();
  ERR_clear_error();
  if (packed == 0) return make_error(phase, Reason::tls_error, "no reason given");
  const int code = ERR_GET_REASON(packed);
  const bool alert = ERR_GET_LIB(packed) == ERR_LIB_SSL && code >= alert_base;
  const char* words = ERR_reason_error_string(packed);
  std::string detail = words != nullptr ? words : fmt::format("OpenSSL error {:x}", packed);
  if (alert) {
    detail = fmt::format("alert {} ({})", SSL_alert_desc_string_long(code - alert_base), code - alert_base);
    // An alert about our certificate may come only with the first read (TLS 1.3); it is of the handshake all the same.
    return make_error(Phase::tls, reason_of_alert(code - alert_base, client_certificate), std::move(detail));
  }
  return make_error(phase, ERR_GET_LIB(packed) == ERR_LIB_SSL ? reason_of_code(code) : Reason::tls_error,
                    std::move(detail));
}

Error take_configuration_error(const std::string& what) {
  // The first error is the cause; of a system call OpenSSL gives the errno.
  const unsigned long packed = ERR_peek_error();
  const char* why = ERR_SYSTEM_ERROR(packed) ? std::strerror(ERR_GET_REASON(packed)) : ERR_reason_error_string(packed);
  std::string detail = fmt::format("{}: {}", what, why != nullptr ? why : "cannot be used");
  ERR_clear_error();
  return make_error(Phase::tls, Reason::bad_configuration, std::move(detail));
}

bool looks_like_tls(std::string_view first_bytes) {
  const auto type = static_cast<unsigned char>(first_bytes.empty() ? 0x16 : first_bytes[0]);
  const auto major = static_cast<unsigned char>(first_bytes.size() < 2 ? 3 : first_bytes[1]);
  return type >= 0x14 && type <= 0x18 && major == 3;
}

Error not_tls_error(std::string_view first_bytes) {
  const std::string excerpt = "it begins with \"" + escape_for_display(shorten(first_bytes, 60)) + "\"";
  const bool http = first_bytes.substr(0, 5) == "HTTP/";
  return make_error(Phase::tls, http ? Reason::tls_plain_http : Reason::tls_not_tls, excerpt);
}

}  // namespace wsprobe::net
