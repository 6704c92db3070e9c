// What a proxy's configuration says about a WebSocket, for a person: the request's way, then what is wrong with it,
// where it stands, and what to write instead.
#pragma once

#include <string>

#include "core/configuration.hpp"
#include "exporters/human.hpp"

namespace wsprobe::exporters {

[[nodiscard]] std::string to_text(const Configuration& configuration, const HumanStyle& style);

/// The findings alone, as part of a report: what was confirmed first, then what is open, then what does no harm.
void write_configuration(Page& page, const Configuration& configuration);

/// "Caddyfile:4:2 (apps/http/...)", safe to print.
[[nodiscard]] std::string place_text(const SourcePlace& at);

}  // namespace wsprobe::exporters
