// What the words of a report mean that are not causes: who wrote an answer, who has to change something, and what an
// experiment is for.
#pragma once

#include <string_view>

#include "core/report.hpp"

namespace wsprobe::attribution {

/// Of `emitter`: who that is, and how it is known.
[[nodiscard]] std::string_view explanation(Emitter emitter);
/// Of `fault`: who that is, and what it means that they have to change something.
[[nodiscard]] std::string_view explanation(Fault fault);
/// What an answer to the experiment tells.
[[nodiscard]] std::string_view explanation(ExperimentKind experiment);

}  // namespace wsprobe::attribution
