// Whether a matcher of Caddy holds for the request of a WebSocket, as far as the text tells.
#pragma once

#include <string>
#include <vector>

#include "lint/caddy_routes.hpp"
#include "lint/question.hpp"
#include "lint/regex.hpp"

namespace wsprobe::lint::caddy {

/// The request on its way, changed by what it has passed.
struct Request {
  std::string host;  ///< empty: any
  std::string path;
  bool tls = true;
  bool upgrade = true;  ///< Upgrade and Connection are still there
};

struct MatchResult {
  Tells matches = Tells::yes;
  bool by_address = false;          ///< unknown because the client's address decides
  std::string condition;            ///< of unknown: "the client's address is in 10.0.0.0/8"
  std::string file;                 ///< of a file matcher that falls back: the file, which need not exist
  std::vector<std::string> groups;  ///< of a regular expression: the whole match, then its groups
  std::string expression;           ///< its name, where it has one
};

[[nodiscard]] MatchResult matches(const Route& route, const Request& request);

/// `*` at the beginning, at the end, at both; `pattern` may have a `*` in the middle for one segment (glob) as well.
[[nodiscard]] Tells path_matches(const std::string& pattern, const std::string& path);
/// `*.example.com` stands for one label, `*` for any name; a placeholder for who knows what.
[[nodiscard]] Tells host_matches(const std::string& pattern, const std::string& host);

}  // namespace wsprobe::lint::caddy
