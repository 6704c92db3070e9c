#include "net/companion.hpp"

#include <exception>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "core/clock.hpp"

namespace wsprobe::net {

struct Companion::State {
  bool running = true;
  std::unique_ptr<asio::steady_timer> waiter;  // made only where somebody waits
};

awaitable<Companion> Companion::start(awaitable<void> task) {
  const auto executor = co_await asio::this_coro::executor;
  Companion companion;
  companion.state_ = std::make_shared<State>();
  asio::co_spawn(executor, std::move(task), [state = companion.state_](const std::exception_ptr& escaped) {
    if (escaped) std::rethrow_exception(escaped);  // out of io_context::run()
    state->running = false;
    if (state->waiter) state->waiter->cancel();
  });
  co_return companion;
}

bool Companion::is_running() const { return state_ && state_->running; }

awaitable<void> Companion::ended() {
  if (!is_running()) co_return;
  const auto state = state_;
  const auto executor = co_await asio::this_coro::executor;
  state->waiter = std::make_unique<asio::steady_timer>(executor, TimePoint::max());
  while (state->running) {
    asio::error_code woken;
    co_await state->waiter->async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

}  // namespace wsprobe::net
