// Who may talk to the daemon: TLS, users and fields as the web configuration has them now.
//
// As in other exporters, a changed file counts from the next connection on, so that renewed certificates need nobody.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/log.hpp"
#include "core/clock.hpp"
#include "net/tls_server.hpp"
#include "web/basic_auth.hpp"
#include "web/server.hpp"
#include "web/web_config.hpp"

namespace wsprobe::app {

class WebGuard {
 public:
  /// `file` empty: plain HTTP for everybody. `config` is what the file says.
  WebGuard(asio::io_context& context, std::string file, web::WebConfig config, const Log& log);

  /// From now on as `config` says.
  void use(web::WebConfig config);

  /// For web::Server::use_tls(). Looks, at most once a second, whether the files have changed.
  [[nodiscard]] std::shared_ptr<net::TlsServer> tls();

  /// `inner`'s answer for those who may have it, 401 for others.
  net::awaitable<web::Response> admit(const web::Request& request, web::Handler inner);

 private:
  void look_again();
  [[nodiscard]] std::string stamp() const;

  asio::io_context& context_;
  std::string file_;
  const Log& log_;
  web::WebConfig config_;
  std::shared_ptr<net::TlsServer> tls_;
  std::shared_ptr<web::BasicAuth> users_;
  std::string stamp_;
  TimePoint looked_at_{};
};

}  // namespace wsprobe::app
