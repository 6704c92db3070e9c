// A state that several coroutines of the same context look at, each again whenever it may have changed.
#pragma once

#include <cstddef>  // before Asio: see asio_impl.cpp
#include <set>

#include <asio/steady_timer.hpp>

#include "core/clock.hpp"
#include "net/asio.hpp"

namespace wsprobe::net {

class Changes {
 public:
  explicit Changes(asio::io_context& context) : context_(context) {}

  void tell();
  /// Returns after the next tell(), or at `until`.
  awaitable<void> wait(TimePoint until);

 private:
  asio::io_context& context_;
  std::set<asio::steady_timer*> waiters_;
};

}  // namespace wsprobe::net
