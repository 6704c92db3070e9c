// Several hops between the edge and the application: the first at which the answers part.
#pragma once

#include "attribution/attribution.hpp"

namespace wsprobe::attribution {

/// Compares the upgrade at the edge with the same upgrade asked at each hop behind it (experiments of kind hop_valid,
/// by StepReport::hop, and direct_valid), and says in the verdict where the answer changes. A hop that could not be
/// reached from here says nothing, and is named as such.
void name_hops(const Input& input, Attribution& attribution);

}  // namespace wsprobe::attribution
