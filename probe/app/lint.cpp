// wsprobe lint: what a proxy's configuration does to a WebSocket, without sending anything.
#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/lint_sources.hpp"
#include "app/output.hpp"
#include "core/text.hpp"
#include "exporters/json_lint.hpp"
#include "exporters/lint_text.hpp"
#include "lint/configuration.hpp"
#include "lint/lint.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

/// The edge and the path of the first upgrade of a scenario.
tl::expected<lint::Question, std::vector<scenario::Diagnostic>> question_of_scenario(const std::string& file) {
  auto loaded = scenario::load_file(file, scenario::Environment::of_process(), scenario::Credentials::optional);
  if (!loaded) return tl::unexpected(std::move(loaded.error()));
  scenario::Url url = loaded->edge;
  for (const scenario::Step& step : loaded->steps) {
    const auto* upgrade = std::get_if<scenario::UpgradeStep>(&step);
    if (upgrade == nullptr) continue;
    url.path = upgrade->path;
    break;
  }
  return question_about(url);
}

tl::expected<lint::Question, std::vector<scenario::Diagnostic>> question_of(const LintOptions& options) {
  lint::Question question;
  if (!options.scenario.empty()) {
    auto asked = question_of_scenario(options.scenario);
    if (!asked) return asked;
    question = std::move(*asked);
  }
  if (options.url) question = question_about(*options.url);
  question.upstream_path = options.upstream_path;
  if (options.ping_interval) question.ping_interval = *options.ping_interval;
  return question;
}

std::string rendered(const Configuration& configuration, const LintOptions& options) {
  switch (options.format) {
    case LintFormat::json: return exporters::to_json(configuration);
    case LintFormat::sarif: return exporters::to_sarif(configuration);
    case LintFormat::human: break;
  }
  OutputOptions output;
  output.file = options.output;
  return exporters::to_text(configuration, style_of(output));
}

}  // namespace

ExitCode lint(const LintOptions& options) {
  const auto question = question_of(options);
  if (!question) {
    print_diagnostics(question.error());
    return ExitCode::usage;
  }
  std::vector<SourceArgument> arguments;
  for (const std::string& file : options.files) arguments.push_back({file, options.kind});
  const auto sources = read_sources(arguments);
  if (!sources) {
    print_diagnostics(sources.error());
    return ExitCode::usage;
  }
  const lint::Result result = lint::lint(*sources, *question);
  const Configuration configuration = lint::configuration_of(result, *sources, *question);
  const auto delivered = deliver(rendered(configuration, options), options.output);
  if (!delivered) {
    print_to_stderr(fmt::format("wsprobe: {}\n", escape_for_display(delivered.error())));
    return ExitCode::internal;
  }
  if (!result.problems.empty()) {
    print_diagnostics(diagnostics_of(result, *sources));
    return ExitCode::usage;
  }
  const bool breaks = std::any_of(result.findings.begin(), result.findings.end(), [](const lint::Finding& finding) {
    return finding.severity == lint::Severity::error;
  });
  return breaks ? ExitCode::unmet : ExitCode::met;
}

}  // namespace wsprobe::app
