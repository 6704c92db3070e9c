#include "net/tls_server.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_context.hpp"
#include "net/tls_errors.hpp"
#include "net/tls_stream.hpp"

namespace wsprobe::net {
namespace {

tl::unexpected<Error> refuse(const std::string& what) { return tl::unexpected(take_configuration_error(what)); }

int number_of(TlsVersion version) { return version == TlsVersion::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION; }

int accept_any(X509_STORE_CTX* /*store*/, void* /*unused*/) { return 1; }

int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void* /*unused*/) {
  static constexpr unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  auto* picked = const_cast<unsigned char*>(*chosen);
  const int found = SSL_select_next_proto(&picked, size, http_1_1, sizeof http_1_1, offered, offered_size);
  *chosen = picked;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

int verify_mode(ClientAuthentication wanted) {
  switch (wanted) {
    case ClientAuthentication::no_client_cert: return SSL_VERIFY_NONE;
    case ClientAuthentication::request_client_cert:
    case ClientAuthentication::verify_client_cert_if_given: return SSL_VERIFY_PEER;
    case ClientAuthentication::require_any_client_cert:
    case ClientAuthentication::require_and_verify_client_cert: break;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

bool verifies(ClientAuthentication wanted) {
  return wanted == ClientAuthentication::verify_client_cert_if_given ||
         wanted == ClientAuthentication::require_and_verify_client_cert;
}

Result<void> ask_clients(SSL_CTX* context, const TlsServerSettings& settings) {
  SSL_CTX_set_verify(context, verify_mode(settings.client_authentication), nullptr);
  if (!verifies(settings.client_authentication)) {
    SSL_CTX_set_cert_verify_callback(context, &accept_any, nullptr);
    return {};
  }
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(settings.client_ca_file.c_str());
  if (names == nullptr) return refuse(settings.client_ca_file);
  SSL_CTX_set_client_CA_list(context, names);
  if (SSL_CTX_load_verify_file(context, settings.client_ca_file.c_str()) != 1) return refuse(settings.client_ca_file);
  return {};
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ":")); }

/// Suites are named as the IANA does and as Go does; OpenSSL's own lists have names of their own.
Result<void> set_suites(SSL_CTX* context, const TlsServerSettings& settings) {
  std::vector<std::string> names;
  const STACK_OF(SSL_CIPHER)* known = SSL_CTX_get_ciphers(context);
  for (const std::string& wanted : settings.cipher_suites) {
    bool found = false;
    for (int at = 0; at < sk_SSL_CIPHER_num(known); ++at) {
      const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(known, at);
      const char* standard = SSL_CIPHER_standard_name(cipher);
      if (standard == nullptr || wanted != standard) continue;
      names.emplace_back(SSL_CIPHER_get_name(cipher));
      found = true;
    }
    if (!found) return refuse(fmt::format("the cipher suite {}", wanted));
  }
  std::erase_if(names, [](const std::string& name) { return name.starts_with("TLS_"); });  // of TLS 1.3: always on
  if (!names.empty() && SSL_CTX_set_cipher_list(context, joined(names).c_str()) != 1) return refuse("cipher_suites");
  if (!settings.curves.empty() && SSL_CTX_set1_curves_list(context, joined(settings.curves).c_str()) != 1) {
    return refuse("curve_preferences");
  }
  return {};
}

Result<SslContextPtr> make_server_context(const TlsServerSettings& settings) {
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  ERR_clear_error();
  SslContextPtr owner(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = owner.get();
  if (context == nullptr) return refuse("TLS");
  SSL_CTX_set_min_proto_version(context, number_of(settings.lowest));
  SSL_CTX_set_max_proto_version(context, number_of(settings.highest));
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(
      context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate_file.c_str()) != 1) {
    return refuse(settings.certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refuse(settings.key_file);
  }
  if (auto asked = ask_clients(context, settings); !asked) return tl::unexpected(asked.error());
  if (auto set = set_suites(context, settings); !set) return tl::unexpected(set.error());
  return owner;
}

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

/// A subjectAltName of the client that is one of `allowed`: a DNS name, an address of mail or a URI, literally.
bool has_one_of(X509* certificate, const std::vector<std::string>& allowed) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int at = 0; names && at < sk_GENERAL_NAME_num(names.get()); ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), at);
    if (name->type != GEN_DNS && name->type != GEN_EMAIL && name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.ia5;
    const std::string value(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                            static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return true;
  }
  return false;
}

}  // namespace

class TlsServer::Impl {
 public:
  Impl(SslContextPtr context, std::vector<std::string> allowed)
      : context_(std::move(context)), allowed_(std::move(allowed)) {}

  awaitable<Result<StreamPtr>> handshake(SocketPtr socket, Deadline deadline) {
    SslPtr ssl(SSL_new(context_.get()));
    if (!ssl || SSL_set_fd(ssl.get(), socket->native()) != 1) {
      co_return tl::unexpected(make_error(Phase::tls, Reason::out_of_memory));
    }
    for (;;) {
      if (!socket->is_usable()) co_return tl::unexpected(wait_error(WaitResult::cancelled, Phase::tls));
      ERR_clear_error();
      errno = 0;
      const int result = SSL_accept(ssl.get());
      if (result == 1) break;
      const int error_number = errno;
      const int failure = SSL_get_error(ssl.get(), result);
      if (failure == SSL_ERROR_SYSCALL) {
        ERR_clear_error();
        if (error_number == 0) co_return tl::unexpected(make_error(Phase::tls, Reason::tls_closed_in_handshake));
        co_return tl::unexpected(transfer_error(error_number, Phase::tls));
      }
      if (failure != SSL_ERROR_WANT_READ && failure != SSL_ERROR_WANT_WRITE) {
        co_return tl::unexpected(take_tls_error(Phase::tls, ClientCertificate::not_asked_for));
      }
      const Readiness wanted = failure == SSL_ERROR_WANT_READ ? Readiness::read : Readiness::write;
      const WaitResult waited = co_await socket->wait(wanted, deadline);
      if (waited != WaitResult::ready) co_return tl::unexpected(wait_error(waited, Phase::tls));
    }
    if (!is_allowed(ssl.get())) {
      co_return tl::unexpected(make_error(Phase::tls, Reason::tls_client_certificate, "no allowed name"));
    }
    co_return make_tls_stream(std::move(socket), std::move(ssl));
  }

 private:
  [[nodiscard]] bool is_allowed(SSL* ssl) const {
    if (allowed_.empty()) return true;
    X509* certificate = SSL_get0_peer_certificate(ssl);
    return certificate != nullptr && has_one_of(certificate, allowed_);
  }

  SslContextPtr context_;
  std::vector<std::string> allowed_;
};

TlsServer::TlsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsServer::~TlsServer() = default;

Result<std::shared_ptr<TlsServer>> TlsServer::make(const TlsServerSettings& settings) {
  auto context = make_server_context(settings);
  if (!context) return tl::unexpected(std::move(context.error()));
  auto impl = std::make_unique<Impl>(std::move(*context), settings.client_allowed_names);
  return std::shared_ptr<TlsServer>(new TlsServer(std::move(impl)));
}

awaitable<Result<StreamPtr>> TlsServer::handshake(SocketPtr socket, Deadline deadline) {
  co_return co_await impl_->handshake(std::move(socket), deadline);
}

}  // namespace wsprobe::net
