#include "lint/nginx_site.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "lint/bounds.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::nginx {
namespace {

constexpr int maximum_includes = 16;  // one in another

/// Files that say nothing about where a request goes.
bool is_harmless_include(const std::string& path) {
  const std::string file = path.substr(path.find_last_of('/') + 1);
  constexpr std::string_view harmless[] = {"mime.types",  "fastcgi_params", "fastcgi.conf", "uwsgi_params",
                                           "scgi_params", "koi-utf",        "koi-win",      "win-utf"};
  return std::find(std::begin(harmless), std::end(harmless), file) != std::end(harmless) ||
         path.find("modules-enabled/") != std::string::npos || path.find("/modules/") != std::string::npos ||
         contains_ignoring_case(file, "ssl") || path.find("letsencrypt") != std::string::npos;
}

std::string_view base_of(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

/// The folder that a file is in; empty where the path does not tell.
std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos || slash == 0 ? std::string_view() : base_of(path.substr(0, slash));
}

/// Whether the file, wherever it was copied from, is what the include names.
bool is_included(std::string_view pattern, std::string_view file) {
  if (!fits_glob(base_of(pattern), base_of(file))) return false;
  const std::string_view wanted = folder_of(pattern);
  const std::string_view has = folder_of(file);
  const bool names_one = base_of(pattern).find('*') == std::string_view::npos;
  return wanted == has || wanted.empty() || (names_one && has.empty());
}

class Assembler {
 public:
  Assembler(std::vector<File> files, Result& result)
      : files_(std::move(files)), included_(files_.size()), result_(result) {
    std::stable_sort(files_.begin(), files_.end(),
                     [](const File& left, const File& right) { return left.name < right.name; });
    for (const File& file : files_) mark_included(file.directives);
  }

  Http assemble() {
    Http http;
    http.is_whole = true;
    bool has_http = false;
    for (std::size_t index = 0; index < files_.size(); ++index) {
      if (included_[index]) continue;
      std::vector<Directive> directives = resolved(files_[index].directives, 0);
      std::vector<Directive> of_server;
      for (Directive& directive : directives) {
        if (directive.name == "http") {
          has_http = true;
          std::move(directive.block.begin(), directive.block.end(), std::back_inserter(http.directives));
        } else if (directive.name == "location") {
          of_server.push_back(std::move(directive));
        } else if (!is_one_of(directive.name, {"events", "stream", "mail", "user", "daemon"})) {
          http.directives.push_back(std::move(directive));
        }
      }
      if (!of_server.empty()) http.directives.push_back(server_around(std::move(of_server)));
    }
    if (count_ > most_directives) result_.notes.push_back(too_many_directives());
    http.is_whole = has_http && !something_is_missing_;
    return http;
  }

 private:
  /// A file with locations alone is part of a server.
  static Directive server_around(std::vector<Directive> locations) {
    Directive server;
    server.name = "server";
    server.at = locations.front().at;
    server.is_block = true;
    server.block = std::move(locations);
    return server;
  }

  void mark_included(const std::vector<Directive>& directives) {
    for (const Directive& directive : directives) {
      mark_included(directive.block);
      if (directive.name != "include") continue;
      for (std::size_t index = 0; index < files_.size(); ++index) {
        if (files_[index].name != directive.at.file && is_included(directive.word(0), files_[index].name)) {
          included_[index] = true;
        }
      }
    }
  }

  std::vector<Directive> resolved(const std::vector<Directive>& directives, int depth) {
    std::vector<Directive> out;
    for (const Directive& directive : directives) {
      if (++count_ > most_directives) return out;
      if (directive.name == "include") {
        include(directive, depth, out);
        continue;
      }
      Directive copy = directive;
      copy.block = resolved(directive.block, depth);
      out.push_back(std::move(copy));
    }
    return out;
  }

  void include(const Directive& directive, int depth, std::vector<Directive>& out) {
    bool found = false;
    for (std::size_t index = 0; index < files_.size() && depth < maximum_includes; ++index) {
      if (!included_[index] || !is_included(directive.word(0), files_[index].name)) continue;
      found = true;
      std::vector<Directive> inner = resolved(files_[index].directives, depth + 1);
      std::move(inner.begin(), inner.end(), std::back_inserter(out));
    }
    if (found || is_harmless_include(directive.word(0))) return;
    out.push_back(directive);
    something_is_missing_ = true;
    const std::string note = fmt::format("{}:{} includes {}, which was not given: what it says is not known",
                                         directive.at.file, directive.at.line, shown(directive.word(0)));
    if (std::find(result_.notes.begin(), result_.notes.end(), note) == result_.notes.end()) {
      result_.notes.push_back(note);
    }
  }

  std::vector<File> files_;
  std::vector<bool> included_;
  Result& result_;
  std::size_t count_ = 0;
  bool something_is_missing_ = false;
};

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Listen listen_of(const Directive& directive) {
  Listen listen;
  std::string_view where = directive.word(0);
  const std::size_t colon = where.rfind(':');
  if (where.starts_with("unix:")) {
    listen.address = where;
    listen.port = 0;
  } else if (const auto port = port_number(where)) {
    listen.port = *port;
  } else if (colon != std::string_view::npos && where.find(']', colon) == std::string_view::npos) {
    listen.address = where.substr(0, colon);
    listen.port = port_number(where.substr(colon + 1)).value_or(80);
  } else {
    listen.address = where;
  }
  if (listen.address == "*" || listen.address == "0.0.0.0") listen.address.clear();
  for (const std::string& word : directive.words) {
    if (word == "ssl" || word == "quic") listen.tls = true;
    if (word == "default_server" || word == "default") listen.is_default = true;
  }
  return listen;
}

Server server_of(const Directive& directive) {
  Server server;
  server.directive = &directive;
  bool all_tls = false;
  for (const Directive& inner : directive.block) {
    if (inner.name == "listen") server.listens.push_back(listen_of(inner));
    if (inner.name == "ssl" && inner.word(0) == "on") all_tls = true;
    if (inner.name == "server_name") {
      for (const std::string& name : inner.words) server.names.push_back(lower_case(name));
    }
  }
  if (server.listens.empty()) server.listens.emplace_back();
  for (Listen& listen : server.listens) listen.tls = listen.tls || all_tls;
  return server;
}

/// How well a name fits: the kind first, then the length. None where it does not.
using Fit = std::optional<std::pair<int, std::size_t>>;

Fit fit_of(const std::string& name, const std::string& host) {
  if (name == host) return std::pair(4, name.size());
  if (name.starts_with('.')) {
    if (name.substr(1) == host) return std::pair(4, name.size());
    if (host.ends_with(name)) return std::pair(3, name.size());
  } else if (name.starts_with("*.")) {
    if (host.ends_with(name.substr(1)) && host.size() >= name.size()) return std::pair(3, name.size());
  } else if (name.ends_with(".*")) {
    if (host.starts_with(name.substr(0, name.size() - 1))) return std::pair(2, name.size());
  } else if (name.starts_with('~') && regex_search(name.substr(1), host, LetterCase::ignored).matches == Tells::yes) {
    return std::pair(1, 0);
  }
  return std::nullopt;
}

Fit fit_of(const Server& server, const std::string& host) {
  Fit best;
  for (const std::string& name : server.names) best = std::max(best, fit_of(name, host));
  return best;
}

bool has_exactly(const Server& server, const std::string& host) {
  return std::find(server.names.begin(), server.names.end(), host) != server.names.end();
}

/// A server on one of its sockets.
struct Bound {
  const Server* server;
  Listen listen;
};

std::vector<Bound> bound_servers(const Http& http, const Question& question) {
  std::vector<Bound> all;
  for (const Server& server : http.servers) {
    for (const Listen& listen : server.listens) all.push_back({&server, listen});
  }
  const auto keep = [&](auto wanted) {
    if (std::any_of(all.begin(), all.end(), wanted))
      std::erase_if(all, [&](const Bound& each) { return !wanted(each); });
  };
  if (question.port) keep([&](const Bound& each) { return each.listen.port == *question.port; });
  keep([&](const Bound& each) { return each.listen.tls == question.tls; });
  return all;
}

Site choose(const std::vector<Bound>& candidates, const std::string& host) {
  Site site;
  Fit best;
  for (const Bound& each : candidates) {
    const Fit fit = fit_of(*each.server, host);
    if (fit && fit > best) {
      best = fit;
      site.server = each.server;
      site.listen = each.listen;
    }
  }
  if (site.server != nullptr) {
    for (const Bound& each : candidates) {
      const bool same =
          each.server != site.server && has_exactly(*each.server, host) && has_exactly(*site.server, host);
      if (same) site.shadowed.push_back(each.server);
    }
    return site;
  }
  site.by_default = true;
  for (const Bound& each : candidates) {
    if (site.server != nullptr && !each.listen.is_default) continue;
    site.server = each.server;
    site.listen = each.listen;
    if (each.listen.is_default) break;
  }
  return site;
}

/// One level of locations. `done` where nothing outside of this level may take the request any more.
struct Level {
  bool found = false;
  bool done = false;
};

bool forwards(const Directive& location) {
  return std::any_of(location.block.begin(), location.block.end(), [](const Directive& inner) {
    return is_one_of(inner.name,
                     {"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass", "grpc_pass"});
  });
}

class LocationFinder {
 public:
  LocationFinder(const std::string& path, Location& found) : path_(path), found_(found) {}

  Level find(const Directive& block) {
    const Directive* longest = nullptr;
    for (const Directive& each : block.block) {
      if (each.name != "location") continue;
      const std::string prefix = prefix_of(each);
      if (prefix.empty() && !is_exact(each)) continue;
      if (is_exact(each)) {
        if (prefix != path_) continue;
        found_.chain.push_back(&each);
        return {true, true};
      }
      if (prefix == path_ + "/" && forwards(each)) slash_ = &each;
      if (path_.starts_with(prefix) && (longest == nullptr || prefix.size() > prefix_of(*longest).size())) {
        longest = &each;
      }
    }
    if (slash_ != nullptr && (longest == nullptr || prefix_of(*longest) != path_)) {
      found_.chain.push_back(slash_);
      found_.slash_is_missing = true;
      return {true, true};
    }
    if (longest != nullptr) {
      found_.chain.push_back(longest);
      const std::size_t depth = found_.chain.size();
      const Level inner = find(*longest);
      if (inner.done || longest->word(0).starts_with("^~")) return {true, inner.done};
      if (const Directive* expression = first_expression(block)) {
        found_.chain.resize(depth - 1);
        return take_expression(*expression);
      }
      return {true, false};
    }
    if (const Directive* expression = first_expression(block)) return take_expression(*expression);
    return {};
  }

 private:
  static bool is_exact(const Directive& location) { return location.word(0).starts_with('='); }

  const Directive* first_expression(const Directive& block) {
    for (const Directive& each : block.block) {
      if (each.name != "location" || !each.word(0).starts_with('~')) continue;
      const bool ignores = each.word(0).starts_with("~*");
      std::string pattern = each.word(0).substr(ignores ? 2 : 1);
      if (pattern.empty()) pattern = each.word(1);
      RegexMatch match = regex_search(pattern, path_, ignores ? LetterCase::ignored : LetterCase::matters);
      if (match.matches == Tells::unknown) {
        found_.unclear = &each;
        return nullptr;
      }
      if (match.matches == Tells::yes) {
        found_.groups = std::move(match.groups);
        return &each;
      }
    }
    return nullptr;
  }

  Level take_expression(const Directive& location) {
    found_.chain.push_back(&location);
    find(location);
    return {true, true};
  }

  const std::string& path_;
  Location& found_;
  const Directive* slash_ = nullptr;
};

}  // namespace

std::string Server::title() const {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  if (text.empty() || text == "_") text = fmt::format("the server of port {}", listens.front().port);
  return shown(text);
}

Http assemble(std::vector<File> files, Result& result) {
  Http http = Assembler(std::move(files), result).assemble();
  for (const Directive& directive : http.directives) {
    if (directive.name == "server" && directive.is_block) http.servers.push_back(server_of(directive));
  }
  return http;
}

std::vector<Site> sites_for(const Http& http, const Question& question) {
  std::vector<Bound> all = bound_servers(http, question);
  std::vector<Site> sites;
  while (!all.empty()) {
    const Listen socket = all.front().listen;
    const auto elsewhere = std::stable_partition(all.begin(), all.end(), [&](const Bound& each) {
      return each.listen.address == socket.address && each.listen.port == socket.port;
    });
    Site site = choose({all.begin(), elsewhere}, question.host);
    all.erase(all.begin(), elsewhere);
    const bool known =
        std::any_of(sites.begin(), sites.end(), [&](const Site& each) { return each.server == site.server; });
    if (!known) sites.push_back(std::move(site));
  }
  if (std::any_of(sites.begin(), sites.end(), [](const Site& each) { return !each.by_default; })) {
    std::erase_if(sites, [](const Site& each) { return each.by_default; });
  }
  return sites;
}

Location find_location(const Directive& server, const std::string& path) {
  Location location;
  LocationFinder(path, location).find(server);
  return location;
}

const Directive* named_location(const Directive& block, const std::string& name) {
  for (const Directive& each : block.block) {
    if (each.name == "location" && each.word(0) == name) return &each;
  }
  return nullptr;
}

std::string prefix_of(const Directive& location) {
  const std::string& first = location.word(0);
  if (first.starts_with('~') || first.starts_with('@')) return {};
  const std::size_t modifier = first.starts_with("^~") ? 2 : (first.starts_with('=') ? 1 : 0);
  return first.size() == modifier && modifier > 0 ? location.word(1) : first.substr(modifier);
}

bool holds_any(const Directive& block, std::initializer_list<std::string_view> names) {
  return std::any_of(block.block.begin(), block.block.end(),
                     [&](const Directive& inner) { return is_one_of(inner.name, names) || holds_any(inner, names); });
}

}  // namespace wsprobe::lint::nginx
