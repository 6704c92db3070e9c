// From a URL's authority to an open stream: resolve, connect (RFC 8305 in spirit), TLS.
//
// Names are resolved by c-ares so that a look-up can be abandoned at the deadline. All addresses are tried, a new
// attempt starting every 250 ms or as soon as one fails, and the failure of each is kept as evidence. TLS runs on the
// socket itself (no memory BIO), which keeps a held connection small.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/evidence.hpp"
#include "core/secret.hpp"
#include "net/asio.hpp"
#include "net/stream.hpp"

namespace wsprobe::net {

enum class AddressFamily : std::uint8_t { any, ipv4, ipv6 };
enum class Verify : std::uint8_t { full, none };

/// curl's --resolve: connections to host:port use these addresses. Host `*` matches any.
struct ResolveOverride {
  std::string host;
  std::uint16_t port = 0;
  std::vector<std::string> addresses;
};

/// curl's --connect-to: connections to host1:port1 go to host2:port2; an empty host or port 0 means any / unchanged.
struct ConnectTo {
  std::string host;
  std::uint16_t port = 0;
  std::string to_host;
  std::uint16_t to_port = 0;
};

struct TlsSettings {
  Verify verify = Verify::full;
  std::string ca_file{};           ///< PEM; empty: the system's trust store
  std::string certificate_file{};  ///< client certificate, PEM; empty: none
  std::string key_file{};          ///< its key, PEM; empty: in certificate_file
  std::string server_name{};       ///< overrides SNI and the name verified; empty: the host
};

struct ConnectSettings {
  AddressFamily family = AddressFamily::any;
  std::vector<ResolveOverride> resolve;
  std::vector<ConnectTo> connect_to;
  std::optional<Duration> connect_timeout;  ///< for resolve, connect and TLS together, inside the deadline
  std::vector<std::string> name_servers;    ///< "127.0.0.1:5353"; empty: the system's (tests, odd vantages)
  TlsSettings tls;
};

enum class Security : std::uint8_t { plain, tls };

/// What is offered in the TLS handshake (ALPN, RFC 7301); evidence.tls says what the peer chose.
enum class Protocols : std::uint8_t {
  http_1,             ///< HTTP/1.1 alone: as browsers offer it where they open a connection for a WebSocket
  http_2_and_http_1,  ///< as browsers offer it for everything else
};

struct Authority {
  Security security = Security::plain;
  std::string host;  ///< a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string address{};  ///< numeric: connect there instead of to what the host resolves to; empty: resolve
  Protocols protocols = Protocols::http_1;

  friend bool operator==(const Authority&, const Authority&) = default;
};

/// What the exchanges need of a Connector. Test double: ScriptedOpener in tests/support.
class Opener {
 public:
  virtual ~Opener() = default;

  /// Opens a stream. Fills evidence.resolved, attempts, address, tls and the times of its phases, on failure too
  /// (certificate facts also when verification fails). `evidence` has to outlive the call.
  virtual awaitable<Result<StreamPtr>> open(Authority authority, Deadline deadline, Evidence& evidence) = 0;
};

/// Shared by all connections of a run: the io_context, the resolver, the SSL_CTX (made on first use), and cancellation.
class Connector final : public Opener {
 public:
  /// SIGPIPE is ignored from here on: OpenSSL writes to sockets without MSG_NOSIGNAL.
  Connector(asio::io_context& context, ConnectSettings settings);
  ~Connector() override;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  awaitable<Result<StreamPtr>> open(Authority authority, Deadline deadline, Evidence& evidence) override;

  /// Every operation under way, and every later one, ends with `cancelled`. Idempotent; called from the context's
  /// thread.
  void cancel();

  /// A connector with the same settings whose openings and streams can be cancelled without this one's; this one's
  /// cancel() reaches them too.
  [[nodiscard]] std::unique_ptr<Connector> branch();

  [[nodiscard]] asio::io_context& context();

 private:
  class Impl;
  explicit Connector(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

/// From the kernel's generator: a handshake's key and frames' masks. OpenSSL's would have to be started first, which a
/// plain probe can do without.
void random_bytes(std::span<std::byte> out);

}  // namespace wsprobe::net
