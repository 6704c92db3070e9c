// c-ares is given one channel a look-up. It tells which of its sockets it wants to hear of; those are watched through
// Asio until it closes them, and one timer serves its own retransmissions and our deadline. Destroying the channel
// abandons everything.
#include "net/resolver.hpp"

#include <algorithm>
#include <map>

#include <ares.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netdb.h>
#include <sys/time.h>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "net/event.hpp"

namespace wsprobe::net {
namespace {

constexpr std::size_t most_addresses = 16;

Reason reason_of(int status) {
  switch (status) {
    case ARES_ENOTFOUND: return Reason::dns_not_found;
    case ARES_ENODATA: return Reason::dns_no_address;
    case ARES_ESERVFAIL: return Reason::dns_server_failure;
    case ARES_EREFUSED: return Reason::dns_refused;
    case ARES_EFORMERR:
    case ARES_ENOTIMP:
    case ARES_EBADRESP: return Reason::dns_malformed;
    case ARES_ECONNREFUSED: return Reason::dns_unreachable;
    case ARES_ETIMEOUT: return Reason::timeout_resolve;
    case ARES_EBADNAME: return Reason::dns_bad_name;
    case ARES_ENOMEM: return Reason::out_of_memory;
    default: return Reason::dns_error;
  }
}

std::string numeric(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  const void* raw = address->sa_family == AF_INET6
                        ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
                        : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
  ::inet_ntop(address->sa_family, raw, text, sizeof text);
  return text;
}

/// First family first, then alternating (RFC 8305 section 4): one dead family costs one attempt, not all of them.
std::vector<std::string> alternate_families(const std::vector<std::string>& addresses) {
  const auto is_ipv6 = [](const std::string& address) { return address.find(':') != std::string::npos; };
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (const std::string& address : addresses) {
    (is_ipv6(address) == is_ipv6(addresses.front()) ? first : second).push_back(address);
  }
  std::vector<std::string> out;
  for (std::size_t at = 0; at < std::max(first.size(), second.size()); ++at) {
    if (at < first.size()) out.push_back(first[at]);
    if (at < second.size()) out.push_back(second[at]);
  }
  if (out.size() > most_addresses) out.resize(most_addresses);
  return out;
}

int family_of(AddressFamily family) {
  switch (family) {
    case AddressFamily::any: return AF_UNSPEC;
    case AddressFamily::ipv4: return AF_INET;
    case AddressFamily::ipv6: return AF_INET6;
  }
  return AF_UNSPEC;
}

}  // namespace

class Lookups::Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  Lookup(asio::io_context& context, Deadline deadline)
      : context_(context), timer_(context), ended_(context), deadline_(deadline) {}

  ~Lookup() { abandon(); }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  void start(const std::string& host, int family, const std::vector<std::string>& name_servers) {
    ares_options options{};
    options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      static_cast<Lookup*>(self)->watch(socket, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    if (const int status = ares_init_options(&channel_, &options, ARES_OPT_SOCK_STATE_CB); status != ARES_SUCCESS) {
      channel_ = nullptr;
      return finish(status, nullptr);
    }
    if (!name_servers.empty()) {
      ares_set_servers_ports_csv(channel_, fmt::format("{}", fmt::join(name_servers, ",")).c_str());
    }
    ares_addrinfo_hints hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(
        channel_, host.c_str(), nullptr, &hints,
        [](void* self, int status, int, ares_addrinfo* found) { static_cast<Lookup*>(self)->finish(status, found); },
        this);
    rearm();
  }

  awaitable<void> wait() { return ended_.wait(deadline_); }

  void cancel() {
    cancelled_ = true;
    ended_.set();
  }

  /// Stops everything; c-ares tells the callback that its channel is gone, which must not count as an answer.
  void abandon() {
    abandoned_ = true;
    timer_.cancel();
    if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
    watched_.clear();
  }

  [[nodiscard]] Result<std::vector<std::string>> result() const {
    const auto failure = [](Reason reason, std::string detail = {}) {
      return tl::unexpected(make_error(Phase::resolve, reason, std::move(detail)));
    };
    if (cancelled_) return failure(Reason::cancelled);
    if (!ended_.is_set()) return failure(Reason::timeout_resolve);
    if (status_ != ARES_SUCCESS) return failure(reason_of(status_), ares_strerror(status_));
    if (addresses_.empty()) return failure(Reason::dns_no_address);
    return alternate_families(addresses_);
  }

 private:
  struct Watched {
    explicit Watched(asio::io_context& context, int socket) : descriptor(context, socket) {}
    // The descriptor is c-ares' own: it is released, never closed here.
    ~Watched() { descriptor.release(); }
    asio::posix::stream_descriptor descriptor;
    bool reading = false;
    bool writing = false;
    bool awaiting_read = false;
    bool awaiting_write = false;
  };

  void watch(ares_socket_t socket, bool readable, bool writable) {
    if (!readable && !writable) {
      watched_.erase(socket);
      return;
    }
    auto& watched = watched_[socket];
    if (!watched) watched = std::make_shared<Watched>(context_, socket);
    watched->reading = readable;
    watched->writing = writable;
    listen(socket, watched);
  }

  void listen(ares_socket_t socket, const std::shared_ptr<Watched>& watched) {
    using asio::posix::descriptor_base;
    if (watched->reading && !watched->awaiting_read) {
      watched->awaiting_read = true;
      watched->descriptor.async_wait(descriptor_base::wait_read, handler(socket, watched, Direction::read));
    }
    if (watched->writing && !watched->awaiting_write) {
      watched->awaiting_write = true;
      watched->descriptor.async_wait(descriptor_base::wait_write, handler(socket, watched, Direction::write));
    }
  }

  enum class Direction : std::uint8_t { read, write };

  std::function<void(const asio::error_code&)> handler(ares_socket_t socket, const std::shared_ptr<Watched>& watched,
                                                       Direction direction) {
    return [weak = weak_from_this(), weak_watched = std::weak_ptr(watched), socket,
            direction](const asio::error_code& failure) {
      const auto self = weak.lock();
      const auto still_watched = weak_watched.lock();
      if (failure || !self || !still_watched || self->channel_ == nullptr) return;
      (direction == Direction::read ? still_watched->awaiting_read : still_watched->awaiting_write) = false;
      ares_process_fd(self->channel_, direction == Direction::read ? socket : ARES_SOCKET_BAD,
                      direction == Direction::write ? socket : ARES_SOCKET_BAD);
      if (self->watched_.contains(socket)) self->listen(socket, self->watched_[socket]);
      self->rearm();
    };
  }

  void rearm() {
    if (channel_ == nullptr || ended_.is_set()) return;
    timeval longest{1, 0};
    timeval next{};
    ares_timeout(channel_, &longest, &next);
    timer_.expires_after(std::chrono::seconds(next.tv_sec) + std::chrono::microseconds(next.tv_usec));
    timer_.async_wait([weak = weak_from_this()](const asio::error_code& failure) {
      const auto self = weak.lock();
      if (failure || !self || self->channel_ == nullptr) return;
      ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      self->rearm();
    });
  }

  void finish(int status, ares_addrinfo* found) {
    if (!abandoned_) {
      status_ = status;
      for (const auto* node = found != nullptr ? found->nodes : nullptr; node != nullptr; node = node->ai_next) {
        addresses_.push_back(numeric(node->ai_addr));
      }
      ended_.set();
    }
    if (found != nullptr) ares_freeaddrinfo(found);
  }

  asio::io_context& context_;
  asio::steady_timer timer_;
  Event ended_;
  Deadline deadline_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<Watched>> watched_;
  std::vector<std::string> addresses_;
  int status_ = ARES_SUCCESS;
  bool cancelled_ = false;
  bool abandoned_ = false;
};

void Lookups::cancel() {
  cancelled_ = true;
  for (const auto& weak : running_) {
    if (const auto lookup = weak.lock()) lookup->cancel();
  }
}

awaitable<Result<std::vector<std::string>>> resolve(asio::io_context& context, const ConnectSettings& settings,
                                                    Lookups& lookups, std::string host, Deadline deadline) {
  if (lookups.cancelled()) co_return tl::unexpected(make_error(Phase::resolve, Reason::cancelled));
  const auto lookup = std::make_shared<Lookups::Lookup>(context, deadline);
  std::erase_if(lookups.running_, [](const auto& weak) { return weak.expired(); });
  lookups.running_.push_back(lookup);
  lookup->start(host, family_of(settings.family), settings.name_servers);
  co_await lookup->wait();
  auto result = lookup->result();
  lookup->abandon();
  if (!result)
    result.error().detail =
        fmt::format("{}{}{}", host, result.error().detail.empty() ? "" : ": ", result.error().detail);
  co_return result;
}

}  // namespace wsprobe::net
