// Files of a proxy's configuration as the linter takes them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "app/options.hpp"
#include "lint/question.hpp"
#include "lint/result.hpp"
#include "scenario/diagnostic.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::app {

/// Files, `-` for standard input, and URLs of admin APIs; what is named twice is read once. At most
/// lint::maximum_sources of lint::maximum_source_bytes; everything that cannot be read is in the answer.
[[nodiscard]] tl::expected<std::vector<lint::Source>, std::vector<scenario::Diagnostic>> read_sources(
    std::span<const SourceArgument> arguments);

/// What could not be read, with its line.
[[nodiscard]] std::vector<scenario::Diagnostic> diagnostics_of(const lint::Result& result,
                                                               std::span<const lint::Source> sources);

/// The question about a WebSocket's URL.
[[nodiscard]] lint::Question question_about(const scenario::Url& url);

}  // namespace wsprobe::app
