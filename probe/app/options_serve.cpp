// The command `serve`.
#include <fmt/format.h>

#include "app/options_cli.hpp"
#include "core/text.hpp"
#include "monitor/config.hpp"

namespace wsprobe::app {
namespace {

template <typename T>
T chosen_word(const std::string& option, const std::string& value,
              std::initializer_list<std::pair<const char*, T>> words) {
  std::string allowed;
  for (const auto& [word, meaning] : words) {
    if (value == word) return meaning;
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", word);
  }
  refuse(fmt::format("{}: `{}` is not known", option, escape_for_display(value)), "allowed: " + allowed, option, value);
}

void add_log_options(CLI::App& app, LogStyle& log) {
  add_value(app, "--log.level", "LEVEL", "debug, info, warn or error (default: info)",
            [&log](const std::string& value) {
              using enum LogLevel;
              log.level = chosen_word<LogLevel>("--log.level", value,
                                                {{"debug", debug}, {"info", info}, {"warn", warn}, {"error", error}});
            })
      ->group("Log");
  add_value(app, "--log.format", "FORMAT", "logfmt or json (default: logfmt)", [&log](const std::string& value) {
    using enum LogFormat;
    log.format = chosen_word<LogFormat>("--log.format", value, {{"logfmt", logfmt}, {"json", json}});
  })->group("Log");
}

void add_storage_options(CLI::App& app, ServeSettings& settings) {
  add_value(app, "--storage.path", "DIRECTORY", "Keep the history there (default: in memory)",
            [&settings](const std::string& value) {
              if (value.empty()) refuse("--storage.path: the name is empty", "", "--storage.path", value);
              settings.storage_path = value;
            })
      ->group("History");
  add_value(app, "--storage.retention.time", "TIME", "How long it is kept: 90d, 12h (default: 90d)",
            [&settings](const std::string& value) {
              const char* option = "--storage.retention.time";
              settings.storage_time = accepted(monitor::parse_age(value), option, value);
            })
      ->group("History");
  add_value(app, "--storage.retention.size", "SIZE", "How large it may become: 512MB, 2GiB (default: 512MiB)",
            [&settings](const std::string& value) {
              const char* option = "--storage.retention.size";
              settings.storage_size = accepted(monitor::parse_size(value), option, value);
            })
      ->group("History");
}

void add_web_options(CLI::App& app, ServeSettings& settings) {
  add_repeatable(app, "--web.listen-address", "ADDRESS:PORT", "Where to listen (default: 127.0.0.1:9808)",
                 [&settings](const std::string& value) {
                   const auto parsed = monitor::parse_host_and_port(value);
                   if (!parsed) refuse("--web.listen-address: " + parsed.error(), "", "--web.listen-address", value);
                   settings.listen_addresses.push_back(value);
                 })
      ->group("Web");
  add_value(app, "--web.config.file", "FILE", "TLS and users, in the format of all Prometheus exporters",
            [&settings](const std::string& value) {
              settings.web_config_file = accepted(parse_readable_file(value), "--web.config.file", value);
            })
      ->group("Web");
}

}  // namespace

void add_serve_options(CLI::App& app, ServeOptions& options) {
  ServeSettings& settings = options.settings;
  app.add_option("FILE", settings.files, "Scenario files, besides those of the configuration")->type_name("");
  add_value(app, "--config.file", "FILE", "The configuration: scenarios, limits, storage, web",
            [&settings](const std::string& value) {
              settings.config_file = accepted(parse_readable_file(value), "--config.file", value);
            })
      ->group("Configuration");
  app.add_flag_function(
         "--config.check", [&settings](std::int64_t) { settings.action = ServeAction::check; },
         "Read everything, say what is wrong, and end")
      ->group("Configuration");
  add_value(app, "--config.auto-reload-interval", "TIME", "Look at the files this often and reload what has changed",
            [&settings](const std::string& value) {
              const char* option = "--config.auto-reload-interval";
              settings.reload_interval = accepted(parse_time_limit(value), option, value);
            })
      ->group("Configuration");
  add_web_options(app, settings);
  add_storage_options(app, settings);
  add_log_options(app, settings.log);
  add_probe_options(app, options.probe);
  app.footer(
      "SIGHUP or a POST to /-/reload reads the files again; if one is bad, what runs goes on as it was.\n"
      "SIGTERM and SIGINT let what is running come to its end.\n"
      "\n"
      "Examples:\n"
      "  wsprobe serve scenarios/incident.yaml\n"
      "  wsprobe serve --config.file wsprobe.yml --storage.path /var/lib/wsprobe\n"
      "  wsprobe serve --config.file wsprobe.yml --config.check\n");
}

}  // namespace wsprobe::app
