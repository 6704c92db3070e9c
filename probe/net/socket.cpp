#include "net/socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/compile.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace wsprobe::net {

void Cancellation::cancel() {
  cancelled_ = true;
  for (Socket* socket : sockets_) socket->cancel();
}

Socket::Socket(asio::io_context& context, int descriptor, std::shared_ptr<Cancellation> cancellation)
    : descriptor_(context),
      timer_(context),
      cancellation_(std::move(cancellation)),
      native_(descriptor),
      cancelled_(cancellation_->cancelled()) {
  cancellation_->sockets_.insert(this);
}

Socket::~Socket() {
  cancellation_->sockets_.erase(this);
  close();
}

void Socket::arm(Deadline deadline) {
  if (armed_ == deadline) return;
  armed_ = deadline;
  expired_ = false;
  timer_.expires_at(deadline);
  timer_.async_wait([weak = weak_from_this(), deadline](const asio::error_code& failure) {
    const SocketPtr self = weak.lock();
    if (failure || !self || self->armed_ != deadline) return;
    self->expired_ = true;
    asio::error_code ignored;
    self->descriptor_.cancel(ignored);
  });
}

int Socket::watch() {
  asio::error_code failure;
  if (!descriptor_.is_open()) descriptor_.assign(native_, failure);
  return failure.value();
}

awaitable<WaitResult> Socket::wait(Readiness readiness, Deadline deadline) {
  if (!is_usable()) co_return WaitResult::cancelled;
  read_since_wait_ = 0;
  if (watch() != 0) co_return WaitResult::not_watched;
  arm(deadline);
  if (expired_ || deadline <= SteadyClock::now()) co_return WaitResult::timed_out;
  const auto keep_alive = shared_from_this();
  asio::error_code failure;
  const auto type =
      readiness == Readiness::read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  co_await descriptor_.async_wait(type, asio::redirect_error(asio::use_awaitable, failure));
  if (!is_usable()) co_return WaitResult::cancelled;
  if (expired_ && armed_ == deadline) co_return WaitResult::timed_out;
  co_return WaitResult::ready;
}

void Socket::cancel() {
  cancelled_ = true;
  asio::error_code ignored;
  if (is_open()) descriptor_.cancel(ignored);
}

void Socket::close() {
  if (!is_open()) return;
  timer_.cancel();
  asio::error_code ignored;
  if (descriptor_.is_open()) {
    descriptor_.close(ignored);
  } else {
    ::close(native_);
  }
  native_ = -1;
}

Error wait_error(WaitResult result, Phase phase) {
  if (result == WaitResult::not_watched)
    return make_error(phase, Reason::local_error, "epoll does not take the socket");
  return make_error(phase, result == WaitResult::timed_out ? timeout_in(phase) : Reason::cancelled);
}

Error transfer_error(int error_number, Phase phase) {
  const std::string detail = std::strerror(error_number);
  switch (error_number) {
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      switch (phase) {
        case Phase::request: return make_error(phase, Reason::closed_in_request, detail);
        case Phase::response: return make_error(phase, Reason::reset_in_body, detail);
        case Phase::message:
        case Phase::close: return make_error(phase, Reason::reset_in_session, detail);
        case Phase::tls: return make_error(phase, Reason::tls_reset_in_handshake, detail);
        case Phase::resolve:
        case Phase::connect:
        case Phase::first_byte:
        case Phase::upgrade: return make_error(phase, Reason::reset_before_response, detail);
      }
      break;
    case ETIMEDOUT: return make_error(phase, timeout_in(phase), detail);
    case ENETUNREACH:
    case EHOSTUNREACH: return make_error(phase, Reason::tcp_unreachable, detail);
    case ENOMEM:
    case ENOBUFS: return make_error(phase, Reason::out_of_memory, detail);
    case EMFILE:
    case ENFILE: return make_error(phase, Reason::out_of_descriptors, detail);
    default: break;
  }
  return make_error(phase, Reason::local_error, detail);
}

std::string SocketAddress::to_string() const {
  if (family() == AF_INET) {
    // Every probe asks for this, twice, and getnameinfo() would cost it more than parsing the answer does.
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(&storage);
    std::array<unsigned char, 4> bytes{};
    std::memcpy(bytes.data(), &ipv4->sin_addr, bytes.size());
    std::array<char, sizeof "255.255.255.255:65535"> text;
    char* end = fmt::format_to(text.data(), FMT_COMPILE("{}.{}.{}.{}:{}"), bytes[0], bytes[1], bytes[2], bytes[3],
                               ntohs(ipv4->sin_port));
    return {text.data(), end};
  }
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  return fmt::format("[{}]:{}", host, port);
}

SocketAddress parse_address(const std::string& text, std::uint16_t port) {
  SocketAddress address;
  auto* ipv4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &ipv4->sin_addr) == 1) {
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    address.length = sizeof *ipv4;
    return address;
  }
  // Not inet_pton: it refuses the zone of a link-local address.
  addrinfo hints{};
  hints.ai_family = AF_INET6;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (text.find(':') == std::string::npos || ::getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0) return address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  ::freeaddrinfo(found);
  reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = htons(port);
  return address;
}

}  // namespace wsprobe::net
