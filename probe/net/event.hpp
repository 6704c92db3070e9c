// Something that happens and that one coroutine of the same context waits for.
#pragma once

#include <cstddef>  // before Asio: see asio_impl.cpp

#include <asio/steady_timer.hpp>

#include "core/clock.hpp"
#include "net/asio.hpp"

namespace wsprobe::net {

class Event {
 public:
  explicit Event(asio::io_context& context);

  void set();
  /// It has not happened yet: for a loop that waits again.
  void clear() { set_ = false; }
  [[nodiscard]] bool is_set() const { return set_; }
  /// Returns when the event has happened, or at `until`. One waiter at a time.
  awaitable<void> wait(TimePoint until);

 private:
  asio::steady_timer timer_;  // waiters sleep on it; set() cancels it
  bool set_ = false;
};

}  // namespace wsprobe::net
