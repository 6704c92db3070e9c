// The report as JSON, schema `wsprobe.report/1`; docs/report.schema.json describes it. Keys are only ever added.
#pragma once

#include <span>
#include <string>

#include "core/report.hpp"

namespace wsprobe::exporters {

/// One object, indented, with a newline at the end. Everything outside ASCII is escaped and bytes that are not UTF-8
/// become U+FFFD, so that what a peer wrote cannot steer the terminal it is shown on.
[[nodiscard]] std::string to_json(const Report& report);

/// An array of the same objects.
[[nodiscard]] std::string to_json(std::span<const Report> reports);

}  // namespace wsprobe::exporters
