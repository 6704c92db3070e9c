// One directive of a Caddyfile to one route.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lint/caddy_routes.hpp"
#include "lint/caddyfile_text.hpp"

namespace wsprobe::lint::caddy {

using NamedMatchers = std::map<std::string, MatcherSet>;

/// `@name ...`: into the map, under "@name".
void define_matcher(const Segment& segment, NamedMatchers& matchers);

/// The directives of a block as routes, in the order in which they run.
using BlockReader = std::function<std::vector<Route>(const std::vector<Segment>&, const NamedMatchers&)>;

/// What reads the blocks inside a directive: `sorted` those of handle, `unsorted` those of route.
struct BlockReaders {
  BlockReader sorted;
  BlockReader unsorted;
};

[[nodiscard]] Route directive_route(const Segment& segment, const NamedMatchers& matchers, const BlockReaders& blocks);

/// In the order in which Caddy runs the directives of a block, whatever their order in the file.
[[nodiscard]] std::span<const std::string_view> ordered_directives();

/// Whether Caddy comes with a directive of this name.
[[nodiscard]] bool is_directive(const std::string& name);

}  // namespace wsprobe::lint::caddy
