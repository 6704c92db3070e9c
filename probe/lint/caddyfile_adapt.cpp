#include "lint/caddyfile_adapt.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/ascii.hpp"
#include "lint/caddyfile_directives.hpp"

namespace wsprobe::lint::caddy {
namespace {

constexpr int maximum_imports = 500;
constexpr int maximum_import_depth = 16;

/// The only path of a route's matcher; empty where there is no such thing.
std::string single_path(const Route& route) {
  if (route.match.size() != 1) return {};
  const auto& matchers = route.match.front().all;
  const auto is_path = [](const Matcher& matcher) { return matcher.kind == MatcherKind::path; };
  const auto found = std::find_if(matchers.begin(), matchers.end(), is_path);
  return found != matchers.end() && found->values.size() == 1 ? found->values.front() : std::string();
}

struct Ordered {
  std::size_t rank = 0;
  Route route;
};

/// Directives by Caddy's order; of one directive the longer path first, and those without a matcher last.
bool runs_before(const Ordered& left, const Ordered& right) {
  if (left.rank != right.rank) return left.rank < right.rank;
  const std::string left_path = single_path(left.route);
  const std::string right_path = single_path(right.route);
  if (!left_path.empty() && !right_path.empty()) return left_path.size() > right_path.size();
  return !left.route.match.empty() && right.route.match.empty();
}

void substitute(std::vector<Segment>& segments, const std::vector<Word>& arguments);

void substitute(Word& word, const std::vector<Word>& arguments) {
  for (std::size_t index = 0; index < arguments.size(); ++index) {
    for (const std::string& form : {fmt::format("{{args[{}]}}", index), fmt::format("{{args.{}}}", index)}) {
      for (std::size_t at = word.text.find(form); at != std::string::npos;
           at = word.text.find(form, at + arguments[index].text.size())) {
        word.text.replace(at, form.size(), arguments[index].text);
      }
    }
  }
}

void substitute(std::vector<Segment>& segments, const std::vector<Word>& arguments) {
  for (Segment& segment : segments) {
    for (Word& word : segment.words) substitute(word, arguments);
    substitute(segment.block, arguments);
  }
}

/// `*` in the last part of a path.
bool names_file(std::string_view pattern, std::string_view file) {
  const auto last = [](std::string_view path) { return path.substr(path.find_last_of('/') + 1); };
  const std::string_view wanted = last(pattern);
  const std::string_view given = last(file);
  const std::size_t star = wanted.find('*');
  if (star == std::string_view::npos) return wanted == given;
  return given.size() + 1 >= wanted.size() && given.starts_with(wanted.substr(0, star)) &&
         given.ends_with(wanted.substr(star + 1));
}

bool imports_in(const std::vector<Segment>& segments, std::string_view file) {
  return std::any_of(segments.begin(), segments.end(), [&](const Segment& segment) {
    const bool named =
        segment.words.size() > 1 && segment.words.front().text == "import" && names_file(segment.words[1].text, file);
    return named || imports_in(segment.block, file);
  });
}

class Adapter {
 public:
  Adapter(Origin origin, std::span<const Source> others, Result& result)
      : origin_(origin), others_(others), result_(result) {}

  std::vector<Site> run(const std::vector<ServerBlock>& blocks) {
    std::vector<ServerBlock> sites;
    collect(blocks, sites, 0);
    std::vector<Site> out;
    out.reserve(sites.size());
    for (const ServerBlock& block : sites) out.push_back(site(block));
    return out;
  }

 private:
  static bool is_named(const ServerBlock& block, std::string_view before) {
    return block.keys.size() == 1 && block.keys.front().text.starts_with(before) &&
           block.keys.front().text.ends_with(')');
  }

  /// Sites; snippets and options go where they are looked up.
  void collect(const std::vector<ServerBlock>& blocks, std::vector<ServerBlock>& sites, int depth) {
    for (const ServerBlock& block : blocks) {
      if (block.keys.empty()) {
        options(block);
      } else if (is_named(block, "(") || is_named(block, "&(")) {
        const std::string& key = block.keys.front().text;
        const std::size_t begin = key.find('(') + 1;
        snippets_[key.substr(begin, key.size() - begin - 1)] = block.body;
      } else if (block.keys.front().text == "import") {
        import_sites(block, sites, depth);
      } else {
        sites.push_back(block);
      }
    }
  }

  void import_sites(const ServerBlock& block, std::vector<ServerBlock>& sites, int depth) {
    if (block.keys.size() < 2 || depth > maximum_import_depth) return;
    for (const std::vector<ServerBlock>& file : files(block.keys[1])) collect(file, sites, depth + 1);
  }

  /// The files among the others that the word names; a note where there is none.
  std::vector<std::vector<ServerBlock>> files(const Word& name) {
    std::vector<std::vector<ServerBlock>> out;
    for (const Source& source : others_) {
      if (source.kind != SourceKind::caddyfile || source.name == name.at.file || !names_file(name.text, source.name))
        continue;
      if (auto parsed = parse_caddyfile(source)) out.push_back(std::move(*parsed));
    }
    if (out.empty()) {
      result_.notes.push_back(
          fmt::format("{}:{}: `import {}` names a file that was not given", name.at.file, name.at.line, name.text));
    }
    return out;
  }

  void options(const ServerBlock& block) {
    for (const Segment& segment : block.body) {
      if (segment.words.front().text != "order" || segment.words.size() < 3) continue;
      move_directive(segment.words);
    }
  }

  /// `order NAME first | last | before OTHER | after OTHER`
  void move_directive(const std::vector<Word>& words) {
    const std::string& name = words[1].text;
    std::erase(order_, name);
    const std::string& where = words[2].text;
    auto place = order_.begin();
    if (where == "last") place = order_.end();
    if ((where == "before" || where == "after") && words.size() > 3) {
      place = std::find(order_.begin(), order_.end(), words[3].text);
      if (where == "after" && place != order_.end()) ++place;
    }
    order_.insert(place, name);
  }

  [[nodiscard]] std::size_t rank(const std::string& directive) const {
    const auto found = std::find(order_.begin(), order_.end(), directive == "handle_path" ? "handle" : directive);
    // A plugin says its own place; where that is, is not known, so it comes first.
    return found == order_.end() ? 0 : static_cast<std::size_t>(found - order_.begin()) + 1;
  }

  Site site(const ServerBlock& block) {
    Site out;
    out.at = block.at;
    out.origin = origin_;
    for (const Word& key : block.keys) out.addresses.push_back(site_address(key));
    out.routes = routes(block.body, {}, true, 0);
    return out;
  }

  /// The directives of a block with its imports replaced.
  std::vector<Segment> expanded(const std::vector<Segment>& segments, int depth) {
    std::vector<Segment> out;
    for (const Segment& segment : segments) {
      if (segment.words.front().text != "import" || segment.words.size() < 2) {
        out.push_back(segment);
        continue;
      }
      if (depth > maximum_import_depth || ++imports_ > maximum_imports) {
        result_.notes.push_back(
            fmt::format("{}:{}: too many imports", segment.words.front().at.file, segment.words.front().at.line));
        continue;
      }
      std::vector<Segment> imported = content(segment.words[1]);
      substitute(imported, {segment.words.begin() + 2, segment.words.end()});
      std::vector<Segment> inner = expanded(imported, depth + 1);
      std::move(inner.begin(), inner.end(), std::back_inserter(out));
    }
    return out;
  }

  std::vector<Segment> content(const Word& name) {
    const auto snippet = snippets_.find(name.text);
    if (snippet != snippets_.end()) return snippet->second;
    std::vector<Segment> out;
    for (const std::vector<ServerBlock>& file : files(name)) {
      for (const ServerBlock& block : file) {
        // A file of directives reads like sites without braces: the first line its key.
        Segment first;
        first.words = block.keys;
        first.block = block.body;
        first.has_block = !block.body.empty();
        if (!first.words.empty()) out.push_back(std::move(first));
      }
    }
    return out;
  }

  std::vector<Route> routes(const std::vector<Segment>& body, NamedMatchers matchers, bool sorted, int depth) {
    const std::vector<Segment> segments = expanded(body, 0);
    for (const Segment& segment : segments) {
      if (segment.words.front().text.starts_with('@') && !segment.words.front().quoted)
        define_matcher(segment, matchers);
    }
    const auto reader = [&](bool in_order) {
      return [this, depth, in_order](const std::vector<Segment>& block, const NamedMatchers& outer) {
        return routes(block, outer, in_order, depth + 1);
      };
    };
    std::vector<Ordered> ordered;
    for (const Segment& segment : segments) {
      const std::string& name = segment.words.front().text;
      if (name.starts_with('@')) continue;
      if (name == "invoke" && segment.words.size() > 1) {
        ordered.push_back({rank(name), invoked(segment, matchers, depth)});
        continue;
      }
      ordered.push_back({rank(name), directive_route(segment, matchers, {reader(true), reader(false)})});
    }
    if (sorted) std::stable_sort(ordered.begin(), ordered.end(), runs_before);
    std::vector<Route> out;
    out.reserve(ordered.size());
    for (Ordered& each : ordered) out.push_back(std::move(each.route));
    return out;
  }

  Route invoked(const Segment& segment, const NamedMatchers& matchers, int depth) {
    Route route;
    route.at = segment.words.front().at;
    Handler handler;
    handler.kind = HandlerKind::subroute;
    handler.at = route.at;
    handler.text = shown(segment);
    const auto found = snippets_.find(segment.words.back().text);
    if (found != snippets_.end() && depth < maximum_import_depth)
      handler.routes = routes(found->second, matchers, true, depth + 1);
    route.handlers.push_back(std::move(handler));
    return route;
  }

  Origin origin_;
  std::span<const Source> others_;
  Result& result_;
  std::map<std::string, std::vector<Segment>> snippets_;
  std::vector<std::string> order_{ordered_directives().begin(), ordered_directives().end()};
  int imports_ = 0;
};

/// How particular a name or a path is: its length without what stands for anything.
std::size_t specificity(const std::string& text) {
  std::size_t length = 0;
  bool inside = false;
  for (const char c : text) {
    if (c == '{') inside = true;
    if (!inside && c != '*') ++length;
    if (c == '}') inside = false;
  }
  return length;
}

struct Rank {
  bool any_host = false;  // a wildcard, or no host
  std::size_t host = 0;
  std::size_t path = 0;
};

Rank rank_of(const Site& site) {
  Rank rank;
  for (const SiteAddress& address : site.addresses) {
    rank.any_host = rank.any_host || address.host.empty() || address.host.find('*') != std::string::npos;
    rank.host = std::max(rank.host, specificity(address.host));
    rank.path = std::max(rank.path, specificity(address.path));
  }
  return rank;
}

Matcher matcher_of(MatcherKind kind, std::string name, std::vector<std::string> values) {
  Matcher matcher;
  matcher.kind = kind;
  matcher.name = std::move(name);
  matcher.values = std::move(values);
  return matcher;
}

/// The route of a site at one port.
Route route_of(const Site& site, std::uint16_t port) {
  Route route;
  route.terminal = true;
  route.at = site.at;
  std::map<std::string, std::vector<std::string>> hosts_by_path;
  for (const SiteAddress& address : site.addresses) {
    if (address.port == port) hosts_by_path[address.path].push_back(address.host);
  }
  for (auto& [path, hosts] : hosts_by_path) {
    MatcherSet set;
    const bool any = std::find(hosts.begin(), hosts.end(), "") != hosts.end();
    if (!any) set.all.push_back(matcher_of(MatcherKind::host, "host", hosts));
    if (!path.empty()) set.all.push_back(matcher_of(MatcherKind::path, "path", {path}));
    if (!set.all.empty()) route.match.push_back(std::move(set));
  }
  Handler handler;
  handler.kind = HandlerKind::subroute;
  handler.at = site.at;
  handler.text = site.addresses.front().text;
  handler.routes = site.routes;
  route.handlers.push_back(std::move(handler));
  return route;
}

bool same_hosts(const Route& left, const Route& right) {
  const auto values = [](const Route& route) {
    std::vector<std::string> all;
    for (const MatcherSet& set : route.match) {
      for (const Matcher& matcher : set.all) {
        all.push_back(matcher.name);
        all.insert(all.end(), matcher.values.begin(), matcher.values.end());
      }
    }
    return all;
  };
  return values(left) == values(right);
}

}  // namespace

SiteAddress site_address(const Word& key) {
  SiteAddress address;
  address.text = key.text;
  address.at = key.at;
  std::string_view rest = key.text;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    if (rest.substr(0, scheme) == "http") address.port = 80;
    rest.remove_prefix(scheme + 3);
  }
  // A placeholder may hold a slash or a colon of its own: {$SITE:localhost}.
  const std::size_t behind_placeholder = rest.starts_with('{') ? std::min(rest.find('}'), rest.size() - 1) : 0;
  const std::size_t slash = std::min(rest.find('/', behind_placeholder), rest.size());
  address.path = rest.substr(slash);
  std::string_view authority = rest.substr(0, slash);
  const std::size_t colon = authority.find_last_of(':');
  const std::size_t bracket = authority.find_last_of("]}");
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    unsigned port = 0;
    const char* end = authority.data() + authority.size();
    if (std::from_chars(authority.data() + colon + 1, end, port).ptr == end && port > 0 && port < 65536) {
      address.port = static_cast<std::uint16_t>(port);
    }
    authority = authority.substr(0, colon);
  }
  address.host = lower_case(authority);
  return address;
}

std::vector<Site> adapt(const std::vector<ServerBlock>& blocks, Origin origin, std::span<const Source> others,
                        Result& result) {
  return Adapter(origin, others, result).run(blocks);
}

bool imports(const std::vector<ServerBlock>& blocks, std::string_view file) {
  return std::any_of(blocks.begin(), blocks.end(), [&](const ServerBlock& block) {
    const bool named =
        block.keys.size() > 1 && block.keys.front().text == "import" && names_file(block.keys[1].text, file);
    return named || imports_in(block.body, file);
  });
}

std::vector<Server> servers_of_sites(std::vector<Site> sites) {
  std::stable_sort(sites.begin(), sites.end(), [](const Site& left, const Site& right) {
    const Rank one = rank_of(left);
    const Rank other = rank_of(right);
    if (one.any_host != other.any_host) return other.any_host;
    if (one.host != other.host) return one.host > other.host;
    return one.path > other.path;
  });
  std::map<std::uint16_t, Server> by_port;
  for (const Site& site : sites) {
    std::vector<std::uint16_t> ports;
    for (const SiteAddress& address : site.addresses) ports.push_back(address.port);
    std::sort(ports.begin(), ports.end());
    ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
    for (const std::uint16_t port : ports) {
      Server& server = by_port[port];
      if (server.routes.empty()) {
        server.origin = site.origin;
        server.name = site.addresses.front().text;
        server.at = site.at;
        server.ports = {port};
      }
      Route route = route_of(site, port);
      if (!server.routes.empty() && same_hosts(server.routes.back(), route)) {
        server.routes.back().handlers.push_back(std::move(route.handlers.front()));  // joined, one behind the other
      } else {
        server.routes.push_back(std::move(route));
      }
    }
  }
  std::vector<Server> servers;
  servers.reserve(by_port.size());
  for (auto& [port, server] : by_port) servers.push_back(std::move(server));
  return servers;
}

}  // namespace wsprobe::lint::caddy
