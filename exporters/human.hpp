// The report for a person, who may be tired: the verdict and what to do come first, the evidence after.
#pragma once

#include <cstdint>
#include <string>

#include "core/report.hpp"
#include "exporters/page.hpp"

namespace wsprobe::exporters {

enum class Detail : std::uint8_t {
  brief,  ///< a healthy run is a few lines; a failed one is explained
  full,   ///< every phase, header field and experiment as well
};

struct HumanStyle {
  Colour colour = Colour::none;
  Glyphs glyphs = Glyphs::utf8;
  int width = 100;  ///< columns; what is to be copied may be longer
  Detail detail = Detail::brief;
};

/// Every text of the peer is escaped. The same report gives the same text in every locale.
[[nodiscard]] std::string to_text(const Report& report, const HumanStyle& style);

}  // namespace wsprobe::exporters
