// Taking our secrets out of what a peer sent back.
#pragma once

#include "core/redactor.hpp"
#include "core/report.hpp"

namespace wsprobe::engine {

/// Every text in the evidence and the outcome that a peer may have written, or that quotes it.
void redact(const Redactor& redactor, StepReport& report);

}  // namespace wsprobe::engine
