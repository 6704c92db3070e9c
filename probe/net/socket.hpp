// A non-blocking TCP socket and its deadline.
//
// System calls are tried first and waited for only when they would block: epoll does not know of a socket before. One
// timer a socket serves all its operations: it is armed anew only when the deadline changes, which in an exchange it
// hardly does.
//
// A peer that sends faster than it is read never makes a read block. So that it can neither keep the other sockets of
// this thread waiting nor outrun the deadline, a reader waits all the same once it has read `turn_bytes`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>

#include <sys/socket.h>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "net/asio.hpp"

namespace wsprobe::net {

class Socket;

/// What Connector::cancel() reaches: every socket alive.
class Cancellation {
 public:
  void cancel();
  [[nodiscard]] bool cancelled() const { return cancelled_; }

 private:
  friend class Socket;
  std::set<Socket*> sockets_;
  bool cancelled_ = false;
};

enum class Readiness : std::uint8_t { read, write };
enum class WaitResult : std::uint8_t {
  ready,
  timed_out,
  cancelled,
  not_watched,  ///< the kernel has no room for it in its list
};

class Socket : public std::enable_shared_from_this<Socket> {
 public:
  /// Takes over a non-blocking descriptor.
  Socket(asio::io_context& context, int descriptor, std::shared_ptr<Cancellation> cancellation);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] int native() const { return native_; }
  [[nodiscard]] bool is_open() const { return native_ >= 0; }
  /// Open, and not cancelled.
  [[nodiscard]] bool is_usable() const { return is_open() && !cancelled_; }

  awaitable<WaitResult> wait(Readiness readiness, Deadline deadline);
  /// Has the kernel watch it, as the first wait does otherwise. 0, or an errno.
  int watch();

  static constexpr std::size_t turn_bytes = std::size_t{32} * 1024;
  void count_read(std::size_t bytes) { read_since_wait_ += bytes; }
  /// The next read has to be waited for.
  [[nodiscard]] bool turn_is_over() const { return read_since_wait_ >= turn_bytes; }
  void cancel();
  void close();

 private:
  void arm(Deadline deadline);

  asio::posix::stream_descriptor descriptor_;  // open once watched
  asio::steady_timer timer_;
  std::shared_ptr<Cancellation> cancellation_;
  Deadline armed_{};
  std::size_t read_since_wait_ = 0;
  int native_;  // -1 once closed
  bool expired_ = false;
  bool cancelled_ = false;
};

using SocketPtr = std::shared_ptr<Socket>;

/// The error of a wait that did not end in readiness.
[[nodiscard]] Error wait_error(WaitResult result, Phase phase);

/// The error of a failed read or write on a connected socket.
[[nodiscard]] Error transfer_error(int error_number, Phase phase);

/// A numeric address with port, as the system calls want it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] int family() const { return storage.ss_family; }
  /// "192.0.2.7:443", "[2001:db8::1]:443"
  [[nodiscard]] std::string to_string() const;
};

/// `text` as a numeric IPv4 or IPv6 address (a zone is allowed); length 0 where it is none.
[[nodiscard]] SocketAddress parse_address(const std::string& text, std::uint16_t port);

}  // namespace wsprobe::net
