// wsprobe check: are these scenario files right?
#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "core/text.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {

ExitCode check(const CheckOptions& options) {
  const scenario::Environment environment = scenario::Environment::of_process();
  ExitCode code = ExitCode::met;
  std::string good;
  for (const std::string& file : options.files) {
    const auto loaded = scenario::load_file(file, environment, options.credentials);
    if (loaded) {
      print_diagnostics(loaded->warnings);
      const std::size_t steps = loaded->steps.size();
      good += fmt::format("{}: ok ({} {})\n", escape_for_display(file), steps, steps == 1 ? "step" : "steps");
      continue;
    }
    code = ExitCode::usage;
    print_diagnostics(loaded.error());
  }
  const auto delivered = deliver(good, "");
  if (delivered) return code;
  print_to_stderr(fmt::format("wsprobe: {}\n", delivered.error()));
  return ExitCode::internal;
}

}  // namespace wsprobe::app
