#include "net/changes.hpp"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace wsprobe::net {

void Changes::tell() {
  for (asio::steady_timer* waiter : waiters_) waiter->cancel();
}

awaitable<void> Changes::wait(TimePoint until) {
  asio::steady_timer timer(context_, until);
  waiters_.insert(&timer);
  asio::error_code woken_early;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken_early));
  waiters_.erase(&timer);
}

}  // namespace wsprobe::net
