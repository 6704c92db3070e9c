// What a proxy's configuration says about a WebSocket, for a person: the request's way, then what is wrong with it,
// where it stands, and what to write instead.
#pragma once

#include <string>

#include "core/configuration.hpp"
#include "exporters/human.hpp"

namespace wsprobe::exporters {

[[nodiscard]] std::string to_text(const Configuration& configuration, const HumanStyle& style);

/// The findings alone, as part of a report.
void write_findings(Page& page, const Configuration& configuration);

}  // namespace wsprobe::exporters
