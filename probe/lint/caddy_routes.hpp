// Caddy's own model of a site, which its JSON is and a Caddyfile is turned into: routes with matchers and handlers.
//
// A request goes through the routes of a list in their order. A route whose matchers hold runs its handlers, each of
// which answers, or passes the request on, changed or not. Of the routes of a group only the first that matches runs;
// behind a terminal route nothing of its list runs. Matchers see what earlier handlers made of the request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "lint/finding.hpp"

namespace wsprobe::lint::caddy {

enum class MatcherKind : std::uint8_t {
  host,
  path,
  path_regexp,
  method,
  header,     ///< `name` with one of `values`; without values: it is there
  no_header,  ///< `name` is not there
  protocol,
  address,   ///< remote_ip, client_ip
  file,      ///< `values` are its try_files
  negation,  ///< `sets`: none of them matches
  other,     ///< what the text cannot tell: expressions, queries, variables, modules
};

struct Matcher;

/// All of its matchers hold.
struct MatcherSet {
  std::vector<Matcher> all;
};

struct Matcher {
  MatcherKind kind = MatcherKind::other;
  std::string name;                 ///< of a header, of a path_regexp (may be empty), of another kind
  std::vector<std::string> values;  ///< any of them
  std::vector<MatcherSet> sets;     ///< of a negation
};

struct HeaderChange {
  enum class Kind : std::uint8_t { remove, set };
  Kind kind = Kind::remove;
  std::string name;   ///< a `*` at its beginning or end stands for anything
  std::string value;  ///< of set
  Place at;
};

enum class HandlerKind : std::uint8_t {
  subroute,
  rewrite,
  respond,
  error,
  reverse_proxy,
  file_server,
  authentication,
  request_headers,
  root,
  harmless,  ///< passes the request on as it is, as far as we care
  unknown,   ///< a module that we do not know
};

struct Route;

struct Handler {
  HandlerKind kind = HandlerKind::unknown;
  Place at;
  std::string text;  ///< as it is shown: "try_files {path} /index.html", "`rewrite` handler"

  std::vector<Route> routes;  ///< of a subroute

  std::string uri;                  ///< of a rewrite, and of a reverse_proxy's own one
  std::string strip_prefix;         ///< of a rewrite
  std::string strip_suffix;         ///< of a rewrite
  std::string replaced;             ///< of a rewrite: this part of the path ...
  std::string replacement;          ///< ... becomes this
  bool rewrites_by_regexp = false;  ///< of a rewrite: with path_regexp, which is not followed

  int status = 0;        ///< of respond and error; 0: not a number
  bool aborts = false;   ///< of respond
  std::string location;  ///< of respond

  std::string root;  ///< of root and file_server

  std::vector<HeaderChange> header_changes;  ///< of request_headers and reverse_proxy
  std::vector<std::string> upstreams;        ///< of reverse_proxy: "backend:8000"
  bool dynamic_upstreams = false;
  bool asks_first = false;  ///< of reverse_proxy: a forward_auth, which passes on what the upstream approves
  std::string protocol;     ///< of its transport: "http", "fastcgi"
  std::vector<std::string> versions;
  std::optional<Duration> read_timeout;
  Place read_timeout_at;
  std::optional<Duration> stream_timeout;
  Place stream_timeout_at;
  Place versions_at;
};

struct Route {
  std::vector<MatcherSet> match;  ///< any of them; empty: every request
  std::string match_text;         ///< "/api/*", "@websockets"; empty: none
  std::string group;
  bool terminal = false;
  std::vector<Handler> handlers;
  Place at;
};

/// Where a site's definition comes from; it decides how a correction is written.
enum class Origin : std::uint8_t { json, caddyfile, labels };

/// One site, or one server of the JSON: what takes requests at some ports.
struct Server {
  Origin origin = Origin::caddyfile;
  std::string name;  ///< as it is shown: "app.example.com", "srv0"
  Place at;
  std::vector<std::uint16_t> ports;  ///< empty: not known
  std::vector<Route> routes;
};

}  // namespace wsprobe::lint::caddy
