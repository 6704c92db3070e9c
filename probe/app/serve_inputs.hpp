// Everything `serve` reads from files, read together: what is used is either all of it or nothing.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "app/options.hpp"
#include "app/serve_options.hpp"
#include "monitor/config.hpp"
#include "monitor/monitor.hpp"
#include "scenario/diagnostic.hpp"
#include "web/web_config.hpp"

namespace wsprobe::app {

struct ServeInputs {
  monitor::Config config;  ///< with the options of the command line in place
  std::vector<monitor::ScenarioPtr> scenarios;
  web::WebConfig web;
  std::vector<scenario::Diagnostic> warnings;
  std::vector<std::string> files;  ///< all that were read
};

using ServeInputsResult = tl::expected<ServeInputs, std::vector<scenario::Diagnostic>>;

[[nodiscard]] ServeInputsResult read_serve_inputs(const ServeOptions& options);

/// The file of --web.config.file alone. Certificates and keys are tried as well.
[[nodiscard]] tl::expected<web::WebConfig, std::vector<scenario::Diagnostic>> read_web_file(const std::string& file);

}  // namespace wsprobe::app
