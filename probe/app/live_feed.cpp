#include "app/live_feed.hpp"

#include <fmt/format.h>

#include "core/clock.hpp"
#include "net/tasks.hpp"

namespace wsprobe::app {
namespace {

constexpr Duration pause = std::chrono::seconds(1);
constexpr Duration heartbeat = std::chrono::seconds(15);
constexpr std::size_t most_names = 1000;

}  // namespace

void LiveFeed::ran(const std::string& scenario) {
  for (Follower* follower : followers_) {
    if (follower->names.size() < most_names) follower->names.insert(scenario);
    follower->news.set();
  }
}

void LiveFeed::close() {
  closed_ = true;
  for (Follower* follower : followers_) follower->news.set();
}

net::awaitable<void> LiveFeed::follow(web::BodyWriter& writer) {
  Follower follower(context_);
  followers_.insert(&follower);
  bool is_there = co_await writer.write("retry: 3000\n\n");
  while (is_there && !closed_) {
    const TimePoint until = SteadyClock::now() + heartbeat;
    co_await follower.news.wait(until);
    follower.news.clear();
    if (closed_) break;
    std::string message = ": still here\n\n";
    if (!follower.names.empty()) {
      message = "event: ran\ndata:";
      for (const std::string& name : follower.names) message += " " + name;
      message += "\n\n";
      follower.names.clear();
    }
    is_there = co_await writer.write(std::move(message));
    const TimePoint again = SteadyClock::now() + pause;
    co_await net::wait_until(again);
  }
  followers_.erase(&follower);
}

}  // namespace wsprobe::app
