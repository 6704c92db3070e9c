#include "support/tls_server.hpp"

#include <cstring>
#include <memory>
#include <utility>

#include <openssl/err.h>
#include <openssl/tls1.h>

namespace wsprobe::test {
namespace {

struct FreeTls {
  void operator()(SSL_CTX* object) const { SSL_CTX_free(object); }
  void operator()(SSL* object) const { SSL_free(object); }
};

int choose_http(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                unsigned int offered_size, void*) {
  static constexpr unsigned char http[] = "\x08http/1.1";
  unsigned char* selected = nullptr;
  const int found = SSL_select_next_proto(&selected, size, http, sizeof http - 1, offered, offered_size);
  *chosen = selected;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

int send_staple(SSL* ssl, void* staple) {
  const auto& der = *static_cast<const std::string*>(staple);
  if (der.empty()) return SSL_TLSEXT_ERR_NOACK;
  void* copy = OPENSSL_memdup(der.data(), der.size());
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(der.size()));
  return SSL_TLSEXT_ERR_OK;
}

void serve(TlsServerSpec& spec, int socket) {
  const std::unique_ptr<SSL_CTX, FreeTls> context(SSL_CTX_new(TLS_server_method()));
  // Weak things have to be servable here for the probe to refuse them.
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_http, nullptr);
  SSL_CTX_set_tlsext_status_cb(context.get(), send_staple);
  SSL_CTX_set_tlsext_status_arg(context.get(), &spec.staple);
  if (spec.identity != nullptr) {
    SSL_CTX_use_certificate(context.get(), spec.identity->certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), spec.identity->key.get());
  }
  for (const Identity* each : spec.chain) SSL_CTX_add1_chain_cert(context.get(), each->certificate.get());
  if (spec.configure) spec.configure(context.get());
  const std::unique_ptr<SSL, FreeTls> ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), socket);
  if (SSL_accept(ssl.get()) == 1) {
    if (spec.converse) spec.converse(ssl.get());
    SSL_shutdown(ssl.get());
  }
  ERR_clear_error();
  drain(socket);
}

}  // namespace

ScriptedServer::Behaviour tls_behaviour(TlsServerSpec spec) {
  return [spec = std::move(spec)](int socket) mutable { serve(spec, socket); };
}

}  // namespace wsprobe::test
