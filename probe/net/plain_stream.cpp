#include "net/plain_stream.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace wsprobe::net {

awaitable<Result<std::size_t>> PlainStream::read_some(std::span<std::byte> into, Phase phase, Deadline deadline) {
  for (;;) {
    if (!socket_->is_usable()) co_return tl::unexpected(wait_error(WaitResult::cancelled, phase));
    if (!socket_->turn_is_over()) {
      const ssize_t received = ::recv(socket_->native(), into.data(), into.size(), 0);
      if (received >= 0) {
        socket_->count_read(static_cast<std::size_t>(received));
        co_return static_cast<std::size_t>(received);
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) co_return tl::unexpected(transfer_error(errno, phase));
    }
    const WaitResult waited = co_await socket_->wait(Readiness::read, deadline);
    if (waited != WaitResult::ready) co_return tl::unexpected(wait_error(waited, phase));
  }
}

awaitable<Result<void>> PlainStream::write(std::span<const std::byte> bytes, Phase phase, Deadline deadline) {
  while (!bytes.empty()) {
    if (!socket_->is_usable()) co_return tl::unexpected(wait_error(WaitResult::cancelled, phase));
    const ssize_t sent = ::send(socket_->native(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return tl::unexpected(transfer_error(errno, phase));
    const WaitResult waited = co_await socket_->wait(Readiness::write, deadline);
    if (waited != WaitResult::ready) co_return tl::unexpected(wait_error(waited, phase));
  }
  co_return Result<void>{};
}

bool PlainStream::is_quiet() {
  if (!socket_->is_usable()) return false;
  char byte = 0;
  return ::recv(socket_->native(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace wsprobe::net
