// A thread of its own for what would hold up the event loop: password hashes, the disk.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "net/asio.hpp"

namespace wsprobe::net {

class Worker {
 public:
  /// At most `most_waiting` jobs wait.
  Worker(asio::io_context& context, std::size_t most_waiting);
  /// Every job that waits is still done. Whoever waits in run() has to be gone by then.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Runs the job on the thread, after those before it, and returns on the context. False: too many wait, and the job
  /// was not taken. The job must not throw.
  awaitable<bool> run(std::function<void()> job);

  /// The same without waiting for the end.
  bool post(std::function<void()> job);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsprobe::net
