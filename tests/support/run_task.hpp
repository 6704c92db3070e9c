// Runs one coroutine to its end.
#pragma once

#include <optional>
#include <stdexcept>
#include <utility>

#include "net/asio.hpp"
#include "net/tasks.hpp"

namespace wsprobe::test {

template <typename T>
net::awaitable<void> store(net::awaitable<T> task, std::optional<T>& into) {
  into = co_await std::move(task);
}

/// The result of the task, run on `context` together with whatever else was started there.
template <typename T>
T run_task(asio::io_context& context, net::awaitable<T> task) {
  std::optional<T> result;
  context.restart();  // it stops when a task before this one was its last work
  net::spawn(context, store(std::move(task), result));
  while (!result && context.run_one() > 0) {
  }
  if (!result) throw std::logic_error("the task waits for something that never comes");
  return std::move(*result);
}

template <typename T>
T run_task(net::awaitable<T> task) {
  asio::io_context context;
  return run_task(context, std::move(task));
}

}  // namespace wsprobe::test
