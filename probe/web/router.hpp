// Which handler answers which path.
#pragma once

#include <string>
#include <vector>

#include "web/server.hpp"

namespace wsprobe::web {

struct Route {
  std::string method;  ///< "GET" (HEAD is answered by it too), "POST"
  std::string path;    ///< "/metrics"; with a '/' at its end, everything below it: "/scenario/"
  Handler handler;
};

class Router {
 public:
  void add(std::string method, std::string path, Handler handler);

  /// 404 for a path that nobody has, 405 with Allow for another method of one that somebody has. A request that changes
  /// something and comes from another site's page is refused: 403.
  [[nodiscard]] net::awaitable<Response> answer(const Request& request) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace wsprobe::web
