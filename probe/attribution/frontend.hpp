// The page: whether it tells browsers the right WebSocket URL, and lets them open it.
#pragma once

#include <optional>

#include "attribution/attribution.hpp"

namespace wsprobe::attribution {

/// Of a frontend step whose page was fetched and that is not as expected; else none.
[[nodiscard]] std::optional<Verdict> judge_frontend(const StepReport& step, const Input& input);

/// What the page has to change, said beside a verdict about something else: both have to be mended.
void name_frontends(const Input& input, Attribution& attribution);

}  // namespace wsprobe::attribution
