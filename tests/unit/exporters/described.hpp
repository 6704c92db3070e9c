// Every field of a report as text, written independently of the exporters: two reports are the same if their
// descriptions are.
#pragma once

#include <string>

#include "core/report.hpp"

namespace wsprobe::test {

[[nodiscard]] std::string described(const Verdict& verdict);
[[nodiscard]] std::string described(const StepReport& step);
[[nodiscard]] std::string described(const Report& report);

}  // namespace wsprobe::test
