#include "net/worker.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include "net/event.hpp"

namespace wsprobe::net {

class Worker::Impl {
 public:
  Impl(asio::io_context& context, std::size_t most_waiting)
      : context_(context), most_waiting_(most_waiting), thread_([this] { work(); }) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  bool post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() >= most_waiting_) return false;
      waiting_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
  }

  asio::io_context& context() { return context_; }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const std::function<void()> job = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  asio::io_context& context_;
  std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

Worker::Worker(asio::io_context& context, std::size_t most_waiting)
    : impl_(std::make_unique<Impl>(context, most_waiting)) {}
Worker::~Worker() = default;

bool Worker::post(std::function<void()> job) { return impl_->post(std::move(job)); }

awaitable<bool> Worker::run(std::function<void()> job) {
  asio::io_context& context = impl_->context();
  const auto done = std::make_shared<Event>(context);
  // The context must not run out of work while only the thread has some.
  auto guard = asio::make_work_guard(context);
  std::function<void()> whole = [job = std::move(job), done, &context] {
    job();
    asio::post(context, [done] { done->set(); });
  };
  if (!impl_->post(std::move(whole))) co_return false;
  co_await done->wait(TimePoint::max());
  co_return true;
}

}  // namespace wsprobe::net
