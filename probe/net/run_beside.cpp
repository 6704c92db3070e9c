#include "net/run_beside.hpp"

#include <exception>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "core/clock.hpp"

namespace wsprobe::net {

awaitable<void> run_beside(awaitable<void> task, awaitable<void> companion) {
  asio::steady_timer ended(co_await asio::this_coro::executor, TimePoint::max());
  bool running = true;
  asio::co_spawn(ended.get_executor(), std::move(companion), [&running, &ended](const std::exception_ptr& escaped) {
    if (escaped) std::rethrow_exception(escaped);  // out of io_context::run()
    running = false;
    ended.cancel();
  });
  co_await std::move(task);
  while (running) {
    asio::error_code woken;
    co_await ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

}  // namespace wsprobe::net
