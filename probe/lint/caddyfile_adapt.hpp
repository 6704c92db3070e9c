// From the text of a Caddyfile to Caddy's routes, as Caddy's own adapter turns one into the other: imports and snippets
// replaced, directives put into Caddy's order, sites from the most particular to the most general.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lint/caddy_routes.hpp"
#include "lint/caddyfile_text.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint::caddy {

/// One address of a site: "https://app.example.com:8443/api/*".
struct SiteAddress {
  std::string text;
  Place at;
  std::string host;  ///< lower case; empty: any
  std::uint16_t port = 443;
  std::string path;  ///< empty: any
};

[[nodiscard]] SiteAddress site_address(const Word& key);

/// A site with its body as routes.
struct Site {
  std::vector<SiteAddress> addresses;
  std::vector<Route> routes;
  Origin origin = Origin::caddyfile;
  Place at;
};

/// `others` are the files that an import may name. What is imported and not there becomes a note.
[[nodiscard]] std::vector<Site> adapt(const std::vector<ServerBlock>& blocks, Origin origin,
                                      std::span<const Source> others, Result& result);

/// Whether an import names the file, by its last part: where the folders were, is not known.
[[nodiscard]] bool imports(const std::vector<ServerBlock>& blocks, std::string_view file);

/// The servers that these sites make, one a port, as Caddy orders and joins them.
[[nodiscard]] std::vector<Server> servers_of_sites(std::vector<Site> sites);

}  // namespace wsprobe::lint::caddy
