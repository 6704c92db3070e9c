// Reading the engine's values without believing them: whatever a script made of its window, what comes out is bounded.
#pragma once

#include <jsapi.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "browser/script_protocol.hpp"

namespace wsprobe::script_host {

/// UTF-8, at most `longest` bytes and cut between characters.
[[nodiscard]] std::string text_of(JSContext* context, JS::HandleString text,
                                  std::size_t longest = browser::longest_found_value);
[[nodiscard]] std::string text_of(JSContext* context, JS::HandleId id);
/// Undefined where there is no memory for it.
[[nodiscard]] JS::Value make_text(JSContext* context, std::string_view text);

/// Where the script that runs now is.
[[nodiscard]] browser::ScriptPlace caller_of(JSContext* context);

/// The pending exception, which is taken off.
[[nodiscard]] browser::ScriptRun exception_of(JSContext* context);

/// A property of window, "a.b.c"; or a variable of that name that scripts share without it being one. As text where it
/// is a string or an address, and its type.
[[nodiscard]] std::pair<std::optional<std::string>, std::string> read_variable(JSContext* context,
                                                                               JS::HandleObject window,
                                                                               std::string_view path);

/// The strings on window, and in the objects there, that begin with ws: or wss:.
[[nodiscard]] std::vector<browser::FoundValue> websocket_urls_on(JSContext* context, JS::HandleObject window);

}  // namespace wsprobe::script_host
