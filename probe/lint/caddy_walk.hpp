// Follows the request of a WebSocket through the routes of one Caddy server: a trace, and findings on the way.
#pragma once

#include <span>

#include "lint/caddy_routes.hpp"
#include "lint/containers.hpp"
#include "lint/question.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint::caddy {

/// `host` is the site's own name where the question leaves it open.
void walk(const Server& server, const std::string& host, const Question& question,
          std::span<const Container> containers, Result& result);

/// Whether any of the routes sends requests on.
[[nodiscard]] bool forwards(std::span<const Route> routes);

/// What a correction can know of the place where it goes.
struct CorrectionContext {
  Origin origin = Origin::caddyfile;
  std::string site;      ///< as the file names it
  std::string path;      ///< of the WebSocket
  std::string upstream;  ///< "backend:8000"; empty: not known
  std::string text;      ///< of the directive that is at fault
  std::string with;      ///< of the directive that does its work; empty: none
};

[[nodiscard]] Correction correction(Rule rule, const CorrectionContext& context);

}  // namespace wsprobe::lint::caddy
