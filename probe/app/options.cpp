// CLI11 finds the options; every value goes through a parser of ours, so that each refusal can point at its argument.
#include "app/options.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "core/text.hpp"
#include "core/version.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

/// Thrown through CLI11 and caught in parse_arguments().
struct Refused : CLI::ParseError {
  explicit Refused(UsageError what)
      : CLI::ParseError("Refused", what.message, CLI::ExitCodes::InvalidError), error(std::move(what)) {}
  UsageError error;
};

[[noreturn]] void refuse(std::string message, std::string help, std::string option, std::string value) {
  throw Refused({std::move(message), std::move(help), std::move(option), std::move(value)});
}

std::string long_name(const std::string& names) { return names.substr(names.rfind(',') + 1); }

/// An option with a value; given twice, the last one counts, as with curl.
CLI::Option* add_value(CLI::App& app, const std::string& names, const std::string& type, const std::string& help,
                       std::function<void(const std::string&)> accept) {
  return app.add_option_function<std::string>(names, std::move(accept), help)
      ->type_name(type)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

/// An option that may be given several times.
CLI::Option* add_repeatable(CLI::App& app, const std::string& names, const std::string& type, const std::string& help,
                            const std::function<void(const std::string&)>& accept) {
  return app
      .add_option_function<std::vector<std::string>>(
          names,
          [accept](const std::vector<std::string>& values) {
            for (const std::string& value : values) accept(value);
          },
          help)
      ->type_name(type)
      ->allow_extra_args(false);
}

/// The parser's value, or a refusal that names option and argument. Header values are not in any parser's message.
template <typename T>
T accepted(Parsed<T> parsed, const std::string& names, const std::string& value, const std::string& help = {}) {
  const std::string subject = names.empty() ? "" : fmt::format("{}: ", long_name(names));
  if (!parsed) refuse(subject + parsed.error(), help, names, value);
  return std::move(*parsed);
}

// ---- help ----

/// What excludes and needs what is said when it matters, in the refusal.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() {
    column_width(34);
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
  }

 private:
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_name().empty() ? "" : " " + option->get_type_name();
  }
};

std::string help_of(const CLI::App& app) {
  std::string text = app.help();
  for (std::size_t at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n")) text.erase(at, 1);
  return text;
}

// ---- groups of options ----

void add_output_options(CLI::App& app, OutputOptions& output) {
  const auto set_format = [&output](const std::string& value) {
    if (value == "human") {
      output.format = Format::human;
    } else if (value == "json") {
      output.format = Format::json;
    } else {
      refuse(fmt::format("--format: `{}` is not a format of this version", escape_for_display(value)),
             "allowed: human, json", "--format", value);
    }
  };
  add_value(app, "--format", "human|json", "How to write the report (default: human)", set_format)->group("Output");
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

void add_experiments_option(CLI::App& app, engine::Experiments& experiments) {
  app.add_flag_function(
         "--no-experiments", [&experiments](std::int64_t) { experiments = engine::Experiments::never; },
         "Send nothing but the steps, even if that leaves the verdict open")
      ->group("Probing");
}

void add_connect_options(CLI::App& app, net::ConnectSettings& connect) {
  const std::string group = "Reaching the target (as in curl)";
  add_repeatable(app, "--resolve", "HOST:PORT:ADDR", "Use this address instead of asking DNS",
                 [&connect](const std::string& value) {
                   connect.resolve.push_back(accepted(parse_resolve(value), "--resolve", value));
                 })
      ->group(group);
  add_repeatable(app, "--connect-to", "H1:P1:H2:P2", "Connect to H2:P2 instead of H1:P1",
                 [&connect](const std::string& value) {
                   connect.connect_to.push_back(accepted(parse_connect_to(value), "--connect-to", value));
                 })
      ->group(group);
  CLI::Option* ipv4 = app.add_flag_function(
      "-4,--ipv4", [&connect](std::int64_t) { connect.family = net::AddressFamily::ipv4; }, "IPv4 addresses only");
  CLI::Option* ipv6 = app.add_flag_function(
      "-6,--ipv6", [&connect](std::int64_t) { connect.family = net::AddressFamily::ipv6; }, "IPv6 addresses only");
  ipv4->group(group);
  ipv6->group(group)->excludes(ipv4);
  add_value(app, "--connect-timeout", "TIME", "For DNS, TCP and TLS together: 2s, 500ms, or plain seconds",
            [&connect](const std::string& value) {
              connect.connect_timeout = accepted(parse_time_limit(value), "--connect-timeout", value);
            })
      ->group(group);
}

void add_tls_options(CLI::App& app, net::TlsSettings& tls) {
  const std::string group = "TLS (as in curl)";
  app.add_flag_function(
         "-k,--insecure", [&tls](std::int64_t) { tls.verify = net::Verify::none; },
         "Go on although the certificate cannot be verified")
      ->group(group);
  const auto add_file = [&](const std::string& names, const std::string& help, std::string& into) {
    return add_value(
               app, names, "FILE", help,
               [&into, names](const std::string& value) { into = accepted(parse_readable_file(value), names, value); })
        ->group(group);
  };
  add_file("--cacert", "Trust the authorities in this PEM file instead of the system's", tls.ca_file);
  CLI::Option* certificate = add_file("-E,--cert", "Client certificate, PEM", tls.certificate_file);
  add_file("--key", "Its private key, PEM, if it is not in the same file", tls.key_file)->needs(certificate);
}

void add_probe_options(CLI::App& app, ProbeOptions& probe) {
  add_value(
      app, "--timeout", "TIME", "For everything together (default: 10s, or the scenario's)",
      [&probe](const std::string& value) { probe.timeout = accepted(parse_time_limit(value), "--timeout", value); })
      ->group("Probing");
  add_repeatable(app, "-H,--header", "'NAME: VALUE'", "Send this with every request; the value is never shown",
                 [&probe](const std::string& value) {
                   probe.headers.push_back(accepted(parse_header(value), "-H,--header", value));
                 })
      ->group("Probing");
  add_experiments_option(app, probe.experiments);
  add_connect_options(app, probe.connect);
  add_tls_options(app, probe.connect.tls);
}

void add_files(CLI::App& app, std::vector<std::string>& files, const std::string& help) {
  app.add_option("FILE", files, help)->required()->type_name("");
}

// ---- one function a subcommand ----

void add_run(CLI::App& parent, RunOptions& options) {
  CLI::App* app = parent.add_subcommand("run", "Run scenario files once and print the report");
  add_files(*app, options.files, "Scenario files, run one after the other");
  add_probe_options(*app, options.probe);
  add_output_options(*app, options.output);
  app->footer(
      "Exit codes: 0 every expectation was met; 1 one was not; 2 a file or the command line is wrong;\n"
      "3 wsprobe could not do its work; 130 or 143 stopped by a signal. Of several files the worst counts.\n"
      "\n"
      "Examples:\n"
      "  wsprobe run scenarios/incident.yaml\n"
      "  wsprobe run --format json --output report.json scenarios/*.yaml\n"
      "  wsprobe run --connect-to api.example.com:443:127.0.0.1:8443 -k scenarios/incident.yaml\n");
}

void add_check(CLI::App& parent, CheckOptions& options) {
  CLI::App* app = parent.add_subcommand("check", "Validate scenario files without sending anything");
  add_files(*app, options.files, "Scenario files");
  app->add_flag_function(
      "--without-credentials", [&options](std::int64_t) { options.credentials = scenario::Credentials::optional; },
      "Accept that variables and secret files are missing here");
  app->footer(
      "Examples:\n"
      "  wsprobe check scenarios/*.yaml\n"
      "  wsprobe check --without-credentials scenarios/swarmlet.yaml    # in CI, which holds no tokens\n");
}

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

void add_diagnose(CLI::App& parent, DiagnoseOptions& options) {
  CLI::App* app = parent.add_subcommand("diagnose", "Ask one WebSocket URL everything, and say who is at fault");
  app->add_option_function<std::string>(
         "WS_URL",
         [&options](const std::string& value) {
           options.url_text = value;
           options.url = accepted(scenario::parse_url(value, {"ws", "wss"}), "", value,
                                  "expected ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH");
         },
         "The WebSocket, as its users reach it: wss://HOST/PATH")
      ->required()
      ->type_name("");
  add_token_options(*app, options);
  add_value(*app, "--health-path", "PATH", "The health document (default: /api/system/health)",
            [&options](const std::string& value) {
              options.health_path = accepted(scenario::parse_path(value), "--health-path", value);
            })
      ->group("Probing");
  add_value(*app, "--direct", "WS_URL", "The same service without the proxy, to compare with",
            [&options](const std::string& value) {
              options.direct_text = value;
              options.direct = accepted(scenario::parse_url(value, {"ws", "wss"}), "--direct", value);
            })
      ->group("Probing");
  add_value(*app, "--origin", "URL", "Send this Origin with the upgrades, as a browser would",
            [&options](const std::string& value) { options.origin = value; })
      ->group("Probing");
  add_probe_options(*app, options.probe);
  add_output_options(*app, options.output);
  app->footer(
      "Asks for the health document, upgrades with the valid token and with an invalid one, and, where that\n"
      "does not settle who is at fault, makes further requests that differ in one thing each.\n"
      "\n"
      "Examples:\n"
      "  wsprobe diagnose wss://api.example.com/api/ws --token-env TOKEN\n"
      "  wsprobe diagnose wss://api.example.com/api/ws --token-file token --direct ws://10.0.0.5:8000\n"
      "  wsprobe diagnose wss://api.example.com/live --token-env JWT --token-header Authorization -v\n");
}

void add_demo(CLI::App& parent, DemoOptions& options) {
  CLI::App* app = parent.add_subcommand("demo", "Probe an embedded deployment, healthy or broken");
  std::string words;
  std::string footer = "Incidents:\n";
  for (const demo::Incident incident : demo::all_incidents()) {
    words += fmt::format("{}{}", words.empty() ? "" : ", ", name(incident));
    footer += fmt::format("  {:18}{}\n", name(incident), description(incident));
  }
  footer += "\nExamples:\n  wsprobe demo\n  wsprobe demo healthy\n  wsprobe demo upgrade-stripped -v\n";
  app->add_option_function<std::string>(
         "INCIDENT",
         [&options, words](const std::string& value) {
           const auto incident = demo::incident_named(value);
           if (!incident) {
             refuse(fmt::format("`{}` is not an incident", escape_for_display(value)), "allowed: " + words, "", value);
           }
           options.incident = *incident;
         },
         "What is broken (default: try-files)")
      ->type_name("");
  add_experiments_option(*app, options.experiments);
  add_output_options(*app, options.output);
  app->footer(footer);
}

// ---- what CLI11 itself refuses ----

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(subcommand->get_name());
  }
  return names;
}

const CLI::App& chosen(const CLI::App& app) {
  const auto subcommands = app.get_subcommands();
  return subcommands.empty() ? app : *subcommands.front();
}

/// Arguments that nothing takes. A stray word is not repeated: it may be a token.
UsageError unexpected_argument(const CLI::App& app, const std::string& argument) {
  const CLI::App& command = chosen(app);
  if (&command == &app && !argument.starts_with('-')) {
    const std::vector<std::string> known = subcommand_names(app);
    const auto nearest = scenario::nearest(argument, known);
    return {fmt::format("`{}` is not a command", escape_for_display(argument)),
            nearest ? fmt::format("did you mean `{}`?", *nearest) : fmt::format("commands: {}", fmt::join(known, ", ")),
            "", argument};
  }
  if (!argument.starts_with('-')) return {"one argument too many", "", "", argument};
  const std::string name = argument.substr(0, argument.find('='));
  if (name == "--token") {
    return {"a token on the command line can be read by others on this machine",
            "use --token-file FILE or --token-env VAR", "--token", ""};
  }
  const auto nearest = scenario::nearest(name, option_names(command));
  return {fmt::format("unknown option `{}`", escape_for_display(name)),
          nearest
              ? fmt::format("did you mean `{}`?", *nearest)
              : fmt::format("`wsprobe{}{} --help` lists the options", &command == &app ? "" : " ", command.get_name()),
          name, ""};
}

UsageError missing_value(const CLI::App& app, const std::string& what) {
  const std::string option = what.substr(0, what.find(':'));
  for (const CLI::Option* candidate : chosen(app).get_options()) {
    if (candidate->get_name() != option) continue;
    const std::string names = candidate->get_name(false, true);
    return {fmt::format("{} needs a value: {}", option, candidate->get_type_name()), "", names, ""};
  }
  return {what, "", option, ""};
}

UsageError missing_argument(const CLI::App& app) {
  const CLI::App& command = chosen(app);
  if (&command == &app) {
    return {"a command is needed",
            fmt::format("commands: {}; see `wsprobe --help`", fmt::join(subcommand_names(app), ", ")), "", ""};
  }
  return {fmt::format("`{}` needs {}", command.get_name(), command.get_name() == "diagnose" ? "a WS_URL" : "a FILE"),
          fmt::format("see `wsprobe {} --help`", command.get_name()), "", ""};
}

UsageError conflict(const std::string& what) {
  // CLI11 says "--a excludes --b" or "--a requires --b".
  const std::string option = what.substr(0, what.find(' '));
  const std::string other = what.substr(what.rfind(' ') + 1);
  const bool excluded = what.find(" excludes ") != std::string::npos;
  return {excluded ? fmt::format("{} and {} cannot be given together", option, other)
                   : fmt::format("{} needs {} as well", option, other),
          "", option, ""};
}

}  // namespace

tl::expected<Command, UsageError> parse_arguments(std::span<const std::string> arguments) {
  CLI::App app("wsprobe: is this WebSocket endpoint healthy, and if not, who has to change what?", "wsprobe");
  app.formatter(std::make_shared<HelpFormatter>());
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", std::string("wsprobe ") + version);
  app.footer(
      "Examples:\n"
      "  wsprobe demo                                             # watch an incident being diagnosed\n"
      "  wsprobe diagnose wss://api.example.com/api/ws --token-env TOKEN\n"
      "  wsprobe run scenarios/incident.yaml\n"
      "\n"
      "`wsprobe COMMAND --help` has the options of a command.\n");

  RunOptions run;
  CheckOptions check;
  DiagnoseOptions diagnose;
  DemoOptions demo;
  add_run(app, run);
  add_check(app, check);
  add_diagnose(app, diagnose);
  add_demo(app, demo);
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) command->group("Commands");

  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const Refused& refused) {
    return tl::unexpected(refused.error);
  } catch (const CLI::CallForHelp&) {
    return PrintText{help_of(app)};
  } catch (const CLI::CallForVersion&) {
    return PrintText{app.version() + "\n"};
  } catch (const CLI::ExtrasError&) {
    return tl::unexpected(unexpected_argument(app, app.remaining(true).front()));
  } catch (const CLI::ArgumentMismatch& mismatch) {
    return tl::unexpected(missing_value(app, mismatch.what()));
  } catch (const CLI::RequiredError&) {
    const std::vector<std::string> extras = app.remaining(true);
    return tl::unexpected(extras.empty() ? missing_argument(app) : unexpected_argument(app, extras.front()));
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(conflict(error.what()));
  }

  const std::string command = chosen(app).get_name();
  if (command == "run") return run;
  if (command == "check") return check;
  if (command == "diagnose") return diagnose;
  return demo;
}

}  // namespace wsprobe::app
