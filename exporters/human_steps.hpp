// The part of the human report that shows exchanges: steps and experiments.
#pragma once

#include <vector>

#include "core/report.hpp"
#include "exporters/human.hpp"

namespace wsprobe::exporters {

/// One line a step: mark, name, answer, time. What went wrong and where the time went follow it unless `detail` is
/// brief and the run passed.
void write_steps(Page& page, const Report& report, Detail detail);

/// Where the same upgrade was asked on the way in, and what each said; nothing where no hop was asked.
void write_hops(Page& page, const Report& report);

/// The same for the addresses of the name.
void write_addresses(Page& page, const Report& report);

/// One line where the edge was found to speak HTTP/2: whether it offers WebSocket over it, and what became of that.
void write_http2(Page& page, const Report& report);

/// One line an experiment: name, answer, what it sends.
void write_experiments(Page& page, const Report& report, Detail detail);

}  // namespace wsprobe::exporters
