// c-ares is given one channel a look-up. It tells which of its sockets it wants to hear of; those are watched through
// Asio until it closes them, and one timer serves its retransmissions. Destroying the channel abandons everything.
//
// The two families are two look-ups, so that a name server that is silent about one of them does not keep the other's
// addresses back for longer than the resolution delay of RFC 8305.
#include "net/resolver.hpp"

#include <algorithm>
#include <map>

#include <ares.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "core/evidence.hpp"
#include "net/event.hpp"
#include "net/socket.hpp"

namespace wsprobe::net {
namespace {

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
  return out;
}

std::vector<int> families_of(AddressFamily family) {
  switch (family) {
    case AddressFamily::any: return {AF_INET6, AF_INET};
    case AddressFamily::ipv4: return {AF_INET};
    case AddressFamily::ipv6: return {AF_INET6};
  }
  return {};
}

/// Whether this machine has a route there. Connecting a datagram socket asks the kernel and sends nothing.
bool has_route(const std::string& address) {
  const SocketAddress target = parse_address(address, 53);
  const int descriptor = ::socket(target.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const int connected = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&target.storage), target.length);
  ::close(descriptor);
  return connected == 0;
}

/// RFC 6761 section 6.3: these names are loopback, whatever a name server would say.
bool is_localhost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  constexpr std::string_view name = "localhost";
  if (host.size() < name.size() || !equals_ignoring_case(host.substr(host.size() - name.size()), name)) return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

std::vector<std::string> loopback(AddressFamily family) {
  std::vector<std::string> addresses;
  for (const int each : families_of(family)) addresses.emplace_back(each == AF_INET6 ? "::1" : "127.0.0.1");
  std::stable_partition(addresses.begin(), addresses.end(), has_route);
  return addresses;
}

constexpr auto resolution_delay = std::chrono::milliseconds(50);

}  // namespace

/// What the look-ups of one name share: the event that one of them ended.
struct Progress {
  std::unique_ptr<Event> changed;  // renewed for each wait

  void tell() const {
    if (changed) changed->set();
  }
};

class Lookups::Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  Lookup(asio::io_context& context, const ConnectSettings& settings, std::string host, int family,
         std::shared_ptr<Progress> progress)
      : context_(context),
        timer_(context),
        settings_(settings),
        host_(std::move(host)),
        family_(family),
        progress_(std::move(progress)) {}

  ~Lookup() { abandon(); }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  void start() { ask(0); }

  void cancel() {
    cancelled_ = true;
    end();
  }

  /// Stops everything; c-ares tells the callback that its channel is gone, which must not count as an answer.
  void abandon() {
    abandoned_ = true;
    close_channel();
  }

  [[nodiscard]] bool has_ended() const { return ended_; }
  [[nodiscard]] bool was_cancelled() const { return cancelled_; }
  [[nodiscard]] const std::vector<std::string>& addresses() const { return addresses_; }

  [[nodiscard]] Error error() const {
    const auto failure = [](Reason reason, std::string detail = {}) {
      return make_error(Phase::resolve, reason, std::move(detail));
    };
    if (cancelled_) return failure(Reason::cancelled);
    if (!ended_) return failure(Reason::timeout_resolve);
    if (unwatched_ != 0) return transfer_error(unwatched_, Phase::resolve);
    if (status_ != ARES_SUCCESS) return failure(reason_of(status_), ares_strerror(status_));
    return failure(Reason::dns_no_address);
  }

 private:
  /// A socket of c-ares. It is released, never closed here, and that before c-ares closes it: the next socket may get
  /// the same number.
  struct Watched {
    explicit Watched(asio::io_context& context) : descriptor(context) {}
    asio::posix::stream_descriptor descriptor;
    bool reading = false;
    bool writing = false;
    bool awaiting_read = false;
    bool awaiting_write = false;
  };

  void ask(int flags) {
    ares_options options{};
    options.flags = flags;
    options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      static_cast<Lookup*>(self)->watch(socket, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    const int wanted = ARES_OPT_SOCK_STATE_CB | (flags != 0 ? ARES_OPT_FLAGS : 0);
    if (const int status = ares_init_options(&channel_, &options, wanted); status != ARES_SUCCESS) {
      channel_ = nullptr;
      return finish(status, nullptr);
    }
    if (!settings_.name_servers.empty()) {
      ares_set_servers_ports_csv(channel_, fmt::format("{}", fmt::join(settings_.name_servers, ",")).c_str());
    }
    ares_addrinfo_hints hints{};
    hints.ai_family = family_;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(
        channel_, host_.c_str(), nullptr, &hints,
        [](void* self, int status, int, ares_addrinfo* found) { static_cast<Lookup*>(self)->finish(status, found); },
        this);
    rearm();
  }

  void close_channel() {
    timer_.cancel();
    if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
    for (auto& [socket, watched] : watched_) watched->descriptor.release();
    watched_.clear();
  }

  void watch(ares_socket_t socket, bool readable, bool writable) {
    const auto known = watched_.find(socket);
    if (!readable && !writable) {
      if (known == watched_.end()) return;
      known->second->descriptor.release();
      watched_.erase(known);
      return;
    }
    const auto watched = known != watched_.end() ? known->second : start_watching(socket);
    if (!watched) return;
    watched->reading = readable;
    watched->writing = writable;
    listen(socket, watched);
  }

  /// Null where the kernel has no room for it: the look-up ends. Nothing may be thrown through c-ares.
  std::shared_ptr<Watched> start_watching(ares_socket_t socket) {
    auto watched = std::make_shared<Watched>(context_);
    asio::error_code failure;
    watched->descriptor.assign(socket, failure);
    if (failure) {
      unwatched_ = failure.value();
      end();
      return nullptr;
    }
    watched_.emplace(socket, watched);
    return watched;
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
      self->after_processing();
      const auto current = self->watched_.find(socket);
      if (current != self->watched_.end()) self->listen(socket, current->second);
    };
  }

  void rearm() {
    if (channel_ == nullptr || ended_) return;
    timeval longest{1, 0};
    timeval earlier{};
    const timeval* const next = ares_timeout(channel_, &longest, &earlier);  // one of the two; the other is not written
    timer_.expires_after(std::chrono::seconds(next->tv_sec) + std::chrono::microseconds(next->tv_usec));
    timer_.async_wait([weak = weak_from_this()](const asio::error_code& failure) {
      const auto self = weak.lock();
      if (failure || !self || self->channel_ == nullptr) return;
      ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      self->after_processing();
    });
  }

  /// c-ares passes over name servers that fail, and in the end tells only that it reached none. Asked again not to, it
  /// tells what they said. The channel is never replaced inside its own callback.
  void after_processing() {
    if (ended_ || channel_ == nullptr) return;
    if (!ask_again_) return rearm();
    ask_again_ = false;
    close_channel();
    ask(ARES_FLAG_NOCHECKRESP);
  }

  void finish(int status, ares_addrinfo* found) {
    if (abandoned_ || status == ARES_EDESTRUCTION) return;
    if (status == ARES_ECONNREFUSED && !asked_again_) {
      asked_again_ = ask_again_ = true;
      return;
    }
    status_ = status;
    for (const auto* node = found != nullptr ? found->nodes : nullptr; node != nullptr; node = node->ai_next) {
      addresses_.push_back(numeric(node->ai_addr));
    }
    if (found != nullptr) ares_freeaddrinfo(found);
    end();
  }

  void end() {
    ended_ = true;
    progress_->tell();
  }

  asio::io_context& context_;
  asio::steady_timer timer_;
  const ConnectSettings& settings_;
  std::string host_;
  int family_;
  std::shared_ptr<Progress> progress_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<Watched>> watched_;
  std::vector<std::string> addresses_;
  int status_ = ARES_SUCCESS;
  int unwatched_ = 0;  // errno, where a socket of the look-up could not be watched
  bool ask_again_ = false;
  bool asked_again_ = false;
  bool ended_ = false;
  bool cancelled_ = false;
  bool abandoned_ = false;
};

void Lookups::cancel() {
  cancelled_ = true;
  for (const auto& weak : running_) {
    if (const auto lookup = weak.lock()) lookup->cancel();
  }
}

namespace {

using LookupPtrs = std::vector<std::shared_ptr<Lookups::Lookup>>;

std::vector<std::string> found_by(const LookupPtrs& lookups) {
  std::vector<std::string> addresses;
  for (const auto& lookup : lookups) {
    addresses.insert(addresses.end(), lookup->addresses().begin(), lookup->addresses().end());
  }
  std::stable_partition(addresses.begin(), addresses.end(), has_route);
  return addresses;
}

/// That the name does not exist tells most; that it has no address of one family tells least.
Error failure_of(const LookupPtrs& lookups) {
  const auto rank = [](Reason reason) {
    if (reason == Reason::cancelled) return 0;
    if (reason == Reason::dns_not_found) return 1;
    return reason == Reason::dns_no_address ? 3 : 2;
  };
  Error chosen = lookups.front()->error();
  for (const auto& lookup : lookups) {
    Error error = lookup->error();
    if (rank(error.reason) < rank(chosen.reason)) chosen = std::move(error);
  }
  return chosen;
}

}  // namespace

awaitable<Result<std::vector<std::string>>> resolve(asio::io_context& context, const ConnectSettings& settings,
                                                    Lookups& lookups, std::string host, Deadline deadline) {
  if (lookups.cancelled()) co_return tl::unexpected(make_error(Phase::resolve, Reason::cancelled));
  if (is_localhost(host)) co_return loopback(settings.family);
  std::erase_if(lookups.running_, [](const auto& weak) { return weak.expired(); });
  const auto progress = std::make_shared<Progress>();
  LookupPtrs asked;
  for (const int family : families_of(settings.family)) {
    asked.push_back(std::make_shared<Lookups::Lookup>(context, settings, host, family, progress));
    lookups.running_.push_back(asked.back());
    asked.back()->start();
  }
  Deadline until = deadline;
  for (;;) {
    const auto has_ended = [](const auto& lookup) { return lookup->has_ended(); };
    if (std::all_of(asked.begin(), asked.end(), has_ended) || lookups.cancelled()) break;
    if (until == deadline && !found_by(asked).empty()) {
      until = std::min(deadline, SteadyClock::now() + resolution_delay);
    }
    if (SteadyClock::now() >= until) break;
    progress->changed = std::make_unique<Event>(context);
    co_await progress->changed->wait(until);
  }
  std::vector<std::string> addresses = found_by(asked);
  Error error = failure_of(asked);
  for (const auto& lookup : asked) lookup->abandon();
  if (!addresses.empty() && !lookups.cancelled()) co_return alternate_families(addresses);
  error.detail = fmt::format("{}{}{}", host, error.detail.empty() ? "" : ": ", error.detail);
  co_return tl::unexpected(std::move(error));
}

}  // namespace wsprobe::net
