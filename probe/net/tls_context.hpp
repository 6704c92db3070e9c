// The SSL_CTX that all connections of a run share.
#pragma once

#include <memory>

#include <openssl/ssl.h>

#include "core/error.hpp"
#include "net/connector.hpp"

namespace wsprobe::net {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeSslContext>;

/// TLS 1.2 floor, security level 2, the system's trust store or settings.ca_file, client certificate, ALPN http/1.1,
/// OCSP staples asked for. Nothing is left to the machine's openssl.cnf. Errors: bad_configuration with the file's
/// name.
[[nodiscard]] Result<SslContextPtr> make_tls_context(const TlsSettings& settings);

}  // namespace wsprobe::net
