// Reports as JUnit XML, the form that every CI system reads: a test suite per scenario, a test case per step.
#pragma once

#include <span>
#include <string>

#include "core/report.hpp"

namespace wsprobe::exporters {

/// A step that was not as expected is a failure with the verdict and what to do; one that failed on this machine is an
/// error, which says nothing about the service. What a peer wrote is escaped for display first: XML 1.0 cannot hold
/// control characters at all.
[[nodiscard]] std::string to_junit(std::span<const Report> reports);

}  // namespace wsprobe::exporters
