// What holds at a place of nginx's configuration: directives are inherited from the blocks around it, and one of a name
// puts all of the outer ones of that name out of force.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/nginx_text.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::nginx {

/// The blocks around a place, the outermost first; the http context is a block too.
using Chain = std::vector<const Directive*>;

struct InForce {
  std::vector<const Directive*> directives;
  std::vector<const Directive*> hidden;  ///< further out, without effect because of these
  bool certain = true;                   ///< false: a file that was not given may say otherwise
};

[[nodiscard]] InForce in_force(const Chain& chain, std::initializer_list<std::string_view> names);
/// The one that has effect; null where there is none.
[[nodiscard]] const Directive* setting(const Chain& chain, std::string_view name);

/// "60s", "1m 30s", "1h", "500ms"; a number alone is seconds. None where it is something else.
[[nodiscard]] std::optional<Duration> duration_of(std::string_view text);

/// What a location has to say for a WebSocket.
[[nodiscard]] std::string good_location(const std::string& path, const std::string& upstream);

}  // namespace wsprobe::lint::nginx
