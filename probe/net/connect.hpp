// TCP connections to one of several addresses (RFC 8305 in spirit).
#pragma once

#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/evidence.hpp"
#include "net/asio.hpp"
#include "net/socket.hpp"

namespace wsprobe::net {

/// A new attempt starts every 250 ms, or as soon as one fails; the first to connect wins. The failures are added to
/// evidence.attempts in the order in which they happened, and evidence.address is set.
awaitable<Result<SocketPtr>> connect_any(asio::io_context& context, std::vector<SocketAddress> addresses,
                                         Deadline deadline, std::shared_ptr<Cancellation> cancellation,
                                         Evidence& evidence);

}  // namespace wsprobe::net
