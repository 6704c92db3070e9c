// The part of a report that a frontend step leaves.
#pragma once

#include <functional>

#include "core/frontend.hpp"
#include "exporters/json_place.hpp"

namespace wsprobe::exporters {

/// `read_error` knows where the exact texts of this exchange are.
[[nodiscard]] FrontendFacts read_frontend(const Place& place, const std::function<Error(const Place&)>& read_error);

}  // namespace wsprobe::exporters
