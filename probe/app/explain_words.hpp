// The words of reports, explained.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/human.hpp"

namespace wsprobe::app {

/// Every cause, reason of a failure, author, party at fault and experiment; each once.
[[nodiscard]] std::vector<std::string> explained_words();

/// None where the word is not one of them.
[[nodiscard]] std::optional<std::string> explain_word(std::string_view word, const exporters::HumanStyle& style);

/// All words by their kind, each with half a line.
[[nodiscard]] std::string list_of_words(const exporters::HumanStyle& style);

}  // namespace wsprobe::app
