#include "net/listener.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/plain_stream.hpp"
#include "net/socket.hpp"

namespace wsprobe::net {
namespace {

Error listen_error(const std::string& address, std::uint16_t port) {
  return make_error(Phase::connect, Reason::local_error,
                    fmt::format("cannot listen on {}:{}: {}", address, port, std::strerror(errno)));
}

}  // namespace

class Listener::Impl {
 public:
  Impl(asio::io_context& context, std::shared_ptr<Cancellation> cancellation, SocketPtr socket)
      : context_(context), cancellation_(std::move(cancellation)), socket_(std::move(socket)) {}

  [[nodiscard]] std::uint16_t port() const {
    SocketAddress address;
    address.length = sizeof address.storage;
    ::getsockname(socket_->native(), reinterpret_cast<sockaddr*>(&address.storage), &address.length);
    return address.family() == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port)
                                        : ntohs(reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
  }

  awaitable<Result<SocketPtr>> accept() {
    for (;;) {
      if (!socket_->is_usable()) co_return tl::unexpected(make_error(Phase::connect, Reason::cancelled));
      const int accepted = ::accept4(socket_->native(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) {
        const int on = 1;
        ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        co_return std::make_shared<Socket>(context_, accepted, cancellation_);
      }
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) co_return tl::unexpected(transfer_error(errno, Phase::connect));
      const WaitResult waited = co_await socket_->wait(Readiness::read, Deadline::max());
      if (waited != WaitResult::ready) co_return tl::unexpected(wait_error(waited, Phase::connect));
    }
  }

  void close() {
    cancellation_->cancel();
    socket_->close();
  }

 private:
  asio::io_context& context_;
  std::shared_ptr<Cancellation> cancellation_;
  SocketPtr socket_;
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() { impl_->close(); }

Result<std::unique_ptr<Listener>> Listener::bind(asio::io_context& context, const std::string& address,
                                                 std::uint16_t port) {
  const SocketAddress local = parse_address(address, port);
  if (local.length == 0) {
    return tl::unexpected(make_error(Phase::connect, Reason::bad_configuration, address + " is no numeric address"));
  }
  const int descriptor = ::socket(local.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return tl::unexpected(listen_error(address, port));
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* raw = reinterpret_cast<const sockaddr*>(&local.storage);
  if (::bind(descriptor, raw, local.length) != 0 || ::listen(descriptor, SOMAXCONN) != 0) {
    const Error error = listen_error(address, port);
    ::close(descriptor);
    return tl::unexpected(error);
  }
  auto cancellation = std::make_shared<Cancellation>();
  auto socket = std::make_shared<Socket>(context, descriptor, cancellation);
  if (const int failure = socket->watch(); failure != 0) {
    errno = failure;
    return tl::unexpected(listen_error(address, port));
  }
  auto impl = std::make_unique<Impl>(context, std::move(cancellation), std::move(socket));
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

std::uint16_t Listener::port() const { return impl_->port(); }
awaitable<Result<SocketPtr>> Listener::accept_socket() { co_return co_await impl_->accept(); }

awaitable<Result<StreamPtr>> Listener::accept() {
  auto socket = co_await impl_->accept();
  if (!socket) co_return tl::unexpected(std::move(socket.error()));
  StreamPtr stream = std::make_unique<PlainStream>(std::move(*socket));
  co_return stream;
}

void Listener::close() { impl_->close(); }

}  // namespace wsprobe::net
