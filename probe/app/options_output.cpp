// What the commands that report have in common: how to write the report, and where it goes besides.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "app/options_cli.hpp"
#include "core/text.hpp"
#include "exporters/textfile.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

constexpr std::array<std::pair<std::string_view, Format>, 5> formats{{{"human", Format::human},
                                                                      {"json", Format::json},
                                                                      {"junit", Format::junit},
                                                                      {"nagios", Format::nagios},
                                                                      {"prometheus", Format::prometheus}}};

Format format_named(const std::string& value) {
  const auto found = std::find_if(formats.begin(), formats.end(), [&](const auto& row) { return row.first == value; });
  if (found != formats.end()) return found->second;
  refuse(fmt::format("--format: `{}` is not a format", escape_for_display(value)),
         "allowed: human, json, junit, nagios, prometheus", "--format", value);
}

scenario::Url push_url(const std::string& value) {
  scenario::Url url = accepted(scenario::parse_url(value, {"http", "https"}), "--push", value,
                               "expected the Pushgateway's address: http://HOST:9091");
  if (!url.query.empty())
    refuse("--push: the address has a query, which a Pushgateway does not read", "", "--push", value);
  return url;
}

}  // namespace

void add_output_options(CLI::App& app, OutputOptions& output) {
  add_value(app, "--format", "FORMAT", "human (default), json, junit, nagios or prometheus",
            [&output](const std::string& value) { output.format = format_named(value); })
      ->group("Output");
  add_value(app, "-o,--output", "FILE", "Write the report to FILE, whole or not at all",
            [&output](const std::string& value) {
              if (value.empty()) refuse("--output: the file name is empty", "", "-o,--output", value);
              output.file = value == "-" ? "" : value;
            })
      ->group("Output");
  app.add_flag_function(
         "-v,--verbose", [&output](std::int64_t) { output.verbosity = Verbosity::verbose; },
         "Every phase, header field and experiment")
      ->group("Output");
}

void add_publishing_options(CLI::App& app, OutputOptions& output) {
  const std::string group = "Metrics besides the report";
  add_value(app, "--textfile", "FILE.prom", "Replace FILE.prom, for node_exporter's textfile collector",
            [&output](const std::string& value) {
              if (!exporters::is_textfile_name(value))
                refuse("--textfile: the collector reads only files whose names end in .prom", "", "--textfile", value);
              output.textfile = value;
            })
      ->group(group);
  const auto target = [&output]() -> PushOptions& { return output.push ? *output.push : output.push.emplace(); };
  CLI::Option* push = add_value(app, "--push", "URL", "Replace the scenario's metrics on this Pushgateway",
                                [target](const std::string& value) { target().url = push_url(value); });
  push->group(group);
  const auto add_file = [&](const std::string& name, const std::string& help, std::string PushOptions::*member) {
    CLI::Option* option = add_value(app, name, "FILE", help, [=](const std::string& value) {
      target().*member = accepted(parse_readable_file(value), name, value);
    });
    option->group(group)->needs(push);
    return option;
  };
  CLI::Option* basic =
      add_file("--push-user-file", "Log in with the USER:PASSWORD in FILE", &PushOptions::basic_auth_file);
  add_file("--push-token-file", "Log in with the token in FILE", &PushOptions::bearer_file)->excludes(basic);
  add_file("--push-cacert", "Trust the authorities in this PEM file for it", &PushOptions::ca_file);
  app.add_flag_function(
         "--push-delete", [target](std::int64_t) { target().action = exporters::PushAction::remove; },
         "At the end remove the scenario's metrics from it instead")
      ->group(group)
      ->needs(push);
}

}  // namespace wsprobe::app
