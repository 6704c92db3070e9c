// Reports read back from the JSON that json.hpp writes. A saved report is somebody's file: nothing in it is trusted.
//
// What is read is what was written, byte for byte, as far as the schema goes; keys that it does not know are passed
// over. Reports of earlier versions lack keys that were added since: they are read with what there is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "core/report.hpp"

namespace wsprobe::exporters {

inline constexpr std::size_t maximum_report_bytes = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t deepest_report = 32;

/// What is wrong with a file of reports, and where.
struct ReportProblem {
  std::size_t line = 0;  ///< from 1
  std::size_t column = 0;
  std::string message;      ///< safe to show
  std::string source_line;  ///< as it stands in the file, whatever its length
  std::string help;         ///< the allowed values, or empty
};

/// One report, or an array of them; at least one. Bounded by the two limits above; never throws.
[[nodiscard]] tl::expected<std::vector<Report>, ReportProblem> read_reports(std::string_view json);

}  // namespace wsprobe::exporters
