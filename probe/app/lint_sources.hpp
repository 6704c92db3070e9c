// Files of a proxy's configuration as the linter takes them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "lint/question.hpp"
#include "lint/result.hpp"
#include "scenario/diagnostic.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::app {

/// One source; `-` is standard input. Without a kind it is found out. At most 4 MiB.
[[nodiscard]] tl::expected<lint::Source, scenario::Diagnostic> read_source(const std::string& file,
                                                                           std::optional<lint::SourceKind> kind);

/// The same from a text that is there already.
[[nodiscard]] tl::expected<lint::Source, scenario::Diagnostic> source_of(const std::string& name, std::string text,
                                                                         std::optional<lint::SourceKind> kind);

/// What could not be read, with its line.
[[nodiscard]] std::vector<scenario::Diagnostic> diagnostics_of(const lint::Result& result,
                                                               std::span<const lint::Source> sources);

/// The question about a WebSocket's URL.
[[nodiscard]] lint::Question question_about(const scenario::Url& url);

}  // namespace wsprobe::app
