// wsprobe demo: the embedded deployment on loopback, probed by the same engine as everything else.
#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/diagnosis.hpp"
#include "app/output.hpp"
#include "app/publish.hpp"
#include "app/runner.hpp"
#include "demo/deployment.hpp"
#include "net/tasks.hpp"

namespace wsprobe::app {
namespace {

std::string introduction(demo::Incident incident, const demo::Deployment& deployment) {
  return fmt::format(
      "Demo \"{}\": {}.\n"
      "A small application behind a small proxy, both inside this process on 127.0.0.1; real requests.\n"
      "The same question about a deployment of yours:\n"
      "  wsprobe diagnose ws://127.0.0.1:{}/api/ws --token-env TOKEN --direct ws://127.0.0.1:{}\n\n",
      name(incident), description(incident), deployment.proxy_port(), deployment.backend_port());
}

/// What somebody would type who asks about this deployment.
DiagnoseOptions question_about(const demo::Deployment& deployment) {
  DiagnoseOptions options;
  options.url.scheme = "ws";
  options.url.host = "127.0.0.1";
  options.url.port = deployment.proxy_port();
  options.url.port_given = true;
  options.url.path = "/api/ws";
  DirectOption application{"", options.url};
  application.url.port = deployment.backend_port();
  options.direct.push_back(std::move(application));
  return options;
}

}  // namespace

ExitCode demo(const DemoOptions& options) {
  net::EventLoop context;
  const auto deployment = demo::Deployment::start(context, options.incident);
  if (!deployment) {
    print_to_stderr(fmt::format("wsprobe: the demo cannot start: {}\n", describe(deployment.error())));
    return ExitCode::internal;
  }
  const auto token = std::make_shared<const Secret>("valid", (*deployment)->token());
  auto scenario = make_diagnosis(question_about(**deployment), token, scenario::Environment::of_process());
  if (!scenario) {
    print_to_stderr(fmt::format("wsprobe: the demo cannot start: {}\n", scenario.error().message));
    return ExitCode::internal;
  }
  scenario->name = fmt::format("demo {}", name(options.incident));
  const RunResult result = run_to_end(context, *scenario, net::ConnectSettings{}, options.experiments);
  const ExitCode code = result.signal != 0 ? exit_code_of_signal(result.signal) : exit_code_of(result.report);
  const bool for_a_person = options.output.format == Format::human;
  return publish({&result.report, 1}, options.output, code,
                 for_a_person ? introduction(options.incident, **deployment) : "");
}

}  // namespace wsprobe::app
