// Apache's configuration, put together from its files, and which virtual host takes a request.
//
// Of the hosts at an address and port the first whose ServerName or ServerAlias fits, else the first of all
// (server/vhost.c). What stands outside of the hosts holds in each of them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lint/apache_text.hpp"
#include "lint/question.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint::apache {

/// Everything, with included files in their places, <IfModule> and <IfDefine> resolved and ${variables} replaced.
struct Configuration {
  std::vector<Directive> directives;
  bool is_whole = false;  ///< the main file is there: it has a Listen, or no virtual host
};

/// A file that another includes stands where it is included; others stand one after the other. What is included and was
/// not given becomes a note.
[[nodiscard]] Configuration assemble(std::vector<std::pair<std::string, std::vector<Directive>>> files, Result& result);

struct Site {
  const Directive* host = nullptr;  ///< <VirtualHost>; null: the main server
  std::string title;
  bool tls = false;
  bool by_default = false;
  std::vector<const Directive*> shadowed;  ///< of the same name at the same address, that never get a request for it
};

[[nodiscard]] std::vector<Site> sites_for(const Configuration& configuration, const Question& question);

/// Of the host, after those outside of hosts.
[[nodiscard]] std::vector<const Directive*> directives_of(const Configuration& configuration, const Site& site);

/// Whether anything in the list, however deep, forwards.
[[nodiscard]] bool forwards(const std::vector<Directive>& directives);

}  // namespace wsprobe::lint::apache
