// Which site of which server takes the request.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lint/caddy_json.hpp"
#include "lint/caddy_labels.hpp"
#include "lint/caddy_matchers.hpp"
#include "lint/caddy_walk.hpp"
#include "lint/caddyfile_adapt.hpp"
#include "lint/readers.hpp"

namespace wsprobe::lint {
namespace {

using caddy::Matcher;
using caddy::MatcherKind;
using caddy::Origin;
using caddy::Route;
using caddy::Server;
using caddy::ServerBlock;
using caddy::Site;
using caddy::SiteAddress;

// ---- servers ----

/// The hosts that the top of a route names; none: any host.
std::vector<std::string> hosts_of(const Route& route) {
  std::vector<std::string> hosts;
  for (const caddy::MatcherSet& set : route.match) {
    for (const Matcher& matcher : set.all) {
      if (matcher.kind == MatcherKind::host) hosts.insert(hosts.end(), matcher.values.begin(), matcher.values.end());
    }
  }
  return hosts;
}

bool takes_host(const Route& route, const std::string& host) {
  const std::vector<std::string> hosts = hosts_of(route);
  if (hosts.empty()) return !route.handlers.empty();
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const std::string& each) { return caddy::host_matches(each, host) != Tells::no; });
}

const Route* route_for(const Server& server, const std::string& host) {
  const auto found = std::find_if(server.routes.begin(), server.routes.end(),
                                  [&](const Route& route) { return takes_host(route, host); });
  return found == server.routes.end() ? nullptr : &*found;
}

bool listens(const Server& server, std::uint16_t port) {
  return std::find(server.ports.begin(), server.ports.end(), port) != server.ports.end();
}

/// The server with the name and the place of the site that takes the host.
Server named_for(Server server, const Route& route, const std::string& host) {
  for (const std::string& each : hosts_of(route)) {
    if (caddy::host_matches(each, host) == Tells::no) continue;
    server.name = each;
    break;
  }
  server.at = route.at;
  if (!route.handlers.empty() && route.handlers.front().at.line > 0 && server.origin != Origin::json) {
    server.at = route.handlers.front().at;
  }
  return server;
}

/// Every host that the server's routes name and that something is forwarded for.
void walk_every_site(const Server& server, const Question& question, const Deployment& deployment, Result& result) {
  std::set<std::string> walked;
  for (const Route& route : server.routes) {
    if (!caddy::forwards({&route, 1})) continue;
    const std::vector<std::string> hosts = hosts_of(route);
    const std::string host = hosts.empty() ? "" : hosts.front();
    if (walked.insert(host).second) {
      caddy::walk(named_for(server, route, host), host, question, deployment.containers, result);
    }
  }
}

void walk_servers(std::vector<Server> servers, const Question& question, const Deployment& deployment, Result& result) {
  if (question.host.empty()) {
    for (const Server& server : servers) walk_every_site(server, question, deployment, result);
    return;
  }
  std::erase_if(servers, [&](const Server& server) { return route_for(server, question.host) == nullptr; });
  // Behind another proxy, or a container's published port, the port is another than the URL's.
  const bool port_known = question.port && std::any_of(servers.begin(), servers.end(), [&](const Server& server) {
                            return listens(server, *question.port);
                          });
  if (port_known) std::erase_if(servers, [&](const Server& server) { return !listens(server, *question.port); });
  for (Server& server : servers) {
    const Route& route = *route_for(server, question.host);
    caddy::walk(named_for(std::move(server), route, question.host), question.host, question, deployment.containers,
                result);
  }
}

// ---- two definitions of one site ----

bool same_address(const SiteAddress& left, const SiteAddress& right) {
  return left.host == right.host && left.port == right.port && left.path == right.path;
}

Finding ambiguous(const Site& first, const SiteAddress& winner, const Site& second, const SiteAddress& other) {
  Finding finding;
  finding.rule = Rule::ambiguous_site;
  finding.severity = Severity::warning;
  finding.at = other.at;
  finding.related.push_back({winner.at, "this one comes first"});
  finding.correction = caddy::correction(Rule::ambiguous_site, {second.origin, other.text, {}, {}, {}, {}});
  if (first.origin == second.origin && winner.text == other.text) {
    finding.severity = Severity::error;
    finding.says = fmt::format("{} is defined a second time; Caddy refuses to load such a file", other.text);
    finding.breaks = "the proxy goes on with the configuration of before, or does not start";
  } else if (first.origin == second.origin) {
    finding.says = fmt::format(
        "{} is the same site as {}: Caddy runs the directives of that one first, and these only for "
        "what those leave",
        other.text, winner.text);
    finding.breaks = "what is written here has no effect where the other definition answers";
  } else if (winner.text == other.text) {
    finding.says = fmt::format(
        "{} is defined by labels too: the label proxy writes those first and drops a file that "
        "defines the same site again",
        other.text);
    finding.breaks = "what is written here has no effect";
  } else {
    finding.says = fmt::format(
        "{} is defined by labels too, as {}: the label proxy writes those first, and their "
        "directives run first",
        other.text, winner.text);
    finding.breaks = "what is written here has no effect where the labels' site answers";
  }
  return finding;
}

/// Sites as they come, labels first; a site whose address is taken in the same words is not loaded.
void check_ambiguity(std::vector<Site>& sites, const Question& question, Result& result) {
  const auto is_asked = [&](const SiteAddress& address) {
    return !address.host.empty() && caddy::host_matches(address.host, question.host) == Tells::yes;
  };
  std::vector<Site> kept;
  for (Site& site : sites) {
    bool taken = false;
    for (const SiteAddress& address : site.addresses) {
      if (!is_asked(address)) continue;
      for (const Site& before : kept) {
        const auto same = std::find_if(before.addresses.begin(), before.addresses.end(),
                                       [&](const SiteAddress& other) { return same_address(other, address); });
        if (same == before.addresses.end()) continue;
        add(result, ambiguous(before, *same, site, address));
        taken = taken || same->text == address.text;
      }
    }
    if (!taken) kept.push_back(std::move(site));
  }
  sites = std::move(kept);
}

struct Caddyfile {
  const Source* source;
  std::vector<ServerBlock> blocks;
};

std::vector<Caddyfile> caddyfiles_of(const Deployment& deployment, Result& result) {
  std::vector<Caddyfile> files;
  for (const Source& source : deployment.sources) {
    if (source.kind != SourceKind::caddyfile) continue;
    auto blocks = caddy::parse_caddyfile(source);
    if (blocks) {
      files.push_back({&source, std::move(*blocks)});
    } else {
      result.problems.push_back(blocks.error());
    }
  }
  return files;
}

/// The Caddyfiles that no other one imports are read; the others come in where they are imported.
bool is_imported(const Caddyfile& file, const std::vector<Caddyfile>& all) {
  return std::any_of(all.begin(), all.end(), [&](const Caddyfile& other) {
    return &other != &file && caddy::imports(other.blocks, file.source->name);
  });
}

void read_json(const Deployment& deployment, const Question& question, Result& result) {
  for (const Source& source : deployment.sources) {
    if (source.kind != SourceKind::caddy_json) continue;
    const auto root = parse_json(source);
    if (root) {
      walk_servers(caddy::servers_of_json(source, **root), question, deployment, result);
    } else {
      result.problems.push_back(root.error());
    }
  }
}

}  // namespace

void read_caddy(const Deployment& deployment, const Question& question, Result& result) {
  read_json(deployment, question, result);
  std::vector<Site> sites =
      caddy::adapt(caddy::blocks_of_labels(deployment.containers), Origin::labels, deployment.sources, result);
  const std::vector<Caddyfile> files = caddyfiles_of(deployment, result);
  for (const Caddyfile& file : files) {
    if (is_imported(file, files)) continue;
    std::vector<Site> more = caddy::adapt(file.blocks, Origin::caddyfile, deployment.sources, result);
    std::move(more.begin(), more.end(), std::back_inserter(sites));
  }
  check_ambiguity(sites, question, result);
  walk_servers(caddy::servers_of_sites(std::move(sites)), question, deployment, result);
}

}  // namespace wsprobe::lint
