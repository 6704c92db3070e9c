// A Stream over TLS, on the socket itself.
#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "core/evidence.hpp"
#include "net/connector.hpp"
#include "net/socket.hpp"
#include "net/stream.hpp"

namespace wsprobe::net {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

/// The handshake on a connected socket, certificate and staple verified. `server_name` is a name (sent as SNI) or an
/// address. Offers `protocols`. Fills `facts` as far as the handshake got. Errors: tls_*, timeout_tls, cancelled.
awaitable<Result<StreamPtr>> tls_handshake(SSL_CTX* context, SocketPtr socket, std::string server_name, Verify verify,
                                           Protocols protocols, Deadline deadline, TlsFacts& facts);

/// A Stream on a socket whose handshake is over, `ssl` being bound to it.
[[nodiscard]] StreamPtr make_tls_stream(SocketPtr socket, SslPtr ssl);

}  // namespace wsprobe::net
