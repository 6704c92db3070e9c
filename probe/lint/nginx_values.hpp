// nginx's variables, maps and conditions, as far as the request of a WebSocket decides them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lint/nginx_site.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::nginx {

struct Value {
  std::string text;
  bool known = true;        ///< false: `text` still has variables in it
  bool by_address = false;  ///< and they depend on the client's address
};

/// What is known of the request where a value is wanted.
struct Request {
  std::string uri;                   ///< normalised, as it is after rewrites
  std::vector<std::string> groups;   ///< $0, $1, ... of the last expression
  std::map<std::string, Value> set;  ///< by `set`
};

struct Truth {
  Tells holds = Tells::unknown;
  Condition condition;  ///< where it is unknown
  std::vector<std::string> groups;
};

class Values {
 public:
  Values(const Http& http, const Site& site, const Question& question);

  [[nodiscard]] Value expand(std::string_view text, const Request& request) const;
  /// The condition of an `if`.
  [[nodiscard]] Truth test(const Directive& directive, const Request& request) const;

 private:
  [[nodiscard]] Value variable(const std::string& name, const Request& request, int depth) const;
  [[nodiscard]] Value of_map(const Directive& map, const Request& request, int depth) const;
  [[nodiscard]] Value expand(std::string_view text, const Request& request, int depth) const;

  const Http& http_;
  const Question& question_;
  std::string host_;
  bool tls_;
};

}  // namespace wsprobe::lint::nginx
