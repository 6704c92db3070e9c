// `witness`: where the other side of the proxy can be heard.
#pragma once

#include <string>
#include <vector>

#include "scenario/scenario.hpp"
#include "scenario/yaml_document.hpp"

namespace wsprobe::scenario {

/// A list of {file: PATH} or {command: WORDS}, each with an optional `of: backend` or `of: proxy`. A relative file
/// begins at `directory`. Nothing is opened or started here.
[[nodiscard]] std::vector<WitnessSource> read_witnesses(const Node& node, const std::string& directory,
                                                        Diagnostics& diagnostics);

}  // namespace wsprobe::scenario
