// Whether the URL that a page's scripts have left is the one that a browser would come to. The scripts were run without
// a document, and without computing hashes: where that may have made the difference nothing is claimed.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "browser/script_protocol.hpp"
#include "core/frontend.hpp"

namespace wsprobe::engine {

struct ScriptsRun {
  const browser::ScriptRequest& request;
  const browser::ScriptAnswer& answer;
  const std::vector<std::size_t>& positions;  ///< of the request's scripts among those of the facts
  const std::set<std::size_t>& needs_hash;    ///< of the facts' scripts: a policy lets them run if a hash is theirs
};

/// Why a browser may come to another URL; empty where nothing speaks for that.
[[nodiscard]] std::string doubt_about(const FrontendFacts& facts, const ScriptsRun& ran);

}  // namespace wsprobe::engine
