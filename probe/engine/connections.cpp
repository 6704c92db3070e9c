#include "engine/connections.hpp"

#include <algorithm>
#include <utility>

#include "net/tasks.hpp"

namespace wsprobe::engine {

struct Connections::Opening {
  net::Authority authority;
  OpenedFor purpose = OpenedFor::spare;
  Evidence evidence;
  std::optional<Result<net::StreamPtr>> result;  // none while it is being opened
  TimePoint ended{};

  /// What an exchange can make of it now that it has ended.
  [[nodiscard]] bool is_usable() const {
    if (!result || SteadyClock::now() - ended > longest_wait) return false;
    return result->has_value() ? (**result)->is_quiet() : purpose == OpenedFor::step;
  }
};

namespace {

/// What open() says of an opening, from one that was made ahead.
void hand_over(Evidence& opened, Evidence& evidence) {
  evidence.resolved = std::move(opened.resolved);
  evidence.attempts = std::move(opened.attempts);
  evidence.address = std::move(opened.address);
  evidence.tls = std::move(opened.tls);
  evidence.times.prepend(opened.times, SteadyClock::now());
}

}  // namespace

Connections::Connections(net::Connector& connector)
    : connector_(connector), ahead_(connector.branch()), changed_(connector.context()) {}

Connections::~Connections() = default;

void Connections::prepare(const net::Authority& authority, std::size_t count, OpenedFor purpose, Deadline deadline) {
  const auto is_for_it = [&](const OpeningPtr& opening) { return opening->authority == authority; };
  auto there = static_cast<std::size_t>(std::count_if(waiting_.begin(), waiting_.end(), is_for_it));
  for (; there < count; ++there) {
    const auto opening = std::make_shared<Opening>();
    opening->authority = authority;
    opening->purpose = purpose;
    waiting_.push_back(opening);
    ++under_way_;
    net::spawn(connector_.context(), begin(opening, deadline));
  }
}

net::awaitable<void> Connections::begin(OpeningPtr opening, Deadline deadline) {
  opening->evidence.times.start(SteadyClock::now());
  net::awaitable<Result<net::StreamPtr>> opened = ahead_->open(opening->authority, deadline, opening->evidence);
  Result<net::StreamPtr> result = co_await std::move(opened);
  opening->ended = SteadyClock::now();
  opening->evidence.times.finish(opening->ended);
  opening->result = std::move(result);
  --under_way_;
  changed_.tell();
}

Connections::OpeningPtr Connections::take(const net::Authority& authority) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const OpeningPtr& opening) { return opening->authority == authority; });
  if (found == waiting_.end()) return nullptr;
  OpeningPtr opening = std::move(*found);
  waiting_.erase(found);
  return opening;
}

net::awaitable<Result<net::StreamPtr>> Connections::open(net::Authority authority, Deadline deadline,
                                                         Evidence& evidence) {
  while (const OpeningPtr opening = take(authority)) {
    while (!opening->result) co_await changed_.wait(TimePoint::max());  // it has a deadline of its own
    if (!opening->is_usable()) continue;
    hand_over(opening->evidence, evidence);
    co_return std::move(*opening->result);
  }
  net::awaitable<Result<net::StreamPtr>> opened = connector_.open(std::move(authority), deadline, evidence);
  co_return co_await std::move(opened);
}

net::awaitable<void> Connections::close() {
  waiting_.clear();
  ahead_->cancel();
  while (under_way_ > 0) co_await changed_.wait(TimePoint::max());
}

}  // namespace wsprobe::engine
