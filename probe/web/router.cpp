#include "web/router.hpp"

#include <fmt/format.h>

namespace wsprobe::web {
namespace {

bool matches(const Route& route, const std::string& path) {
  if (route.path.size() > 1 && route.path.ends_with('/')) {
    return path.starts_with(route.path) && path.size() > route.path.size();
  }
  return path == route.path;
}

/// A browser says whose page makes it ask; other programs say nothing.
bool is_of_another_site(const Request& request) {
  if (const std::string* site = request.find("Sec-Fetch-Site")) return *site != "same-origin" && *site != "none";
  const std::string* origin = request.find("Origin");
  const std::string* host = request.find("Host");
  if (origin == nullptr) return false;
  return host == nullptr || !(*origin == "http://" + *host || *origin == "https://" + *host);
}

}  // namespace

void Router::add(std::string method, std::string path, Handler handler) {
  routes_.push_back({std::move(method), std::move(path), std::move(handler)});
}

net::awaitable<Response> Router::answer(const Request& request) const {
  std::string allowed;
  for (const Route& route : routes_) {
    if (!matches(route, request.path)) continue;
    const bool is_read = route.method == "GET" && request.method == "HEAD";
    if (route.method == request.method || is_read) {
      if (route.method != "GET" && is_of_another_site(request)) {
        co_return text_response(403, "refused: the request comes from a page of another site\n");
      }
      co_return co_await route.handler(request);
    }
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", route.method == "GET" ? "GET, HEAD" : route.method);
  }
  if (allowed.empty()) co_return text_response(404, "not found\n");
  Response response = text_response(405, "method not allowed\n");
  response.fields.push_back({"Allow", allowed});
  co_return response;
}

}  // namespace wsprobe::web
