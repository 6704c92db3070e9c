// From OpenSSL's error queue to one named reason.
#pragma once

#include <string>
#include <string_view>

#include "core/error.hpp"

namespace wsprobe::net {

/// The error on top of this thread's queue, which is emptied. `presented_certificate`: we sent one in this handshake.
enum class ClientCertificate : unsigned char { none, sent };
[[nodiscard]] Error take_tls_error(Phase phase, ClientCertificate client_certificate);

/// The first bytes of a peer that does not speak TLS: tls_plain_http or tls_not_tls; none if they could be a TLS
/// record.
[[nodiscard]] bool looks_like_tls(std::string_view first_bytes);
[[nodiscard]] Error not_tls_error(std::string_view first_bytes);

}  // namespace wsprobe::net
