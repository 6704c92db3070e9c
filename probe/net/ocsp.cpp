// Stapled OCSP responses (RFC 6066 section 8, RFC 6960). The responder is never asked: a probe that leaks to third
// parties which hosts it looks at, and waits for them, is no probe.
#include <memory>

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "net/certificate.hpp"

namespace wsprobe::net {
namespace {

constexpr long clock_skew_seconds = 300;
constexpr long tls_feature_status_request = 5;  // RFC 7633

struct FreeResponse {
  void operator()(OCSP_RESPONSE* response) const { OCSP_RESPONSE_free(response); }
  void operator()(OCSP_BASICRESP* basic) const { OCSP_BASICRESP_free(basic); }
  void operator()(OCSP_CERTID* id) const { OCSP_CERTID_free(id); }
  void operator()(TLS_FEATURE* features) const { TLS_FEATURE_free(features); }
};

bool demands_staple(const X509* certificate) {
  const std::unique_ptr<TLS_FEATURE, FreeResponse> features(
      static_cast<TLS_FEATURE*>(X509_get_ext_d2i(certificate, NID_tlsfeature, nullptr, nullptr)));
  for (int at = 0; features && at < sk_ASN1_INTEGER_num(features.get()); ++at) {
    if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), at)) == tls_feature_status_request) return true;
  }
  return false;
}

tl::unexpected<Error> refuse(Reason reason, const char* detail) {
  return tl::unexpected(make_error(Phase::tls, reason, detail));
}

}  // namespace

Result<void> check_ocsp_staple(SSL* ssl, TlsFacts& facts) {
  const X509* leaf = SSL_get0_peer_certificate(ssl);
  const unsigned char* bytes = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
  if (bytes == nullptr || size <= 0) {
    if (leaf == nullptr || !demands_staple(leaf)) return {};
    facts.ocsp = "missing";
    return refuse(Reason::tls_ocsp_missing, "the certificate has the must-staple extension");
  }
  facts.ocsp = "unverified";
  const std::unique_ptr<OCSP_RESPONSE, FreeResponse> response(d2i_OCSP_RESPONSE(nullptr, &bytes, size));
  if (!response || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return refuse(Reason::tls_ocsp_invalid, "the staple is not a successful OCSP response");
  }
  const std::unique_ptr<OCSP_BASICRESP, FreeResponse> basic(OCSP_response_get1_basic(response.get()));
  STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
  X509_STORE* store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
  if (!basic || chain == nullptr || sk_X509_num(chain) < 2 || OCSP_basic_verify(basic.get(), chain, store, 0) != 1) {
    return refuse(Reason::tls_ocsp_invalid, "the staple's signature does not verify");
  }
  const std::unique_ptr<OCSP_CERTID, FreeResponse> id(OCSP_cert_to_id(nullptr, leaf, sk_X509_value(chain, 1)));
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  int reason = 0;
  ASN1_GENERALIZEDTIME* revoked = nullptr;
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASN1_GENERALIZEDTIME* next_update = nullptr;
  if (OCSP_resp_find_status(basic.get(), id.get(), &status, &reason, &revoked, &this_update, &next_update) != 1) {
    return refuse(Reason::tls_ocsp_invalid, "the staple is about another certificate");
  }
  if (OCSP_check_validity(this_update, next_update, clock_skew_seconds, -1) != 1) {
    facts.ocsp = "stale";
    return refuse(Reason::tls_ocsp_invalid, "the staple is out of date");
  }
  facts.ocsp = OCSP_cert_status_str(status);
  if (status == V_OCSP_CERTSTATUS_REVOKED) return refuse(Reason::tls_revoked, "the stapled OCSP response says so");
  return {};
}

}  // namespace wsprobe::net
