#include "engine/exchanges.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace wsprobe::engine {

std::string make_mark() {
  std::array<std::byte, 6> random{};
  net::random_bytes(random);
  std::string mark;
  for (const std::byte byte : random) mark += fmt::format("{:02x}", std::to_integer<int>(byte));
  return mark;
}

Exchanges::Exchanges(net::Opener& opener, net::Changes& changed, std::string mark, Deadline deadline)
    : opener_(opener), changed_(changed), mark_(std::move(mark)), deadline_(deadline) {}

net::awaitable<void> Exchanges::get(exchange::HttpSpec spec, exchange::ExchangeResult& result) {
  sign(spec.fields);
  net::awaitable<void> exchange = exchange::http_exchange_into(opener_, std::move(spec), deadline_, result);
  co_await std::move(exchange);
}

net::awaitable<void> Exchanges::upgrade(exchange::UpgradeSpec spec, exchange::ExchangeResult& result) {
  sign(spec.fields);
  ++upgrades_under_way_;
  net::awaitable<void> exchange = exchange::upgrade_exchange_into(opener_, std::move(spec), deadline_, result);
  co_await std::move(exchange);
  --upgrades_under_way_;
  changed_.tell();
}

net::awaitable<void> Exchanges::upgrade_over_http2(exchange::UpgradeSpec spec, exchange::ExchangeResult& result,
                                                   exchange::BeforeAsking before_asking) {
  sign(spec.fields);
  net::awaitable<void> exchange =
      exchange::http2_upgrade_into(opener_, std::move(spec), deadline_, result, std::move(before_asking));
  co_await std::move(exchange);
}

/// All numbers have the same width, so that what reflects a request has the same length whichever it is.
void Exchanges::sign(std::vector<wire::RequestField>& fields) {
  exchange::add_default(fields,
                        {"User-Agent", fmt::format("{} (run {}-{:03})", exchange::user_agent(), mark_, ++signed_)});
}

}  // namespace wsprobe::engine
