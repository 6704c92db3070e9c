// wsprobe: parse, dispatch, return an exit code.
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.hpp"
#include "app/process_list.hpp"

namespace {

/// Without memory nothing can be unwound for certain: some of it is wanted by what must not throw. Nothing is lost by
/// ending here, as reports are written whole or not at all and the history is a database.
[[noreturn]] void out_of_memory() {
  constexpr std::string_view words = "wsprobe: out of memory\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, words.data(), words.size());
  _exit(static_cast<int>(wsprobe::app::ExitCode::internal));
}

/// The globals want memory too: this comes before them.
[[gnu::constructor(101)]] void end_where_memory_ends() { std::set_new_handler(out_of_memory); }

}  // namespace

int main(int argc, char** argv) {
  // A core dump would hold the tokens; a reader that goes away is an error of write(), not a signal.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    wsprobe::app::hide_header_values({argv, argv + argc});
    return static_cast<int>(wsprobe::app::dispatch(arguments));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wsprobe: %s\n", error.what());
  }
  return static_cast<int>(wsprobe::app::ExitCode::internal);
}
