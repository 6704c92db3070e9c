// Any bytes as the certificates of a peer (DER, one after the other; what is left over is its OCSP staple): the facts
// that are kept of them, and what is said where they do not verify.
//
// Beyond not crashing: what is kept is bounded, it can be shown as it is, and dates are dates that other code can hold.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "fuzz/pieces.hpp"
#include "net/certificate.hpp"

namespace {

using namespace wsprobe;
using fuzz::check;
using net::Verify;

constexpr int most_certificates = 10;

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_STORE_CTX* store) const { X509_STORE_CTX_free(store); }
  void operator()(STACK_OF(X509) * certificates) const { sk_X509_free(certificates); }
};

template <typename T>
using Owned = std::unique_ptr<T, Free>;

/// Moves `data` behind the last certificate.
std::vector<Owned<X509>> certificates_in(const std::uint8_t*& data, const std::uint8_t* end) {
  std::vector<Owned<X509>> found;
  while (found.size() < most_certificates && data < end) {
    const unsigned char* at = data;
    Owned<X509> one(d2i_X509(nullptr, &at, end - data));
    if (!one) break;
    data = at;
    found.push_back(std::move(one));
  }
  return found;
}

bool can_be_shown(const std::string& text) {
  for (const char byte : text) {
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) return false;
  }
  return true;
}

void check_facts(const TlsFacts& facts, int sent) {
  check(can_be_shown(facts.subject) && can_be_shown(facts.issuer));
  check(facts.names.size() <= 100);
  check(facts.serial.size() <= 128 && facts.fingerprint_sha256.size() == 64);
  check(facts.chain_length == sent);
  if (facts.not_after) check(facts.earliest_not_after && *facts.earliest_not_after <= *facts.not_after);
}

/// As a handshake does it: the leaf, and what was sent with it.
void verify(SSL_CTX* context, const std::vector<Owned<X509>>& certificates, Verify mode) {
  TlsFacts facts;
  net::ChainCapture capture;
  capture.verify = mode;
  capture.facts = &facts;
  const Owned<SSL> ssl(SSL_new(context));
  SSL_set_app_data(ssl.get(), &capture);
  const Owned<STACK_OF(X509)> sent(sk_X509_new_null());
  for (const Owned<X509>& each : certificates) sk_X509_push(sent.get(), each.get());
  const Owned<X509_STORE_CTX> store(X509_STORE_CTX_new());
  check(X509_STORE_CTX_init(store.get(), SSL_CTX_get_cert_store(context), certificates.front().get(), sent.get()) == 1);
  X509_STORE_CTX_set_ex_data(store.get(), SSL_get_ex_data_X509_STORE_CTX_idx(), ssl.get());
  const int verified = net::verify_and_capture(store.get(), nullptr);
  check_facts(facts, static_cast<int>(certificates.size()));
  if (mode == Verify::none) check(verified == 1);
  if (facts.verified) return;
  check(capture.verify_error != X509_V_OK && !facts.verify_error.empty());
  const Error error = net::verify_error(capture, "app.example.com");
  check(error.phase == Phase::tls && !error.detail.empty());
}

void check_staple(SSL_CTX* context, const std::uint8_t* data, std::size_t size) {
  const Owned<SSL> ssl(SSL_new(context));
  auto* copy = static_cast<unsigned char*>(OPENSSL_malloc(size));
  std::copy_n(data, size, copy);
  SSL_set_tlsext_status_ocsp_resp(ssl.get(), copy, static_cast<long>(size));  // frees it
  TlsFacts facts;
  check(!net::check_ocsp_staple(ssl.get(), facts));  // nobody here has signed one
  check(facts.ocsp == "unverified");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  const std::uint8_t* const end = data + size;
  const std::vector<Owned<X509>> certificates = certificates_in(data, end);
  if (!certificates.empty()) {
    for (const Verify mode : {Verify::full, Verify::none}) verify(context.get(), certificates, mode);
  }
  if (data < end) check_staple(context.get(), data, static_cast<std::size_t>(end - data));
  ERR_clear_error();
  return 0;
}
