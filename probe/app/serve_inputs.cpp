#include "app/serve_inputs.hpp"

#include <glob.h>

#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

using scenario::Diagnostic;

Diagnostic about_file(const std::string& file, std::string message, std::string help = {}) {
  Diagnostic diagnostic;
  diagnostic.file = file;
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  return diagnostic;
}

std::string directory_of(const std::string& file) { return file.substr(0, file.rfind('/') + 1); }

/// The files of a pattern, sorted; none where it matches nothing.
std::vector<std::string> files_of(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), GLOB_BRACE, nullptr, &found) == 0) {
    for (std::size_t at = 0; at < found.gl_pathc; ++at) files.emplace_back(found.gl_pathv[at]);
  }
  ::globfree(&found);
  return files;
}

class Reading {
 public:
  explicit Reading(const ServeOptions& options) : options_(options) {}

  ServeInputsResult read() {
    const ServeSettings& settings = options_.settings;
    if (!settings.config_file.empty()) read_config(settings.config_file);
    monitor::Config& config = inputs_.config;
    if (!settings.listen_addresses.empty()) config.listen_addresses = settings.listen_addresses;
    if (!settings.web_config_file.empty()) config.web_config_file = settings.web_config_file;
    if (!settings.storage_path.empty()) config.storage_path = settings.storage_path;
    if (settings.storage_time) config.retention.age = *settings.storage_time;
    if (settings.storage_size) config.retention.bytes = *settings.storage_size;
    for (const std::string& pattern : config.scenarios) read_pattern(pattern);
    for (const std::string& file : settings.files) read_scenario(file);
    if (inputs_.scenarios.empty() && problems_.empty()) {
      problems_.push_back(about_file(settings.config_file, "there is no scenario to run",
                                     "name scenario files on the command line or in `scenarios`"));
    }
    if (!config.web_config_file.empty()) {
      inputs_.files.push_back(config.web_config_file);
      take(read_web_file(config.web_config_file), inputs_.web);
    }
    if (!problems_.empty()) return tl::unexpected(std::move(problems_));
    return std::move(inputs_);
  }

 private:
  template <typename T>
  void take(tl::expected<T, std::vector<Diagnostic>> read, T& into) {
    if (read) {
      into = std::move(*read);
    } else {
      problems_.insert(problems_.end(), read.error().begin(), read.error().end());
    }
  }

  void read_config(const std::string& file) {
    inputs_.files.push_back(file);
    const auto text = environment_.read_file(file);
    if (text) {
      take(monitor::read_config(*text, file, directory_of(file)), inputs_.config);
    } else {
      problems_.push_back(about_file(file, text.error()));
    }
  }

  void read_pattern(const std::string& pattern) {
    const std::vector<std::string> files = files_of(pattern);
    if (files.empty()) {
      problems_.push_back(about_file(options_.settings.config_file, fmt::format("`{}` matches no file", pattern)));
    }
    for (const std::string& file : files) read_scenario(file);
  }

  void read_scenario(const std::string& file) {
    inputs_.files.push_back(file);
    auto loaded = scenario::load_file(file, environment_, scenario::Credentials::required);
    if (!loaded) {
      problems_.insert(problems_.end(), loaded.error().begin(), loaded.error().end());
      return;
    }
    const auto [first, is_new] = file_of_name_.emplace(loaded->name, file);
    if (!is_new) {
      problems_.push_back(about_file(file,
                                     fmt::format("the scenario `{}` is already in {}", loaded->name, first->second),
                                     "each needs a name of its own"));
      return;
    }
    inputs_.warnings.insert(inputs_.warnings.end(), loaded->warnings.begin(), loaded->warnings.end());
    const ProbeOptions& probe = options_.probe;
    if (probe.timeout) loaded->timeout = *probe.timeout;
    loaded->experiments = std::min(loaded->experiments, probe.experiments);
    for (const HeaderOption& header : probe.headers) add_header(*loaded, header);
    inputs_.scenarios.push_back(std::make_shared<const scenario::Scenario>(std::move(*loaded)));
  }

  const ServeOptions& options_;
  scenario::Environment environment_ = scenario::Environment::of_process();
  ServeInputs inputs_;
  std::vector<Diagnostic> problems_;
  std::map<std::string, std::string> file_of_name_;
};

}  // namespace

ServeInputsResult read_serve_inputs(const ServeOptions& options) { return Reading(options).read(); }

tl::expected<web::WebConfig, std::vector<Diagnostic>> read_web_file(const std::string& file) {
  const auto text = scenario::Environment::of_process().read_file(file);
  if (!text) return tl::unexpected(std::vector{about_file(file, text.error())});
  auto config = web::read_web_config(*text, file, directory_of(file));
  if (!config || !config->tls) return config;
  const auto tls = net::TlsServer::make(*config->tls);
  if (!tls) return tl::unexpected(std::vector{about_file(file, tls.error().detail)});
  return config;
}

}  // namespace wsprobe::app
