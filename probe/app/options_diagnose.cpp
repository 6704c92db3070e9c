// diagnose: everything on the command line, because there is no file.
#include <fmt/format.h>

#include "app/options_cli.hpp"
#include "scenario/loader.hpp"
#include "scenario/steps.hpp"

namespace wsprobe::app {
namespace {

void add_token_options(CLI::App& app, DiagnoseOptions& options) {
  const std::string group = "The token (never on the command line, where others can read it)";
  CLI::Option* file =
      add_value(app, "--token-file", "FILE", "Read the valid token from FILE", [&options](const std::string& value) {
        options.token_file = accepted(parse_readable_file(value), "--token-file", value);
      });
  CLI::Option* variable = add_value(app, "--token-env", "VAR", "Read the valid token from the environment variable VAR",
                                    [&options](const std::string& value) {
                                      if (value.empty())
                                        refuse("--token-env: the variable's name is empty", "", "--token-env", value);
                                      options.token_variable = value;
                                    });
  file->group(group);
  variable->group(group)->excludes(file);
  add_value(app, "--invalid-token", "TEXT", "The wrong token (default: random, marked to be found in logs)",
            [&options](const std::string& value) {
              if (value.empty()) refuse("--invalid-token: an empty token is no token", "", "--invalid-token", value);
              options.invalid_token = value;
            })
      ->group(group);
  struct Place {
    TokenPlace::Kind kind;
    const char* option;
    const char* help;
  };
  std::vector<CLI::Option*> others;
  for (const Place& place : {
           Place{TokenPlace::Kind::query, "--token-param", "The token is the query parameter NAME (default: token)"},
           Place{TokenPlace::Kind::header, "--token-header", "The token is the header NAME (Authorization: as Bearer)"},
           Place{TokenPlace::Kind::subprotocol, "--token-subprotocol",
                 "The token is offered after the subprotocol NAME"},
           Place{TokenPlace::Kind::cookie, "--token-cookie", "The token is the cookie NAME"},
       }) {
    CLI::Option* option = add_value(app, place.option, "NAME", place.help, [&options, place](const std::string& value) {
      if (value.empty()) refuse(fmt::format("{}: the name is empty", place.option), "", place.option, value);
      options.token_place = {place.kind, value};
    });
    option->group(group);
    for (CLI::Option* other : others) option->excludes(other);
    others.push_back(option);
  }
}

void add_witness(DiagnoseOptions& options, const std::string& option, const std::string& value,
                 Parsed<scenario::WitnessSource> parsed) {
  const std::string help = "whose log it is may be said first: proxy=..., backend=...";
  if (options.witnesses.size() == scenario::maximum_witnesses) {
    refuse(fmt::format("{}: more than {} witnesses", option, scenario::maximum_witnesses), "", option, value);
  }
  options.witnesses.push_back(accepted(std::move(parsed), option, value, help));
}

/// The page that opens the socket.
void add_frontend(CLI::App& app, DiagnoseOptions& options) {
  const std::string group = "The page";
  CLI::Option* page =
      add_value(app, "--frontend", "URL", "The page that opens the socket: follow it as a browser would",
                [&options](const std::string& value) {
                  options.frontend = accepted(scenario::parse_url(value, {"http", "https"}), "--frontend", value);
                });
  page->group(group);
  add_value(app, "--frontend-variable", "NAME", "Where its scripts put the URL (default: window.WS_BASE_URL)",
            [&options](const std::string& value) {
              const std::string name = value.starts_with("window.") ? value.substr(7) : value;
              if (!scenario::is_script_variable(name)) {
                refuse("--frontend-variable: this is not the name of a variable",
                       "WS_BASE_URL, or __CONFIG__.wsUrl for a member of one", "--frontend-variable", value);
              }
              options.frontend_variable = name;
            })
      ->group(group)
      ->needs(page);
}

/// What can be asked or read past the edge.
void add_behind_the_edge(CLI::App& app, DiagnoseOptions& options) {
  const std::string group = "Behind the edge";
  add_repeatable(
      app, "--direct", "WS_URL", "The same service past the proxy; or each hop of the way in, in order",
      [&options](const std::string& value) {
        if (options.direct.size() == scenario::maximum_hops) {
          refuse(fmt::format("--direct: more than {} hops", scenario::maximum_hops), "", "--direct", value);
        }
        options.direct.push_back({value, accepted(scenario::parse_url(value, {"ws", "wss"}), "--direct", value)});
      })
      ->group(group);
  add_repeatable(app, "--witness-file", "[OF=]FILE", "A log that tells what arrived; OF: whose it is, proxy or backend",
                 [&options](const std::string& value) {
                   add_witness(options, "--witness-file", value, parse_witness_file(value));
                 })
      ->group(group);
  add_repeatable(app, "--witness-command", "'[OF=]COMMAND'", "A command that prints such a log, run without a shell",
                 [&options](const std::string& value) {
                   add_witness(options, "--witness-command", value, parse_witness_command(value));
                 })
      ->group(group);
}

/// KIND= may stand before the file where its text does not tell what it is.
SourceArgument source_argument(const std::string& value) {
  const std::size_t sign = value.find('=');
  const auto kind = sign == std::string::npos ? std::nullopt : lint::source_kind_named(value.substr(0, sign));
  SourceArgument argument{kind ? value.substr(sign + 1) : value, kind};
  if (argument.file.empty()) refuse("--proxy-config: the file name is empty", "", "--proxy-config", value);
  return argument;
}

void add_proxy_configuration(CLI::App& app, DiagnoseOptions& options) {
  add_repeatable(
      app, "--proxy-config", "[KIND=]FILE|URL", "Its configuration, as `lint` reads it, held against what is seen",
      [&options](const std::string& value) { options.proxy_configuration.push_back(source_argument(value)); })
      ->group("Behind the edge");
}

}  // namespace

void add_diagnose_options(CLI::App& app, DiagnoseOptions& options) {
  app.add_option_function<std::string>(
         "WS_URL",
         [&options](const std::string& value) {
           options.url_text = value;
           options.url = accepted(scenario::parse_url(value, {"ws", "wss"}), "", value,
                                  "expected ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH");
         },
         "The WebSocket, as its users reach it: wss://HOST/PATH")
      ->required()
      ->type_name("");
  add_token_options(app, options);
  add_value(app, "--health-path", "PATH", "The health document (default: /api/system/health)",
            [&options](const std::string& value) {
              options.health_path = accepted(scenario::parse_path(value), "--health-path", value);
            })
      ->group("Probing");
  add_value(app, "--origin", "URL", "Send this Origin with the upgrades, as a browser would",
            [&options](const std::string& value) { options.origin = value; })
      ->group("Probing");
  add_frontend(app, options);
  add_behind_the_edge(app, options);
  add_proxy_configuration(app, options);
  add_probe_options(app, options.probe);
  add_output_options(app, options.output);
  add_publishing_options(app, options.output);
  app.footer(
      "Asks for the health document, upgrades with the valid token and with an invalid one, and, where that\n"
      "does not settle who is at fault, makes further requests that differ in one thing each.\n"
      "\n"
      "--direct given several times names the hops behind the edge, the application last; each is asked, and the\n"
      "first at which the answers part is named.\n"
      "\n"
      "Examples:\n"
      "  wsprobe diagnose wss://api.example.com/api/ws --token-env TOKEN\n"
      "  wsprobe diagnose wss://api.example.com/api/ws --token-env TOKEN --frontend https://app.example.com\n"
      "  wsprobe diagnose wss://api.example.com/api/ws --token-file token --direct ws://10.0.0.5:8000\n"
      "  wsprobe diagnose wss://api.example.com/api/ws --witness-command 'backend=docker logs --since 1m app'\n"
      "  wsprobe diagnose wss://api.example.com/api/ws --token-env TOKEN --proxy-config http://localhost:2019\n"
      "  wsprobe diagnose wss://api.example.com/live --token-env JWT --token-header Authorization -v\n");
}

}  // namespace wsprobe::app
