// Opening one stream by a Connector of its own, and what came of it.
#pragma once

#include <chrono>
#include <string>

#include "core/evidence.hpp"
#include "net/connector.hpp"
#include "support/certificates.hpp"
#include "support/run_task.hpp"
#include "support/scripted_server.hpp"
#include "support/tls_server.hpp"

namespace wsprobe::test {

/// More than any of this takes, less than anybody waits for.
inline constexpr std::chrono::seconds ample{8};

/// The name that certificates are made for; it resolves only by an override.
inline constexpr const char* host_name = "probe.test";

struct Opened {
  Result<net::StreamPtr> stream = tl::unexpected(Error{});
  Evidence evidence;
  Duration took{};

  /// The reason's name, or "open": what tests compare and, when they fail, print.
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] std::string detail() const;
};

/// Opens and, if it succeeds, closes.
Opened open_once(net::ConnectSettings settings, net::Authority authority, Duration limit = ample);

/// host_name at `port` of the loopback address.
net::ConnectSettings settings_for(std::uint16_t port);

/// Root, intermediate and a good leaf for host_name and 127.0.0.1, made once for all tests; and the root's PEM file.
struct Pki {
  PemFiles files;
  Identity root;
  Identity intermediate;
  Identity leaf;
  std::string root_file;

  static const Pki& instance();

 private:
  Pki();
};

/// host_name over TLS at `server`, the root of Pki trusted.
Opened open_tls(const ScriptedServer& server, net::TlsSettings tls = {.ca_file = Pki::instance().root_file},
                Duration limit = ample);

/// A server with Pki's good leaf and intermediate.
TlsServerSpec good_server();

}  // namespace wsprobe::test
