// The part of a report that a proxy's configuration leaves.
#pragma once

#include "core/configuration.hpp"
#include "exporters/json_place.hpp"

namespace wsprobe::exporters {

[[nodiscard]] Configuration read_configuration(const Place& place);

}  // namespace wsprobe::exporters
