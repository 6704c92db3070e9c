// wsprobe serve: the daemon's start and end.
#include <sys/resource.h>

#include <csignal>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/daemon.hpp"
#include "app/output.hpp"
#include "net/tasks.hpp"

namespace wsprobe::app {
namespace {

/// Thousands of scenarios hold sockets at the same time: as many descriptors as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

ExitCode fail(ExitCode code, const std::string& message) {
  print_to_stderr(fmt::format("wsprobe: {}\n", message));
  return code;
}

}  // namespace

ExitCode serve(const ServeOptions& options) {
  auto inputs = read_serve_inputs(options);
  if (!inputs) {
    print_diagnostics(inputs.error());
    return ExitCode::usage;
  }
  warn_of_public_key(options.probe.connect.tls, scenario::Environment::of_process());
  if (options.settings.action == ServeAction::check) {
    print_diagnostics(inputs->warnings);
    const auto delivered = deliver(fmt::format("{} scenarios: nothing is wrong\n", inputs->scenarios.size()), "");
    return delivered ? ExitCode::met : fail(ExitCode::internal, delivered.error());
  }
  raise_descriptor_limit();
  net::EventLoop context;
  auto history = monitor::History::open(context, inputs->config.storage_path, inputs->config.retention);
  if (!history) return fail(ExitCode::internal, "the history cannot be opened: " + history.error());
  Daemon daemon(context, options, std::move(*inputs), std::move(*history));
  if (const auto listening = daemon.listen(); !listening) return fail(ExitCode::internal, listening.error());
  const net::Signals signals(context, {SIGINT, SIGTERM, SIGHUP}, [&](int signal) {
    if (signal == SIGHUP) {
      daemon.reload();
    } else {
      daemon.stop();
    }
  });
  net::spawn(context, daemon.run());
  context.run();
  return ExitCode::met;
}

}  // namespace wsprobe::app
