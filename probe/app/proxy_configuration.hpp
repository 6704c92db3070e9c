// diagnose --proxy-config: what the proxy's configuration says, held against what the probe saw.
#pragma once

#include <span>
#include <vector>

#include <tl/expected.hpp>

#include "app/lint_sources.hpp"
#include "core/report.hpp"
#include "core/secret.hpp"

namespace wsprobe::app {

/// What the files say about the WebSocket, read before anything is sent to it. None where none was named; files that
/// cannot be read are the error.
[[nodiscard]] tl::expected<std::optional<Configuration>, std::vector<scenario::Diagnostic>> read_proxy_configuration(
    std::span<const SourceArgument> arguments, const lint::Question& question);

/// Puts it into the report, each finding with how it stands to the report's evidence, and without the probe's secrets,
/// which a configuration may hold as well.
void add_proxy_configuration(Configuration configuration, std::span<const SecretPtr> secrets, Report& report);

}  // namespace wsprobe::app
