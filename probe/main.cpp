// wsprobe: parse, dispatch, return an exit code.
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "app/commands.hpp"

int main(int argc, char** argv) {
  // A core dump would hold the tokens; a reader that goes away is an error of write(), not a signal.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return static_cast<int>(wsprobe::app::dispatch(arguments));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wsprobe: %s\n", error.what());
  }
  return static_cast<int>(wsprobe::app::ExitCode::internal);
}
