// What a proxy's configuration says, held against what was seen on the wire.
//
// The two are evidence of different kinds. A file is a claim that may not run; an answer is a fact that may have
// several explanations. So a finding counts as confirmed only where the probe came to the very cause that it foretells,
// and as cleared only where the request demonstrably came past it. Everything else stays open, and why is said.
#pragma once

#include "core/report.hpp"

namespace wsprobe::attribution {

/// Sets state and evidence of every finding. The configuration is about the edge of this report.
void hold_against(Configuration& configuration, const Report& report);

}  // namespace wsprobe::attribution
