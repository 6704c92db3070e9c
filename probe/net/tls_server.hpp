// The server's side of TLS, for the daemon's endpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "net/asio.hpp"
#include "net/socket.hpp"
#include "net/stream.hpp"

namespace wsprobe::net {

/// What is asked of clients; the names are those of Go's crypto/tls, which exporters use in their configuration.
enum class ClientAuthentication : std::uint8_t {
  no_client_cert,
  request_client_cert,
  require_any_client_cert,
  verify_client_cert_if_given,
  require_and_verify_client_cert,
};

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

struct TlsServerSettings {
  std::string certificate_file;  ///< PEM, the chain
  std::string key_file;          ///< PEM
  ClientAuthentication client_authentication = ClientAuthentication::no_client_cert;
  std::string client_ca_file;                     ///< PEM; who signs the certificates of clients
  std::vector<std::string> client_allowed_names;  ///< subjectAltNames, one of which a client must have; empty: any
  TlsVersion lowest = TlsVersion::tls_1_2;
  TlsVersion highest = TlsVersion::tls_1_3;
  std::vector<std::string> cipher_suites;  ///< of TLS 1.2, by their IANA names; empty: OpenSSL's own of level 2
  std::vector<std::string> curves;         ///< by OpenSSL's names, most wanted first; empty: OpenSSL's own
};

/// Certificate and key as they were read; several connections share it.
class TlsServer {
 public:
  /// Errors: bad_configuration with the name of the file.
  static Result<std::shared_ptr<TlsServer>> make(const TlsServerSettings& settings);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  /// The handshake on an accepted socket. Errors: tls_*, timeout_tls, cancelled.
  awaitable<Result<StreamPtr>> handshake(SocketPtr socket, Deadline deadline);

 private:
  class Impl;
  explicit TlsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsprobe::net
