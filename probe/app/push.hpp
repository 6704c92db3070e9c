// Reports sent to a Prometheus Pushgateway.
#pragma once

#include <span>
#include <string>

#include <tl/expected.hpp>

#include "app/options.hpp"
#include "core/report.hpp"

namespace wsprobe::app {

/// Replaces (or removes) the group of each scenario. Redirects are not followed: they would take the credential along.
/// At most ten seconds a scenario; after a gateway that does not answer the others are not tried. The error says what
/// the first failure was, in words, without the credential.
[[nodiscard]] tl::expected<void, std::string> push(std::span<const Report> reports, const PushOptions& options);

}  // namespace wsprobe::app
