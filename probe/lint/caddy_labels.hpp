// The labels of caddy-docker-proxy as the Caddyfile that it makes of them.
//
// A label's key is a path: caddy_0.handle_path.0_reverse_proxy is reverse_proxy in handle_path in the site caddy_0. A
// number before a name orders it, one behind it keeps it apart from others of the same name; neither is written. The
// value is split into words like a line of a Caddyfile. Containers whose blocks have the same words are merged.
#pragma once

#include <span>
#include <vector>

#include "lint/caddyfile_text.hpp"
#include "lint/containers.hpp"

namespace wsprobe::lint::caddy {

/// In the order in which the proxy writes them: global options, snippets, then sites by their names.
[[nodiscard]] std::vector<ServerBlock> blocks_of_labels(std::span<const Container> containers);

}  // namespace wsprobe::lint::caddy
