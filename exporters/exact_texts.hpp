// What JSON cannot hold: bytes of a peer that are not UTF-8, and bodies that the report shows only the beginning of.
//
// A verdict rests on such bytes too, and a saved report has to be enough to reach it again. So they go into the report
// a second time, as base64, under the JSON pointer of the text they replace.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "core/report.hpp"

namespace wsprobe::exporters {

/// Of a body, as `body_excerpt` shows it.
inline constexpr std::size_t body_excerpt_bytes = 4096;

/// JSON pointer in the exchange to the base64 of the whole text. Empty for most exchanges.
[[nodiscard]] std::map<std::string, std::string> exact_texts(const StepReport& step);

/// The head of a response as its status line and fields give it: one space after the colon, every line ended by CRLF.
[[nodiscard]] std::string plain_head(std::string_view status_line, const std::vector<HeaderField>& fields);

}  // namespace wsprobe::exporters
