// A response as text, so that expected results can be files that a person reads.
#pragma once

#include <string>

#include "core/evidence.hpp"

namespace wsprobe::wire {

[[nodiscard]] std::string dump(const Response& response);

}  // namespace wsprobe::wire
