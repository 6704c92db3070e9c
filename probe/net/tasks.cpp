#include "net/tasks.hpp"

#include <cerrno>
#include <csignal>
#include <exception>
#include <system_error>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

namespace wsprobe::net {
namespace {

/// A monitor that swallowed a task's exception would go quiet and look healthy. Thrown in a completion handler, it
/// leaves io_context::run().
void pass_on(const std::exception_ptr& escaped) {
  if (escaped) std::rethrow_exception(escaped);
}

}  // namespace

EventLoop::EventLoop() : asio::io_context(1) {
  int heard = 0;
  const auto count = [&heard](const asio::error_code& failure) { heard += failure ? 0 : 1; };
  asio::steady_timer timer(*this, SteadyClock::now());
  timer.async_wait(count);
  asio::signal_set signals(*this, SIGURG);  // which nobody minds: by default it is ignored
  signals.async_wait([&count](const asio::error_code& failure, int) { count(failure); });
  std::raise(SIGURG);
  constexpr auto patience = std::chrono::milliseconds(500);
  run_for(patience);
  if (heard != 2) throw std::system_error(ENOSPC, std::generic_category(), "timers and signals");
  restart();
}

void spawn(asio::io_context& context, awaitable<void> task) {
  asio::co_spawn(context, std::move(task), [](const std::exception_ptr& escaped) { pass_on(escaped); });
}

awaitable<void> run_all(std::vector<awaitable<void>> tasks) {
  if (tasks.empty()) co_return;
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer all_ended(executor, TimePoint::max());
  std::size_t running = tasks.size();
  for (awaitable<void>& task : tasks) {
    asio::co_spawn(executor, std::move(task), [&running, &all_ended](const std::exception_ptr& escaped) {
      pass_on(escaped);
      if (--running == 0) all_ended.cancel();
    });
  }
  while (running > 0) {
    asio::error_code woken;
    co_await all_ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

awaitable<void> wait_until(TimePoint when) {
  asio::steady_timer timer(co_await asio::this_coro::executor, when);
  asio::error_code woken;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

class Signals::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, const std::vector<int>& signals, std::function<void(int)> handler)
      : set_(context), handler_(std::move(handler)) {
    for (const int signal : signals) set_.add(signal);
  }

  void wait() {
    set_.async_wait([self = shared_from_this()](const asio::error_code& failure, int signal) {
      if (failure || self->stopped_) return;
      self->handler_(signal);
      self->wait();
    });
  }

  void stop() {
    stopped_ = true;  // a signal may have been delivered and not been handled yet
    asio::error_code ignored;
    set_.cancel(ignored);
    set_.clear(ignored);
  }

 private:
  asio::signal_set set_;
  std::function<void(int)> handler_;
  bool stopped_ = false;
};

Signals::Signals(asio::io_context& context, std::vector<int> signals, std::function<void(int)> handler)
    : impl_(std::make_shared<Impl>(context, signals, std::move(handler))) {
  impl_->wait();
}

Signals::~Signals() { impl_->stop(); }

}  // namespace wsprobe::net
