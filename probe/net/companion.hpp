// A short task beside a long one.
//
// Not a coroutine around both, whose frames a held connection would keep for as long as it is held.
#pragma once

#include <cstddef>  // before Asio: see asio_impl.cpp
#include <memory>

#include "net/asio.hpp"

namespace wsprobe::net {

class Companion {
 public:
  /// None; start() gives one.
  Companion() = default;

  /// Starts `task` on the current context. It must not throw, and what it uses has to live until it has ended.
  static awaitable<Companion> start(awaitable<void> task);

  [[nodiscard]] bool is_running() const;
  /// Returns once the task has ended; at once where there is none.
  awaitable<void> ended();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace wsprobe::net
