#include "net/event.hpp"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace wsprobe::net {

Event::Event(asio::io_context& context) : timer_(context) {}

void Event::set() {
  set_ = true;
  timer_.cancel();
}

awaitable<void> Event::wait(TimePoint until) {
  if (set_) co_return;
  timer_.expires_at(until);
  asio::error_code woken_early;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken_early));
}

}  // namespace wsprobe::net
