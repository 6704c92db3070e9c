// What becomes of one request in one proxy, directive by directive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lint/finding.hpp"

namespace wsprobe::lint {

struct TraceStep {
  Place at;
  std::string says;  ///< "matched by `handle /api/*`", "rewritten to /index.html", "sent to backend:8000"
};

enum class Ending : std::uint8_t {
  forwarded,     ///< sent to an application
  answered,      ///< the proxy answers itself: a file, a fixed response, a redirect, a refusal
  no_route,      ///< nothing takes it; the proxy's default answer
  undetermined,  ///< the text does not tell
};

struct Trace {
  std::string product;  ///< "Caddy", "nginx"
  std::string site;     ///< as the file names it; empty: none takes the request
  Place site_at;
  std::vector<TraceStep> steps;  ///< in the order in which they happen
  Ending ending = Ending::undetermined;
  std::string path;                    ///< at the end, as the application sees it
  std::vector<std::string> upstreams;  ///< "backend:8000"; as they are written, placeholders included
};

[[nodiscard]] std::string_view name(Ending ending);

}  // namespace wsprobe::lint
