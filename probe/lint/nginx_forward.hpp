// What nginx's proxy_pass sends to the application: the path, the Upgrade headers, the protocol, and for how long.
#pragma once

#include "lint/nginx_context.hpp"
#include "lint/nginx_values.hpp"

namespace wsprobe::lint::nginx {

/// The request on its way through the phases.
struct State : Request {
  bool uri_changed = false;       ///< and a location has to be found again
  bool unparsed = true;           ///< the path is still that of the request line
  bool location_is_valid = true;  ///< false: `rewrite ... break`, after which the URI of proxy_pass has no effect
  bool internal = false;
  bool error_page_done = false;
  int cycles = 0;
  const Directive* changed_by = nullptr;
  std::string fallback;  ///< the file that try_files fell back to
  std::string upstream;  ///< "http://backend:8000"
};

struct Forwarding {
  const Http& http;
  const Chain& chain;
  const Values& values;
  Correction correction;
};

void forward(const Directive& proxy_pass, const Forwarding& with, State& state, Walk& walk);

/// "http://backend:8000" of "http://backend:8000/api".
[[nodiscard]] std::string without_uri(const std::string& url);

}  // namespace wsprobe::lint::nginx
