// Names to addresses by c-ares, in a way that can be abandoned at any moment.
//
// getaddrinfo cannot be cancelled, and whoever runs it in a thread joins that thread in the end: a probe with a limit
// of five seconds then comes back after forty-five.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "net/asio.hpp"
#include "net/connector.hpp"

namespace wsprobe::net {

/// Lets Connector::cancel() end the look-ups under way.
class Lookups {
 public:
  class Lookup;

  void cancel();
  [[nodiscard]] bool cancelled() const { return cancelled_; }

 private:
  friend awaitable<Result<std::vector<std::string>>> resolve(asio::io_context&, const ConnectSettings&, Lookups&,
                                                             std::string, Deadline);
  std::vector<std::weak_ptr<Lookup>> running_;
  bool cancelled_ = false;
};

/// The addresses of `host` in the order of RFC 6724, families alternating. Errors: dns_*, timeout_resolve, cancelled.
/// `settings` and `lookups` have to outlive the call.
awaitable<Result<std::vector<std::string>>> resolve(asio::io_context& context, const ConnectSettings& settings,
                                                    Lookups& lookups, std::string host, Deadline deadline);

}  // namespace wsprobe::net
