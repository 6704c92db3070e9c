#include "net/connect.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
    case EAFNOSUPPORT: return error(Reason::tcp_unreachable);
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

awaitable<Result<SocketPtr>> connect_one(asio::io_context& context, SocketAddress address, Deadline deadline,
                                         std::shared_ptr<Cancellation> cancellation,
                                         std::vector<std::weak_ptr<Socket>>& opened) {
  const int descriptor = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) co_return tl::unexpected(connect_error(errno, address));
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int connected = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address.storage), address.length);
  const int failure = connected == 0 ? 0 : errno;
  if (failure != 0 && failure != EINPROGRESS) {
    ::close(descriptor);
    co_return tl::unexpected(connect_error(failure, address));
  }
  SocketPtr socket = std::make_shared<Socket>(context, descriptor, std::move(cancellation));
  opened.push_back(socket);
  if (failure == 0) co_return socket;
  const WaitResult waited = co_await socket->wait(Readiness::write, deadline);
  if (waited != WaitResult::ready) {
    Error error = wait_error(waited, Phase::connect);
    error.detail = address.to_string();
    co_return tl::unexpected(std::move(error));
  }
  int pending = 0;
  socklen_t size = sizeof pending;
  ::getsockopt(socket->native(), SOL_SOCKET, SO_ERROR, &pending, &size);
  if (pending != 0) co_return tl::unexpected(connect_error(pending, address));
  co_return socket;
}

/// What the attempts share. They hold it themselves, so that losers may end after the race.
struct Race {
  std::unique_ptr<Event> changed;  // renewed for each wait
  std::vector<std::weak_ptr<Socket>> opened;
  SocketPtr winner;
  std::string winner_address;
  std::vector<ConnectAttempt> failures;
  std::size_t running = 0;

  void end() {
    for (const auto& weak : opened) {
      const SocketPtr socket = weak.lock();
      if (socket && socket != winner) socket->cancel();
    }
  }
};

awaitable<void> attempt(asio::io_context& context, std::shared_ptr<Race> race, SocketAddress address, Deadline deadline,
                        std::shared_ptr<Cancellation> cancellation) {
  auto result = co_await connect_one(context, address, deadline, cancellation, race->opened);
  --race->running;
  if (result && !race->winner) {
    race->winner = std::move(*result);
    race->winner_address = address.to_string();
  } else if (!result) {
    race->failures.push_back({address.to_string(), std::move(result.error())});
  }
  race->changed->set();
}

/// One error for all: the first, with what happened to the others in its detail.
Error summarise(const std::vector<ConnectAttempt>& failures) {
  Error error = failures.front().error;
  for (std::size_t at = 1; at < failures.size(); ++at) error.detail += "; " + failures[at].error.detail;
  return error;
}

}  // namespace

awaitable<Result<SocketPtr>> connect_any(asio::io_context& context, std::vector<SocketAddress> addresses,
                                         Deadline deadline, std::shared_ptr<Cancellation> cancellation,
                                         Evidence& evidence) {
  if (addresses.size() == 1) {
    std::vector<std::weak_ptr<Socket>> opened;
    auto only = co_await connect_one(context, addresses.front(), deadline, cancellation, opened);
    if (only) {
      evidence.address = addresses.front().to_string();
    } else {
      evidence.attempts.push_back({addresses.front().to_string(), only.error()});
    }
    co_return only;
  }
  const auto race = std::make_shared<Race>();
  std::size_t next = 0;
  while (!race->winner && !cancellation->cancelled() && SteadyClock::now() < deadline) {
    race->changed = std::make_unique<Event>(context);
    if (next < addresses.size()) {
      ++race->running;
      spawn(context, attempt(context, race, addresses[next++], deadline, cancellation));
    } else if (race->running == 0) {
      break;
    }
    const TimePoint until = next < addresses.size() ? std::min(deadline, SteadyClock::now() + attempt_delay) : deadline;
    co_await race->changed->wait(until);
  }
  evidence.attempts = race->failures;
  race->end();
  if (race->winner) {
    evidence.address = race->winner_address;
    co_return std::move(race->winner);
  }
  if (cancellation->cancelled()) co_return tl::unexpected(make_error(Phase::connect, Reason::cancelled));
  if (race->running > 0 || race->failures.empty()) {
    co_return tl::unexpected(make_error(Phase::connect, Reason::timeout_connect));
  }
  co_return tl::unexpected(summarise(race->failures));
}

}  // namespace wsprobe::net
