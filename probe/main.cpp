// wsprobe: parse, dispatch, return an exit code.
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.hpp"

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

/// The process list is for everybody: of `-H 'NAME: VALUE'` it keeps the name.
void hide_header_values(int argc, char** argv) {
  for (int at = 1; at < argc; ++at) {
    const std::string_view argument = argv[at];
    char* header = nullptr;
    if (argument == "-H" || argument == "--header") {
      header = at + 1 < argc ? argv[++at] : nullptr;
    } else if (argument.starts_with("-H") || argument.starts_with("--header=")) {
      header = argv[at] + (argument[1] == 'H' ? 2 : argument.find('=') + 1);
    }
    if (header == nullptr) continue;
    char* const colon = std::strchr(header, ':');
    for (char* byte = colon != nullptr ? colon + 1 : header; *byte != '\0'; ++byte) *byte = '*';
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A core dump would hold the tokens; a reader that goes away is an error of write(), not a signal.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    hide_header_values(argc, argv);
    return static_cast<int>(wsprobe::app::dispatch(arguments));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wsprobe: %s\n", error.what());
  }
  return static_cast<int>(wsprobe::app::ExitCode::internal);
}
