// From OpenSSL's error queue to one named reason.
#pragma once

#include <string>
#include <string_view>

#include "core/error.hpp"

namespace wsprobe::net {

/// What became of client certificates in this handshake.
enum class ClientCertificate : unsigned char { not_asked_for, not_had, sent };

/// The first error of this thread's queue, which is emptied.
[[nodiscard]] Error take_tls_error(Phase phase, ClientCertificate client_certificate);
/// The same where it is about our own configuration: bad_configuration, "WHAT: why".
[[nodiscard]] Error take_configuration_error(const std::string& what);

/// Whether these can be the first bytes of a TLS record: one of its types, major version 3 (RFC 8446 section 5.1).
[[nodiscard]] bool looks_like_tls(std::string_view first_bytes);
/// tls_plain_http or tls_not_tls, with an excerpt.
[[nodiscard]] Error not_tls_error(std::string_view first_bytes);

}  // namespace wsprobe::net
