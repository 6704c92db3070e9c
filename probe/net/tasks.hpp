// What the folders above net need of Asio's coroutines: starting them, waiting for several, waiting for a time,
// signals.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/clock.hpp"
#include "net/asio.hpp"

namespace wsprobe::net {

/// The context of one thread, with timers and signals that work. Asio goes on without a word where the kernel has no
/// room to watch them: every deadline would be missed, and a daemon could not be ended. The constructor tries both, and
/// throws std::system_error as Asio's own do.
class EventLoop : public asio::io_context {
 public:
  EventLoop();
};

/// Starts a coroutine on the context. An exception that leaves it is a defect (or a lack of memory): it comes out of
/// io_context::run() rather than going quiet.
void spawn(asio::io_context& context, awaitable<void> task);

/// Runs the tasks concurrently on the current context and returns when all have ended. The tasks must not throw.
awaitable<void> run_all(std::vector<awaitable<void>> tasks);

/// Returns at `when`, or at once if it has passed.
awaitable<void> wait_until(TimePoint when);

/// Calls `handler(signal number)` on the context's thread for each SIGINT, SIGTERM (and SIGHUP if asked) until
/// destroyed.
class Signals {
 public:
  Signals(asio::io_context& context, std::vector<int> signals, std::function<void(int)> handler);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wsprobe::net
