#include "demo/deployment.hpp"

#include <array>

#include <fmt/format.h>

#include "demo/application.hpp"
#include "demo/proxy.hpp"
#include "net/connector.hpp"
#include "net/listener.hpp"
#include "net/tasks.hpp"

namespace wsprobe::demo {
namespace {

constexpr std::array incident_list{
#define WSPROBE_ROW(name, word, what) Incident::name,
    WSPROBE_INCIDENTS(WSPROBE_ROW)
#undef WSPROBE_ROW
};

/// Random, so that nobody finds a demo's token useful anywhere else.
std::string make_token(std::string_view prefix) {
  std::array<std::byte, 8> random{};
  net::random_bytes(random);
  std::string token(prefix);
  for (const std::byte byte : random) token += fmt::format("{:02x}", std::to_integer<int>(byte));
  return token;
}

}  // namespace

std::span<const Incident> all_incidents() { return incident_list; }

std::string_view name(Incident incident) {
  switch (incident) {
#define WSPROBE_ROW(name, word, what) \
  case Incident::name: return word;
    WSPROBE_INCIDENTS(WSPROBE_ROW)
#undef WSPROBE_ROW
  }
  return "";
}

std::string_view description(Incident incident) {
  switch (incident) {
#define WSPROBE_ROW(name, word, what) \
  case Incident::name: return what;
    WSPROBE_INCIDENTS(WSPROBE_ROW)
#undef WSPROBE_ROW
  }
  return "";
}

std::optional<Incident> incident_named(std::string_view word) {
  for (const Incident incident : incident_list) {
    if (name(incident) == word) return incident;
  }
  return std::nullopt;
}

class Deployment::Impl {
 public:
  Impl(asio::io_context& context, Incident incident, std::unique_ptr<net::Listener> backend,
       std::unique_ptr<net::Listener> proxy)
      : context_(context),
        backend_(std::move(backend)),
        backend_port_(backend_->port()),
        proxy_(std::move(proxy)),
        token_(make_token("demo-token-")),
        application_(incident == Incident::wrong_token ? make_token("another-token-") : token_),
        front_(context, incident, backend_port_) {
    if (incident == Incident::backend_down) backend_->close();
    net::spawn(context_, accept_for_application());
    net::spawn(context_, accept_for_proxy());
  }

  [[nodiscard]] std::uint16_t proxy_port() const { return proxy_->port(); }
  [[nodiscard]] std::uint16_t backend_port() const { return backend_port_; }
  [[nodiscard]] const std::string& token() const { return token_; }

  void stop() {
    front_.stop();
    proxy_->close();
    backend_->close();
  }

 private:
  net::awaitable<void> accept_for_application() {
    while (auto stream = co_await backend_->accept()) {
      net::spawn(context_, application_.serve(std::move(*stream)));
    }
  }

  net::awaitable<void> accept_for_proxy() {
    while (auto stream = co_await proxy_->accept()) {
      net::spawn(context_, front_.serve(std::move(*stream)));
    }
  }

  asio::io_context& context_;
  std::unique_ptr<net::Listener> backend_;
  std::uint16_t backend_port_;
  std::unique_ptr<net::Listener> proxy_;
  std::string token_;
  Application application_;
  Proxy front_;
};

Deployment::Deployment(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Deployment::~Deployment() { impl_->stop(); }

Result<std::unique_ptr<Deployment>> Deployment::start(asio::io_context& context, Incident incident) {
  auto backend = net::Listener::bind(context, "127.0.0.1", 0);
  if (!backend) return tl::unexpected(backend.error());
  auto proxy = net::Listener::bind(context, "127.0.0.1", 0);
  if (!proxy) return tl::unexpected(proxy.error());
  return std::unique_ptr<Deployment>(
      new Deployment(std::make_unique<Impl>(context, incident, std::move(*backend), std::move(*proxy))));
}

std::uint16_t Deployment::proxy_port() const { return impl_->proxy_port(); }
std::uint16_t Deployment::backend_port() const { return impl_->backend_port(); }
const std::string& Deployment::token() const { return impl_->token(); }
void Deployment::stop() { impl_->stop(); }

}  // namespace wsprobe::demo
