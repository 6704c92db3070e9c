// What a proxy's configuration says about a WebSocket, for programs.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/configuration.hpp"

namespace wsprobe::exporters {

/// Schema `wsprobe.lint/1`, docs/lint.schema.json. Keys are only ever added.
[[nodiscard]] std::string to_json(const Configuration& configuration);

/// SARIF 2.1.0 (OASIS), as code scanners and editors read it.
[[nodiscard]] std::string to_sarif(const Configuration& configuration);

/// The configuration as a member of a report.
[[nodiscard]] nlohmann::ordered_json configuration_json(const Configuration& configuration);

}  // namespace wsprobe::exporters
