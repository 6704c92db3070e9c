// An embedded deployment on loopback: a small application behind a small reverse proxy with switchable faults.
//
// It lets `wsprobe demo` show the real engine against the incidents it exists for, on a machine that has neither Caddy
// nor uvicorn. The proxy writes its answers as Go's server does (headers of the upstream first, its own after) and the
// application as uvicorn does, so that the demo argues from the same evidence as a real deployment.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "net/asio.hpp"

namespace wsprobe::demo {

/// X(enumerator, name on the command line, what is shown).
#define WSPROBE_INCIDENTS(X)                                                                                         \
  X(healthy, "healthy", "everything works: the valid token is accepted, the invalid one refused by the application") \
  X(try_files, "try-files", "the platform's proxy rewrites every path to /index.html before forwarding it")          \
  X(wrong_token, "wrong-token", "the application refuses the token that is meant to be valid")                       \
  X(proxy_403, "proxy-403", "a rule of the proxy answers /api/ws with 403 itself")                                   \
  X(upgrade_stripped, "upgrade-stripped", "the proxy drops the Upgrade headers")                                     \
  X(backend_down, "backend-down", "the application is not running")

enum class Incident : std::uint8_t {
#define WSPROBE_ENUMERATOR(name, word, what) name,
  WSPROBE_INCIDENTS(WSPROBE_ENUMERATOR)
#undef WSPROBE_ENUMERATOR
};

[[nodiscard]] std::span<const Incident> all_incidents();
[[nodiscard]] std::string_view name(Incident incident);
[[nodiscard]] std::string_view description(Incident incident);
[[nodiscard]] std::optional<Incident> incident_named(std::string_view word);

class Deployment {
 public:
  /// Binds both servers on 127.0.0.1, port 0. The context's thread serves them.
  static Result<std::unique_ptr<Deployment>> start(asio::io_context& context, Incident incident);
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  [[nodiscard]] std::uint16_t proxy_port() const;
  /// The application's own port (nothing listens there for backend_down).
  [[nodiscard]] std::uint16_t backend_port() const;
  /// The token the deployment's operator believes to be valid.
  [[nodiscard]] const std::string& token() const;
  /// Closes the listeners and every connection; the context can then run out of work.
  void stop();

 private:
  class Impl;
  explicit Deployment(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsprobe::demo
