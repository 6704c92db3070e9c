// CLI11 finds the options; every value goes through a parser of ours, so that each refusal can point at its argument.
#include "app/options.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "app/options_cli.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

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

// ---- commands ----

/// The options are made once the command line has named the command: those of all commands together take longer to make
/// than a probe takes.
template <typename Options>
void add_command(CLI::App& parent, const std::string& name, const std::string& description,
                 void (*add_options)(CLI::App&, Options&), Options& options) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->group("Commands");
  command->preparse_callback([=, &options](std::size_t) { add_options(*command, options); });
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
  ExplainOptions explain;
  LintOptions lint;
  ServeOptions serve;
  add_command(app, "run", "Run scenario files once and print the report", add_run_options, run);
  add_command(app, "check", "Validate scenario files without sending anything", add_check_options, check);
  add_command(app, "diagnose", "Ask one WebSocket URL everything, and say who is at fault", add_diagnose_options,
              diagnose);
  add_command(app, "demo", "Probe an embedded deployment, healthy or broken", add_demo_options, demo);
  add_command(app, "explain", "Say what a word of a report means, or judge a saved report again", add_explain_options,
              explain);
  add_command(app, "lint", "Read a proxy's configuration, and point at what breaks WebSockets", add_lint_options, lint);
  add_command(app, "serve", "Run scenarios on a schedule; metrics, history, status page", add_serve_options, serve);

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
  if (command == "explain") return explain;
  if (command == "lint") return lint;
  if (command == "serve") return serve;
  return demo;
}

}  // namespace wsprobe::app
