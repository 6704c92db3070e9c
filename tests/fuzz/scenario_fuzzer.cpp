// Any bytes as a scenario file. Beyond not crashing: what is refused says why and where, nothing that is shown could
// steer a terminal or holds a secret, and what is accepted keeps the bounds that the rest of the program relies on.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "core/text.hpp"
#include "scenario/loader.hpp"

namespace {

using namespace wsprobe;

constexpr std::string_view secret = "s3cr3t-7c1e5a";

void check(bool holds) {
  if (!holds) std::abort();
}

scenario::Environment fuzz_environment() {
  scenario::Environment environment;
  environment.variable = [](const std::string& name) {
    return name.size() % 2 == 0 ? std::optional<std::string>(secret) : std::nullopt;
  };
  environment.read_file = [](const std::string& path) -> tl::expected<std::string, std::string> {
    if (path.size() % 2 == 0) return std::string(secret) + "\n";
    return tl::unexpected<std::string>("No such file or directory");
  };
  environment.random_mark = [] { return std::string("wsprobe-invalid-0123456789abcdef"); };
  environment.readable_by_all = [](const std::string& path) { return path.size() % 3 == 0; };
  return environment;
}

void check_diagnostic(const scenario::Diagnostic& diagnostic) {
  const std::string text = diagnostic.render();
  check(!diagnostic.message.empty());
  check(text.find(secret) == std::string::npos);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    check(length != 0 && (static_cast<unsigned char>(text[at]) >= 0x20 || text[at] == '\n'));
    at += length;
  }
}

void check_upgrade(const scenario::UpgradeStep& step, Duration timeout) {
  check(step.path.front() == '/' && step.path.find_first_of("?#\r\n ") == std::string::npos);
  check(step.ping >= 0 && step.ping <= 1000);
  check(step.hold < timeout);
  check(step.close_code == 1000 || (step.close_code >= 3000 && step.close_code <= 4999));
  check(step.messages.size() <= 1000);
  for (const auto& [name, value] : step.headers) check(value.reveal().find_first_of("\r\n") == std::string::npos);
}

void check_scenario(const scenario::Scenario& loaded) {
  check(!loaded.name.empty() && !loaded.edge.host.empty() && loaded.edge.port != 0);
  check(!loaded.steps.empty() && loaded.steps.size() <= 1000);
  check(!loaded.invalid.empty());
  check(loaded.timeout > Duration{} && loaded.every >= std::chrono::seconds(1));
  for (const scenario::Step& step : loaded.steps) {
    if (const auto* upgrade = std::get_if<scenario::UpgradeStep>(&step)) check_upgrade(*upgrade, loaded.timeout);
  }
  for (const scenario::Diagnostic& warning : loaded.warnings) check_diagnostic(warning);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const scenario::Environment environment = fuzz_environment();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // A file that spells the secret out itself is not what is tested.
  if (text.find(secret.substr(0, 6)) != std::string_view::npos) return 0;
  for (const auto demand : {scenario::Credentials::required, scenario::Credentials::optional}) {
    const auto loaded = scenario::load_text(text, "fuzz.yaml", environment, demand);
    if (loaded) {
      check_scenario(*loaded);
      continue;
    }
    check(!loaded.error().empty());
    for (const scenario::Diagnostic& diagnostic : loaded.error()) check_diagnostic(diagnostic);
  }
  return 0;
}
