// Every exchange of a run: each is signed with the run's mark, so that logs can be searched for it, and counted, so
// that it is known what else is under way.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "exchange/http2_exchange.hpp"
#include "exchange/http_exchange.hpp"
#include "exchange/upgrade_exchange.hpp"
#include "net/changes.hpp"

namespace wsprobe::engine {

/// What all exchanges of a run carry in their User-Agent before "-NNN": twelve hexadecimal digits.
[[nodiscard]] std::string make_mark();

class Exchanges {
 public:
  /// All have to outlive this. `changed` is told when an upgrade ends.
  Exchanges(net::Opener& opener, net::Changes& changed, std::string mark, Deadline deadline);

  /// `result` has to outlive the call.
  net::awaitable<void> get(exchange::HttpSpec spec, exchange::ExchangeResult& result);
  net::awaitable<void> upgrade(exchange::UpgradeSpec spec, exchange::ExchangeResult& result);

  /// An upgrade over HTTP/2, where the peer offers that.
  net::awaitable<void> upgrade_over_http2(exchange::UpgradeSpec spec, exchange::ExchangeResult& result,
                                          exchange::BeforeAsking before_asking);

  /// Upgrades that were begun and have not ended.
  [[nodiscard]] std::size_t upgrades_under_way() const { return upgrades_under_way_; }
  [[nodiscard]] Deadline deadline() const { return deadline_; }
  [[nodiscard]] const std::string& mark() const { return mark_; }

 private:
  void sign(std::vector<wire::RequestField>& fields);

  net::Opener& opener_;
  net::Changes& changed_;
  std::string mark_;
  Deadline deadline_;
  std::size_t signed_ = 0;
  std::size_t upgrades_under_way_ = 0;
};

}  // namespace wsprobe::engine
