#include "net/connect.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/event.hpp"
#include "net/tasks.hpp"

namespace wsprobe::net {
namespace {

constexpr auto attempt_delay = std::chrono::milliseconds(250);

Error connect_error(int error_number, const SocketAddress& address) {
  const std::string detail = fmt::format("{}: {}", address.to_string(), std::strerror(error_number));
  const auto error = [&](Reason reason) { return make_error(Phase::connect, reason, detail); };
  switch (error_number) {
    case ECONNREFUSED: return error(Reason::tcp_refused);
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EAFNOSUPPORT:
    case EINVAL: return error(Reason::tcp_unreachable);  // EINVAL: a link-local address without its zone
    case ECONNRESET:
    case ECONNABORTED: return error(Reason::tcp_reset);
    case ETIMEDOUT: return error(Reason::timeout_connect);
    case EACCES:
    case EPERM: return error(Reason::tcp_not_permitted);
    case EMFILE:
    case ENFILE: return error(Reason::out_of_descriptors);
    case ENOMEM:
    case ENOBUFS: return error(Reason::out_of_memory);
    case EADDRNOTAVAIL: return error(Reason::local_error);
    default: return error(Reason::tcp_error);
  }
}

Result<SocketPtr> start_connect(asio::io_context& context, const SocketAddress& address,
                                std::shared_ptr<Cancellation> cancellation) {
  const int descriptor = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return tl::unexpected(connect_error(errno, address));
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 &&
      errno != EINPROGRESS) {
    const Error error = connect_error(errno, address);
    ::close(descriptor);
    return tl::unexpected(error);
  }
  return std::make_shared<Socket>(context, descriptor, std::move(cancellation));
}

/// On one machine the connection stands when connect() returns; that need not be waited for.
bool is_connected_already(const Socket& socket, Deadline deadline) {
  pollfd state{socket.native(), POLLOUT, 0};
  return SteadyClock::now() < deadline && ::poll(&state, 1, 0) == 1 && state.revents == POLLOUT;
}

awaitable<Result<SocketPtr>> finish_connect(SocketPtr socket, SocketAddress address, Deadline deadline) {
  const WaitResult waited = co_await socket->wait(Readiness::write, deadline);
  if (waited != WaitResult::ready) {
    Error error = wait_error(waited, Phase::connect);
    if (waited == WaitResult::timed_out) error.detail = address.to_string() + ": no answer in time";
    co_return tl::unexpected(std::move(error));
  }
  int pending = 0;
  socklen_t size = sizeof pending;
  if (::getsockopt(socket->native(), SOL_SOCKET, SO_ERROR, &pending, &size) != 0) pending = errno;
  if (pending != 0) co_return tl::unexpected(connect_error(pending, address));
  co_return socket;
}

struct Attempt {
  std::string address;
  std::weak_ptr<Socket> socket;
  bool running = true;
};

/// What the attempts share. They hold it themselves, so that losers may end after the race.
struct Race {
  std::unique_ptr<Event> changed;  // renewed for each wait
  std::vector<Attempt> attempts;
  std::vector<ConnectAttempt> failures;
  SocketPtr winner;
  std::string winner_address;

  [[nodiscard]] bool is_running() const {
    return std::any_of(attempts.begin(), attempts.end(), [](const Attempt& each) { return each.running; });
  }

  /// Ends the attempts that still run; at the deadline they are failures too.
  void end(bool deadline_passed) {
    for (const Attempt& each : attempts) {
      if (!each.running) continue;
      if (deadline_passed) {
        failures.push_back(
            {each.address, make_error(Phase::connect, Reason::timeout_connect, each.address + ": no answer in time")});
      }
      if (const SocketPtr socket = each.socket.lock()) socket->cancel();
    }
  }
};

awaitable<void> run_attempt(asio::io_context& context, std::shared_ptr<Race> race, std::size_t at,
                            SocketAddress address, Deadline deadline, std::shared_ptr<Cancellation> cancellation) {
  Result<SocketPtr> result = start_connect(context, address, std::move(cancellation));
  if (result) {
    race->attempts[at].socket = *result;
    if (!is_connected_already(**result, deadline)) result = co_await finish_connect(*result, address, deadline);
  }
  Attempt& self = race->attempts[at];
  self.running = false;
  if (result && !race->winner) {
    race->winner = std::move(*result);
    race->winner_address = self.address;
  } else if (!result && result.error().reason != Reason::cancelled) {
    race->failures.push_back({self.address, std::move(result.error())});
  }
  race->changed->set();
}

/// One error for all, with what happened to each in its detail. That there is no route says less than what a machine
/// that has one heard: a host without IPv6 must not hide that the service is down.
Error summarise(const std::vector<ConnectAttempt>& failures) {
  const auto telling = std::find_if(failures.begin(), failures.end(), [](const ConnectAttempt& each) {
    return each.error.reason != Reason::tcp_unreachable;
  });
  Error error = telling != failures.end() ? telling->error : failures.front().error;
  error.detail.clear();
  for (const ConnectAttempt& each : failures) {
    error.detail += fmt::format("{}{}", error.detail.empty() ? "" : "; ", each.error.detail);
  }
  return error;
}

awaitable<Result<SocketPtr>> connect_only(asio::io_context& context, SocketAddress address, Deadline deadline,
                                          std::shared_ptr<Cancellation> cancellation, Evidence& evidence) {
  auto result = start_connect(context, address, std::move(cancellation));
  if (result && !is_connected_already(**result, deadline)) {
    result = co_await finish_connect(std::move(*result), address, deadline);
  }
  if (result) {
    evidence.address = address.to_string();
  } else if (result.error().reason != Reason::cancelled) {
    evidence.attempts.push_back({address.to_string(), result.error()});
  }
  co_return result;
}

awaitable<Result<SocketPtr>> connect_first(asio::io_context& context, std::vector<SocketAddress> addresses,
                                           Deadline deadline, std::shared_ptr<Cancellation> cancellation,
                                           Evidence& evidence) {
  const auto race = std::make_shared<Race>();
  while (!race->winner && !cancellation->cancelled() && SteadyClock::now() < deadline) {
    const std::size_t next = race->attempts.size();
    const bool all_started = next == addresses.size();
    if (all_started && !race->is_running()) break;
    race->changed = std::make_unique<Event>(context);
    if (!all_started) {
      race->attempts.push_back({addresses[next].to_string(), {}});
      spawn(context, run_attempt(context, race, next, addresses[next], deadline, cancellation));
    }
    const bool more = next + 1 < addresses.size();
    co_await race->changed->wait(more ? std::min(deadline, SteadyClock::now() + attempt_delay) : deadline);
  }
  race->end(!race->winner && !cancellation->cancelled());
  evidence.attempts = race->failures;
  if (race->winner) {
    evidence.address = race->winner_address;
    co_return std::move(race->winner);
  }
  if (cancellation->cancelled()) co_return tl::unexpected(make_error(Phase::connect, Reason::cancelled));
  if (race->failures.empty()) co_return tl::unexpected(make_error(Phase::connect, Reason::timeout_connect));
  co_return tl::unexpected(summarise(race->failures));
}

}  // namespace

awaitable<Result<SocketPtr>> connect_any(asio::io_context& context, std::vector<SocketAddress> addresses,
                                         Deadline deadline, std::shared_ptr<Cancellation> cancellation,
                                         Evidence& evidence) {
  if (addresses.size() == 1) {
    return connect_only(context, addresses.front(), deadline, std::move(cancellation), evidence);
  }
  return connect_first(context, std::move(addresses), deadline, std::move(cancellation), evidence);
}

}  // namespace wsprobe::net
