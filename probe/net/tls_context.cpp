#include "net/tls_context.hpp"

#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <openssl/err.h>

#include "net/certificate.hpp"
#include "net/tls_errors.hpp"

namespace wsprobe::net {
namespace {

tl::unexpected<Error> refuse(const std::string& what) { return tl::unexpected(take_configuration_error(what)); }

int note_certificate_request(SSL* ssl, void* /*unused*/) {
  if (auto* capture = static_cast<ChainCapture*>(SSL_get_app_data(ssl))) capture->asked_for_certificate = true;
  return 1;
}

/// The directory of hashed names is read one certificate at a time, when a chain asks for it; the bundle would cost
/// every start the parsing of all of its certificates.
bool trust_system(SSL_CTX* context) {
  const bool elsewhere = std::getenv(X509_get_default_cert_file_env()) != nullptr ||
                         std::getenv(X509_get_default_cert_dir_env()) != nullptr;
  if (elsewhere) return SSL_CTX_set_default_verify_paths(context) == 1;
  return SSL_CTX_set_default_verify_dir(context) == 1;
}

}  // namespace

Result<SslContextPtr> make_tls_context(const TlsSettings& settings) {
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  ERR_clear_error();
  SslContextPtr owner(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = owner.get();
  if (context == nullptr) return refuse("TLS");

  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // A flood of records without data must not be read inside OpenSSL, where no deadline holds.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  constexpr std::array<unsigned char, 9> http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context, http_1_1.data(), http_1_1.size());
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &verify_and_capture, nullptr);
  SSL_CTX_set_cert_cb(context, &note_certificate_request, nullptr);

  if (settings.ca_file.empty()) {
    if (!trust_system(context)) return refuse("the system's trust store");
  } else if (SSL_CTX_load_verify_file(context, settings.ca_file.c_str()) != 1) {
    return refuse(settings.ca_file);
  } else {
    // As curl has it: whatever the file holds is trusted, an intermediate authority too.
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
  }
  if (!settings.certificate_file.empty()) {
    const std::string& key_file = settings.key_file.empty() ? settings.certificate_file : settings.key_file;
    if (SSL_CTX_use_certificate_chain_file(context, settings.certificate_file.c_str()) != 1) {
      return refuse(settings.certificate_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) return refuse(key_file);
    if (SSL_CTX_check_private_key(context) != 1) return refuse(key_file + " does not belong to the certificate");
  }
  return owner;
}

}  // namespace wsprobe::net
