// The status page and what belongs to it, by path.
#pragma once

#include "web/router.hpp"

namespace wsprobe::app {

class Daemon;

class PageEndpoints {
 public:
  /// The daemon has to outlive this.
  explicit PageEndpoints(Daemon& daemon) : daemon_(daemon) {}

  void add_to(web::Router& router);

 private:
  net::awaitable<web::Response> overview(const web::Request& request);
  net::awaitable<web::Response> scenario(const web::Request& request);
  net::awaitable<web::Response> incident(const web::Request& request);
  net::awaitable<web::Response> badge(const web::Request& request);
  net::awaitable<web::Response> events(const web::Request& request);

  Daemon& daemon_;
};

}  // namespace wsprobe::app
