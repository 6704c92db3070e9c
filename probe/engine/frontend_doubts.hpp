// Whether the URL that a page's scripts have left is the one that a browser would come to. The scripts were run without
// a document, and without computing hashes: where that may have made the difference nothing is claimed.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "browser/script_protocol.hpp"
#include "core/frontend.hpp"

namespace wsprobe::engine {

struct ScriptsRun {
  const browser::ScriptRequest& request;
  const browser::ScriptAnswer& answer;
  const std::vector<std::size_t>& positions;  ///< of the request's scripts among those of the facts
  /// Of the facts' scripts: why it is not known whether browsers run them.
  const std::map<std::size_t, std::string>& unsure;
  std::size_t unread = 0;  ///< one past one of the facts' scripts that browsers run, and the host did not; 0: none
};

/// Why a browser may come to another URL; empty where nothing speaks for that.
[[nodiscard]] std::string doubt_about(const FrontendFacts& facts, const ScriptsRun& ran);

}  // namespace wsprobe::engine
