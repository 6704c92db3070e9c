// Foreign scripts are run by a program of their own, wsprobe-script-host, which is started only for that and can do
// nothing but compute (probe/script_host). Here it is found, started, waited for, and ended.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "browser/script_protocol.hpp"
#include "core/clock.hpp"
#include "net/asio.hpp"

namespace wsprobe::engine {

/// For the host to start, run the scripts to their limits, and answer. Then it is killed.
inline constexpr Duration script_host_patience = std::chrono::seconds(8);

/// The error is a sentence: the program is not installed, it was ended by its limits, it answered nonsense.
net::awaitable<tl::expected<browser::ScriptAnswer, std::string>> run_scripts(const browser::ScriptRequest& request,
                                                                             Deadline deadline);

/// Where the program lies: beside wsprobe, where it was built; or in ../libexec/wsprobe, where packages put it. Empty
/// where it is in neither.
[[nodiscard]] std::string find_script_host();

}  // namespace wsprobe::engine
