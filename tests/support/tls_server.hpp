// A TLS server for tests: OpenSSL on a blocking socket, as well or as badly behaved as it is told to be.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

namespace wsprobe::test {

struct TlsServerSpec {
  const Identity* identity = nullptr;
  std::vector<const Identity*> chain;  ///< sent after the leaf
  std::string staple;                  ///< DER; empty: none
  /// Last word on the context: versions, ciphers, callbacks.
  std::function<void(SSL_CTX*)> configure;
  /// What happens on an open connection; then it is shut down in an orderly way.
  std::function<void(SSL*)> converse;
};

/// The behaviour for ScriptedServer. What the spec points to has to outlive the server.
ScriptedServer::Behaviour tls_behaviour(TlsServerSpec spec);

}  // namespace wsprobe::test
