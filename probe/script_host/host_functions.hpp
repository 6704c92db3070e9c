// The native functions of the prelude, and what modules ask of their host.
#pragma once

#include <jsapi.h>

#include "script_host/run_state.hpp"

namespace wsprobe::script_host {

/// Runs the prelude on `window`. Null, with an exception pending, where that fails; else what the prelude gives back.
[[nodiscard]] JSObject* install_prelude(JSContext* context, JS::HandleObject window, const RunState& state);

/// A module that imports another one needs a browser.
void install_module_hooks(JSContext* context);

}  // namespace wsprobe::script_host
