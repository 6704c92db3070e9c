// Where /probe may be pointed. Whoever can reach the daemon can ask it to connect somewhere, and the daemon holds
// tokens: a target is one that the operator has named, and a credential goes to the hosts of its own scenario alone.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "scenario/scenario.hpp"

namespace wsprobe::app {

struct TargetRefusal {
  int status = 400;  ///< 400: no URL; 403: not allowed
  std::string message;
};

/// The scenario pointed at `target` ("https://host[:port]", "wss://...", or "host[:port]" as blackbox_exporter takes
/// it; a path is passed over, the steps have their own). `allowed` holds such URLs.
[[nodiscard]] tl::expected<scenario::Scenario, TargetRefusal> retargeted(const scenario::Scenario& scenario,
                                                                         const std::string& target,
                                                                         const std::vector<std::string>& allowed);

}  // namespace wsprobe::app
