// What the daemon answers, by path.
#pragma once

#include "web/router.hpp"

namespace wsprobe::app {

class Daemon;

class Endpoints {
 public:
  /// The daemon has to outlive this.
  explicit Endpoints(Daemon& daemon) : daemon_(daemon) {}

  void add_to(web::Router& router);

 private:
  net::awaitable<web::Response> metrics(const web::Request& request);
  net::awaitable<web::Response> probe(const web::Request& request);
  net::awaitable<web::Response> reports(const web::Request& request);
  net::awaitable<web::Response> report(const web::Request& request);
  net::awaitable<web::Response> scenarios(const web::Request& request);
  net::awaitable<web::Response> reload(const web::Request& request);
  net::awaitable<web::Response> ready(const web::Request& request);
  net::awaitable<web::Response> healthy(const web::Request& request);

  Daemon& daemon_;
};

}  // namespace wsprobe::app
