#include "net/connector.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <sys/random.h>

#include "net/connect.hpp"
#include "net/plain_stream.hpp"
#include "net/resolver.hpp"
#include "net/socket.hpp"
#include "net/tls_context.hpp"
#include "net/tls_stream.hpp"

namespace wsprobe::net {
namespace {

constexpr std::size_t most_addresses = 16;

void ask_kernel(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t size = ::getrandom(out.data(), out.size(), 0);
    if (size < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    if (size > 0) out = out.subspan(static_cast<std::size_t>(size));
  }
}

/// Drawn ahead, because a key or a mask is a few bytes and a system call for each is not cheap. What has been given out
/// is wiped here. A child process that went on with its parent's pool would repeat it: this program's children are
/// other programs.
class RandomPool {
 public:
  void take(std::span<std::byte> out) {
    if (out.size() > bytes_.size()) return ask_kernel(out);
    if (out.size() > left_) {
      ask_kernel(bytes_);
      left_ = bytes_.size();
    }
    const std::span<std::byte> given = std::span(bytes_).subspan(left_ - out.size(), out.size());
    std::copy(given.begin(), given.end(), out.begin());
    std::fill(given.begin(), given.end(), std::byte{0});
    left_ -= out.size();
  }

 private:
  std::array<std::byte, 256> bytes_{};
  std::size_t left_ = 0;
};

}  // namespace

class Connector::Impl {
 public:
  /// What a connector shares with its branches.
  struct Shared {
    ConnectSettings settings;
    SslContextPtr tls;  // made on first use
  };

  Impl(asio::io_context& context, std::shared_ptr<Shared> shared)
      : context_(context),
        shared_(std::move(shared)),
        settings_(shared_->settings),
        cancellation_(std::make_shared<Cancellation>()) {}

  awaitable<Result<StreamPtr>> open(Authority authority, Deadline deadline, Evidence& evidence) {
    if (settings_.connect_timeout) deadline = std::min(deadline, SteadyClock::now() + *settings_.connect_timeout);
    if (cancellation_->cancelled()) co_return tl::unexpected(make_error(Phase::resolve, Reason::cancelled));
    const std::string server_name = name_to_verify(authority.host);
    if (authority.security == Security::tls && !shared_->tls) {
      auto made = make_tls_context(settings_.tls);
      if (!made) co_return tl::unexpected(std::move(made.error()));
      shared_->tls = std::move(*made);
    }
    redirect(authority);

    evidence.times.begin(Phase::resolve, SteadyClock::now());
    Result<std::vector<SocketAddress>> addresses;
    if (auto known = known_addresses(authority)) {
      addresses = std::move(*known);
    } else {
      addresses = co_await look_up(authority, deadline);
    }
    if (addresses && addresses->empty()) {
      addresses = tl::unexpected(make_error(Phase::resolve, Reason::dns_no_address, authority.host));
    }
    evidence.times.end(Phase::resolve, SteadyClock::now());
    if (!addresses) co_return tl::unexpected(std::move(addresses.error()));
    for (const SocketAddress& address : *addresses) evidence.resolved.push_back(address.to_string());

    evidence.times.begin(Phase::connect, SteadyClock::now());
    auto socket = co_await connect_any(context_, std::move(*addresses), deadline, cancellation_, evidence);
    evidence.times.end(Phase::connect, SteadyClock::now());
    if (!socket) co_return tl::unexpected(std::move(socket.error()));
    if (authority.security == Security::plain) {
      StreamPtr stream = std::make_unique<PlainStream>(std::move(*socket));
      co_return stream;
    }

    evidence.times.begin(Phase::tls, SteadyClock::now());
    TlsFacts& facts = evidence.tls.emplace();
    auto stream = co_await tls_handshake(shared_->tls.get(), std::move(*socket), server_name, settings_.tls.verify,
                                         authority.protocols, deadline, facts);
    evidence.times.end(Phase::tls, SteadyClock::now());
    co_return stream;
  }

  void cancel() {
    cancellation_->cancel();
    lookups_.cancel();
    for (const auto& weak : branches_) {
      if (const auto branch = weak.lock()) branch->cancel();
    }
  }

  std::shared_ptr<Impl> branch() {
    auto made = std::make_shared<Impl>(context_, shared_);
    if (cancellation_->cancelled()) made->cancel();
    std::erase_if(branches_, [](const auto& weak) { return weak.expired(); });
    branches_.push_back(made);
    return made;
  }

  [[nodiscard]] asio::io_context& context() { return context_; }

 private:
  /// Without what only the resolver needs: the final dot of an absolute name, the zone of a link-local address.
  [[nodiscard]] std::string name_to_verify(const std::string& host) const {
    std::string name = settings_.tls.server_name.empty() ? host : settings_.tls.server_name;
    if (!name.empty() && name.back() == '.') name.pop_back();
    if (name.find(':') != std::string::npos) name.resize(std::min(name.find('%'), name.size()));
    return name;
  }

  /// curl's --connect-to: the first rule that fits decides.
  void redirect(Authority& authority) const {
    for (const ConnectTo& rule : settings_.connect_to) {
      const bool fits = (rule.host.empty() || equals_ignoring_case(rule.host, authority.host)) &&
                        (rule.port == 0 || rule.port == authority.port);
      if (!fits) continue;
      if (!rule.to_host.empty()) authority.host = rule.to_host;
      if (rule.to_port != 0) authority.port = rule.to_port;
      return;
    }
  }

  [[nodiscard]] std::vector<std::string> overridden(const Authority& authority) const {
    for (const ResolveOverride& rule : settings_.resolve) {
      if ((rule.host == "*" || equals_ignoring_case(rule.host, authority.host)) && rule.port == authority.port)
        return rule.addresses;
    }
    return {};
  }

  [[nodiscard]] bool wanted(const SocketAddress& address) const {
    switch (settings_.family) {
      case AddressFamily::any: return true;
      case AddressFamily::ipv4: return address.family() == AF_INET;
      case AddressFamily::ipv6: return address.family() == AF_INET6;
    }
    return true;
  }

  /// Those that may be used.
  [[nodiscard]] std::vector<SocketAddress> usable(const std::vector<std::string>& texts, std::uint16_t port) const {
    std::vector<SocketAddress> addresses;
    for (const std::string& text : texts) {
      const SocketAddress address = parse_address(text, port);
      if (address.length != 0 && wanted(address)) addresses.push_back(address);
    }
    if (addresses.size() > most_addresses) addresses.resize(most_addresses);
    return addresses;
  }

  /// None where the name has to be looked up.
  [[nodiscard]] std::optional<std::vector<SocketAddress>> known_addresses(const Authority& authority) const {
    if (!authority.address.empty()) return usable({authority.address}, authority.port);
    const std::vector<std::string> texts = overridden(authority);
    if (!texts.empty()) return usable(texts, authority.port);
    const SocketAddress numeric = parse_address(authority.host, authority.port);
    if (numeric.length == 0) return std::nullopt;
    return wanted(numeric) ? std::vector{numeric} : std::vector<SocketAddress>{};
  }

  awaitable<Result<std::vector<SocketAddress>>> look_up(Authority authority, Deadline deadline) {
    auto resolved = co_await resolve(context_, settings_, lookups_, authority.host, deadline);
    if (!resolved) co_return tl::unexpected(std::move(resolved.error()));
    co_return usable(*resolved, authority.port);
  }

  asio::io_context& context_;
  std::shared_ptr<Shared> shared_;
  const ConnectSettings& settings_;
  std::shared_ptr<Cancellation> cancellation_;
  Lookups lookups_;
  std::vector<std::weak_ptr<Impl>> branches_;
};

Connector::Connector(asio::io_context& context, ConnectSettings settings)
    : impl_(std::make_shared<Impl>(context, std::make_shared<Impl::Shared>(Impl::Shared{std::move(settings), {}}))) {
  std::signal(SIGPIPE, SIG_IGN);
}
Connector::Connector(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connector::~Connector() = default;

std::unique_ptr<Connector> Connector::branch() { return std::unique_ptr<Connector>(new Connector(impl_->branch())); }

awaitable<Result<StreamPtr>> Connector::open(Authority authority, Deadline deadline, Evidence& evidence) {
  return impl_->open(std::move(authority), deadline, evidence);
}

void Connector::cancel() { impl_->cancel(); }
asio::io_context& Connector::context() { return impl_->context(); }

void random_bytes(std::span<std::byte> out) {
  thread_local RandomPool pool;
  pool.take(out);
}

}  // namespace wsprobe::net
