// The walls around foreign scripts.
//
// A script can reach only what the JavaScript engine gives it, and that is nothing outside of the process. The walls
// are for the day when a script finds a fault of the engine: the process that runs it has no files, no network, no
// other processes, no environment, little memory and little time, and the kernel holds it to that.
#pragma once

#include <cstddef>
#include <string>

#include <tl/expected.hpp>

namespace wsprobe::script_host {

/// Of the whole process, its code and the engine's own needs included.
inline constexpr std::size_t most_memory = std::size_t{768} * 1024 * 1024;
/// The kernel's limit; the engine stops scripts earlier.
inline constexpr unsigned most_processor_seconds = 5;

/// To be called first: limits on memory, time, files and processes; no new privileges; ended with its parent; of lower
/// priority than that. The error says what could not be set.
[[nodiscard]] tl::expected<void, std::string> limit_process();

/// To be called when nothing is needed any more but to compute and to write to standard output. From here on every
/// thread of the process may make only the system calls of a short list: memory without execution, futexes, clocks,
/// writing to descriptor 1, ending. Asking for files is refused; anything else ends the process with SIGSYS.
[[nodiscard]] tl::expected<void, std::string> close_the_walls();

}  // namespace wsprobe::script_host
