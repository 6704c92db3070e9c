// The baseline: plain blocking sockets, as a C programmer would write them, with the same bytes.
#pragma once

#include <string>

namespace bench {

/// Connects, sends `request`, reads the head of the 101, sends a close frame, reads its echo, closes; `count` times.
void raw_upgrades(int port, int count, const std::string& request);

/// The same over TLS with one SSL_CTX for all, verifying against `ca_file`.
void raw_tls_upgrades(int port, int count, const std::string& request, const std::string& ca_file);

}  // namespace bench
