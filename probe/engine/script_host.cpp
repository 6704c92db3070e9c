#include "engine/script_host.hpp"

#include <sys/auxv.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "net/tasks.hpp"
#include "witness/command.hpp"

namespace wsprobe::engine {
namespace {

constexpr auto poll_interval = std::chrono::milliseconds(5);
constexpr std::string_view program = "wsprobe-script-host";

tl::expected<browser::ScriptAnswer, std::string> read_answer(const witness::Command& command) {
  if (!command.failure().empty()) {
    // What it says on standard error is its own word, not the scripts'.
    const std::string said = command.err().substr(0, command.err().find('\n'));
    return tl::unexpected(fmt::format("the program that runs scripts gave no answer: {}{}{}", command.failure(),
                                      said.empty() ? "" : "; ", said));
  }
  return browser::decode_answer(command.out());
}

/// Where this program is; as it was called, where there is no /proc.
std::filesystem::path own_path() {
  std::error_code problem;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", problem);
  if (!problem) return self;
  const auto* called = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  if (called == nullptr) return {};
  const std::filesystem::path resolved = std::filesystem::canonical(called, problem);
  return problem ? std::filesystem::path() : resolved;
}

}  // namespace

std::string find_script_host() {
  std::error_code problem;
  const std::filesystem::path self = own_path();
  if (self.empty()) return {};
  for (const auto& candidate :
       {self.parent_path() / program, self.parent_path().parent_path() / "libexec" / "wsprobe" / program}) {
    if (std::filesystem::is_regular_file(candidate, problem)) return candidate.string();
  }
  return {};
}

net::awaitable<tl::expected<browser::ScriptAnswer, std::string>> run_scripts(const browser::ScriptRequest& request,
                                                                             Deadline deadline) {
  const std::string host = find_script_host();
  if (host.empty()) {
    co_return tl::unexpected<std::string>("scripts cannot be run here: wsprobe-script-host is not installed");
  }
  const auto no_variables = [](std::string_view, std::string_view) { return false; };
  const std::string input = browser::encode(request);
  auto command = witness::Command::start({host}, no_variables, input);
  if (!command) co_return tl::unexpected("the program that runs scripts: " + command.error());
  const Deadline until = std::min(deadline, SteadyClock::now() + script_host_patience);
  while (!command->ended() && SteadyClock::now() < until) {
    command->poll();
    if (!command->ended()) co_await net::wait_until(SteadyClock::now() + poll_interval);
  }
  if (!command->ended()) {
    command->kill();
    co_return tl::unexpected<std::string>("the scripts were still running when the time was over");
  }
  co_return read_answer(*command);
}

}  // namespace wsprobe::engine
