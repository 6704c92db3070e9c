// lint: files of a proxy's configuration, and the URL that is asked about.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/options_cli.hpp"
#include "core/text.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

constexpr std::array<std::pair<std::string_view, LintFormat>, 3> formats{
    {{"human", LintFormat::human}, {"json", LintFormat::json}, {"sarif", LintFormat::sarif}}};

LintFormat format_named(const std::string& value) {
  const auto found = std::find_if(formats.begin(), formats.end(), [&](const auto& row) { return row.first == value; });
  if (found != formats.end()) return found->second;
  refuse(fmt::format("--format: `{}` is not a format", escape_for_display(value)), "allowed: human, json, sarif",
         "--format", value);
}

void add_question(CLI::App& app, LintOptions& options) {
  const std::string group = "What is asked";
  add_value(app, "--for", "WS_URL", "The WebSocket, as its users reach it (default: /api/ws of every site)",
            [&options](const std::string& value) {
              options.url = accepted(scenario::parse_url(value, {"ws", "wss"}), "--for", value,
                                     "expected ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH");
            })
      ->group(group);
  add_value(app, "--scenario", "FILE", "Take the URL from the first upgrade of a scenario",
            [&options](const std::string& value) {
              options.scenario = accepted(parse_readable_file(value), "--scenario", value);
            })
      ->group(group);
  add_value(app, "--upstream-path", "PATH", "The application's own path, where the proxy is meant to change it",
            [&options](const std::string& value) {
              options.upstream_path = accepted(scenario::parse_path(value), "--upstream-path", value);
            })
      ->group(group);
  add_value(app, "--ping-interval", "TIME", "How often an open socket is pinged (default: 20s)",
            [&options](const std::string& value) {
              options.ping_interval = accepted(parse_time_limit(value), "--ping-interval", value);
            })
      ->group(group);
}

}  // namespace

void add_lint_options(CLI::App& app, LintOptions& options) {
  add_files(app, options.files,
            "The configuration files of one deployment; -: standard input; http://...: Caddy's admin API");
  std::string kinds = "What the files are:\n";
  for (const lint::SourceKind kind : lint::all_source_kinds()) {
    kinds += fmt::format("  {:12}{}\n", name(kind), description(kind));
  }
  add_value(app, "--type", "KIND", "What the files are, where that is not seen from them",
            [&options](const std::string& value) {
              options.kind = lint::source_kind_named(value);
              if (options.kind) return;
              std::vector<std::string_view> words;
              for (const lint::SourceKind kind : lint::all_source_kinds()) words.push_back(name(kind));
              refuse(fmt::format("--type: `{}` is not a kind of configuration", escape_for_display(value)),
                     fmt::format("allowed: {}", fmt::join(words, ", ")), "--type", value);
            })
      ->group("What is asked");
  add_question(app, options);
  add_value(app, "--format", "FORMAT", "human (default), json or sarif", [&options](const std::string& value) {
    options.format = format_named(value);
  })->group("Output");
  add_value(app, "-o,--output", "FILE", "Write to FILE, whole or not at all", [&options](const std::string& value) {
    if (value.empty()) refuse("--output: the file name is empty", "", "-o,--output", value);
    options.output = value == "-" ? "" : value;
  })->group("Output");
  app.footer(kinds +
             "\n"
             "Nothing is sent but to an admin API. Exit codes: 0 no errors found; 1 errors found; 2 a file or the "
             "command line cannot be\n"
             "used. `wsprobe diagnose --proxy-config` holds the findings against the running deployment.\n"
             "\n"
             "Examples:\n"
             "  wsprobe lint /etc/caddy/Caddyfile --for wss://api.example.com/api/ws\n"
             "  docker inspect backend | wsprobe lint --type inspect - --for wss://api.example.com/api/ws\n"
             "  wsprobe lint http://localhost:2019 --for wss://api.example.com/api/ws\n"
             "  wsprobe lint nginx.conf sites/*.conf --format sarif -o wsprobe.sarif\n");
}

}  // namespace wsprobe::app
