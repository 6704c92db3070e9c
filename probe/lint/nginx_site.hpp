// nginx's http context, put together from its files: which server and which location take a request.
//
// Server: of those that listen on a socket, the exact name, then the longest `*.` name, then the longest `.*` name,
// then the first expression, then the socket's default. Location: `=`, else the longest prefix; where that one has no
// `^~`, the first expression before it; nested locations on the way (ngx_http_core_find_location).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lint/nginx_text.hpp"
#include "lint/question.hpp"
#include "lint/regex.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint::nginx {

struct Listen {
  std::string address;  ///< "" for every one
  std::uint16_t port = 80;
  bool tls = false;
  bool is_default = false;
};

struct Server {
  const Directive* directive = nullptr;  ///< the `server` block
  std::vector<Listen> listens;
  std::vector<std::string> names;

  [[nodiscard]] std::string title() const;  ///< as it is called in a trace
};

/// Everything that stands in the http context, the files that it includes in their places.
struct Http {
  std::vector<Directive> directives;
  std::vector<Server> servers;
  bool is_whole = false;  ///< the file with the `http` block is there, and all that it includes
};

/// What is included and was not given stays as an `include` directive, and becomes a note. A file that no other
/// includes stands in the http context itself, as conf.d/*.conf does.
[[nodiscard]] Http assemble(std::vector<File> files, Result& result);

struct Site {
  const Server* server = nullptr;
  Listen listen;
  bool by_default = false;              ///< no server has the name
  std::vector<const Server*> shadowed;  ///< that have the same name on the same socket, and never get a request for it
};

/// The servers that may take the question's request: one for each socket that fits, none twice.
[[nodiscard]] std::vector<Site> sites_for(const Http& http, const Question& question);

struct Location {
  std::vector<const Directive*> chain;  ///< from the outermost `location` block inwards; empty: the server itself
  std::vector<std::string> groups;      ///< of the expression that matched
  bool slash_is_missing = false;        ///< the path is that of a forwarding location but for the slash at its end
  const Directive* unclear = nullptr;   ///< an expression that cannot be followed
};

[[nodiscard]] Location find_location(const Directive& server, const std::string& path);
/// `location @name`, of the server; null where there is none.
[[nodiscard]] const Directive* named_location(const Directive& block, const std::string& name);

/// The prefix that stands in `location PREFIX`, `= PREFIX`, `^~ PREFIX`; empty for an expression or a name.
[[nodiscard]] std::string prefix_of(const Directive& location);

/// Whether any directive in the block, however deep, has one of the names.
[[nodiscard]] bool holds_any(const Directive& block, std::initializer_list<std::string_view> names);

}  // namespace wsprobe::lint::nginx
