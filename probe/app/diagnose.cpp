// wsprobe diagnose: one URL, no file.
#include <utility>

#include "app/commands.hpp"
#include "app/diagnosis.hpp"
#include "app/output.hpp"
#include "app/proxy_configuration.hpp"
#include "app/publish.hpp"
#include "app/runner.hpp"
#include "net/tasks.hpp"

namespace wsprobe::app {
namespace {

/// What the proxy is asked: its site is that of the Host field, if one is given.
lint::Question question_for(const DiagnoseOptions& options) {
  lint::Question question = question_about(options.url);
  for (const HeaderOption& header : options.probe.headers) {
    if (!equals_ignoring_case(header.name, "Host")) continue;
    if (const auto named = scenario::parse_url("ws://" + header.value, {"ws"})) question.host = named->host;
  }
  return question;
}

}  // namespace

ExitCode diagnose(const DiagnoseOptions& options, std::span<const std::string> arguments) {
  const scenario::Environment environment = scenario::Environment::of_process();
  const auto refuse = [&](const UsageError& error) {
    print_to_stderr(render(error, arguments));
    return refused(options.output.format, error.message);
  };
  const auto token = read_token(options, environment);
  if (!token) return refuse(token.error());
  warn_of_public_secret("--token-file", options.token_file, environment);
  warn_of_public_key(options.probe.connect.tls, environment);
  const auto scenario = make_diagnosis(options, *token, environment);
  if (!scenario) return refuse(scenario.error());

  auto configuration = read_proxy_configuration(options.proxy_configuration, question_for(options));
  if (!configuration) {
    print_diagnostics(configuration.error());
    return refused(options.output.format, "the proxy's configuration cannot be read");
  }

  net::EventLoop context;
  RunResult result =
      run_to_end(context, *scenario, options.probe.connect, options.probe.experiments, engine::Spares::from_the_start);
  if (*token == nullptr) note_missing_token(result.report);
  if (*configuration) add_proxy_configuration(std::move(**configuration), scenario->secrets, result.report);
  const ExitCode code = result.signal != 0 ? exit_code_of_signal(result.signal) : exit_code_of(result.report);
  return publish({&result.report, 1}, options.output, code);
}

}  // namespace wsprobe::app
