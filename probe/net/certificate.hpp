// Certificates: verifying them, and keeping their facts whether or not they verify.
#pragma once

#include <optional>
#include <string>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/error.hpp"
#include "core/evidence.hpp"
#include "net/connector.hpp"

namespace wsprobe::net {

/// What one handshake learns about the peer's chain. The SSL's app data points to it while the handshake runs, because
/// OpenSSL keeps no chain that it did not accept.
struct ChainCapture {
  Verify verify = Verify::full;
  TlsFacts* facts = nullptr;
  bool asked_for_certificate = false;  ///< the peer wants one of us
  int verify_error = X509_V_OK;
  std::string subject_in_error;  ///< of the certificate that the error is about
  std::optional<WallTime> not_before_in_error;
  std::optional<WallTime> not_after_in_error;
};

/// For SSL_CTX_set_cert_verify_callback: verifies as OpenSSL does, fills the capture, and lets Verify::none pass.
int verify_and_capture(X509_STORE_CTX* store, void* unused);

/// The error of a chain that did not verify, with dates, names and subjects in its detail.
[[nodiscard]] Error verify_error(const ChainCapture& capture, const std::string& wanted_name);

/// Judges the OCSP staple of a finished handshake and notes it in facts.ocsp. Errors: tls_revoked, tls_ocsp_invalid,
/// tls_ocsp_missing (only for a certificate that demands one, RFC 7633).
[[nodiscard]] Result<void> check_ocsp_staple(SSL* ssl, TlsFacts& facts);

}  // namespace wsprobe::net
