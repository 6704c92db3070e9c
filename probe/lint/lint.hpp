// Proxy configuration text in, findings out. Pure: no file, no socket, no clock.
#pragma once

#include <span>

#include "lint/question.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint {

/// All sources are one deployment. Findings in the order of the files and lines, each once.
[[nodiscard]] Result lint(std::span<const Source> sources, const Question& question);

}  // namespace wsprobe::lint
