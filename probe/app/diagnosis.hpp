// The scenario that `diagnose` and `demo` run: the health document, an upgrade that ought to be accepted, one that
// ought to be refused.
#pragma once

#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "app/options.hpp"
#include "app/usage.hpp"
#include "core/report.hpp"
#include "scenario/loader.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::app {

/// The token from its file or variable, or null where none was named.
[[nodiscard]] tl::expected<SecretPtr, UsageError> read_token(const DiagnoseOptions& options,
                                                             const scenario::Environment& environment);

/// Steps `health`, `valid-token`, `invalid-token`. Without a token the second is `no-token` and expects nothing:
/// whether a user is let in cannot be tested. A token in the URL is refused: it can be read by others.
[[nodiscard]] tl::expected<scenario::Scenario, UsageError> make_diagnosis(const DiagnoseOptions& options,
                                                                          const SecretPtr& token,
                                                                          const scenario::Environment& environment);

/// Says in the report's notes what a run without a valid token has not shown.
void note_missing_token(Report& report);

}  // namespace wsprobe::app
