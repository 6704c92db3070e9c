// The command line as values. CLI11 is seen in options*.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "app/serve_options.hpp"
#include "app/usage.hpp"
#include "app/values.hpp"
#include "core/clock.hpp"
#include "demo/deployment.hpp"
#include "engine/run.hpp"
#include "exporters/pushgateway.hpp"
#include "lint/source.hpp"
#include "net/connector.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {

enum class Format : std::uint8_t { human, json, junit, nagios, prometheus };
enum class Verbosity : std::uint8_t { normal, verbose };

/// A Pushgateway that gets the metrics.
struct PushOptions {
  scenario::Url url;
  std::string basic_auth_file;  ///< holds USER:PASSWORD; empty: none
  std::string bearer_file;      ///< holds a token; empty: none
  std::string ca_file;          ///< PEM; empty: the system's trust store
  exporters::PushAction action = exporters::PushAction::replace;
};

struct OutputOptions {
  Format format = Format::human;
  std::string file;  ///< empty: standard output
  Verbosity verbosity = Verbosity::normal;
  std::string textfile;             ///< empty: none
  std::optional<PushOptions> push;  ///< none unless asked for
};

/// What `run` and `diagnose` share: how to reach the target, and what to send along.
struct ProbeOptions {
  std::optional<Duration> timeout;  ///< of a whole scenario; empty: the scenario's own
  std::vector<HeaderOption> headers;
  net::ConnectSettings connect;
  scenario::Resolve resolve = scenario::Resolve::first;
  engine::Experiments experiments = engine::Experiments::when_needed;
};

struct RunOptions {
  std::vector<std::string> files;
  ProbeOptions probe;
  OutputOptions output;
};

struct CheckOptions {
  std::vector<std::string> files;
  scenario::Credentials credentials = scenario::Credentials::required;
};

/// Where an application looks for its token.
struct TokenPlace {
  enum class Kind : std::uint8_t {
    query,        ///< parameter `name`
    header,       ///< field `name`; `Bearer TOKEN` where that is Authorization
    subprotocol,  ///< offered beside the subprotocol `name`, or after it where `name` ends in a dot
    cookie,       ///< cookie `name`
  };
  Kind kind = Kind::query;
  std::string name = "token";
};

/// A place past the edge, with its text to point at in errors.
struct DirectOption {
  std::string text;
  scenario::Url url;
};

/// A proxy's configuration: a file, `-`, or the URL of an admin API.
struct SourceArgument {
  std::string file;
  std::optional<lint::SourceKind> kind;  ///< empty: seen from the text
};

struct DiagnoseOptions {
  std::string url_text;  ///< as given, to point at in errors
  scenario::Url url;
  std::string token_file;                    ///< empty: not from a file
  std::string token_variable;                ///< empty: not from the environment
  std::optional<std::string> invalid_token;  ///< empty: a random, marked one
  TokenPlace token_place;
  std::string health_path = "/api/system/health";
  std::vector<DirectOption> direct;  ///< the hop behind the edge first, the application last
  std::vector<scenario::WitnessSource> witnesses;
  std::optional<std::string> origin;
  std::optional<scenario::Url> frontend;  ///< the page that opens the socket
  std::string frontend_variable;          ///< empty: the step's own default
  std::vector<SourceArgument> proxy_configuration;
  ProbeOptions probe;
  OutputOptions output;
};

struct DemoOptions {
  demo::Incident incident = demo::Incident::try_files;
  engine::Experiments experiments = engine::Experiments::when_needed;
  OutputOptions output;
};

struct ExplainOptions {
  std::vector<std::string> subjects;            ///< words of reports, or files; empty: list the words
  std::vector<std::string> without_signatures;  ///< ids of products, known to be right
  OutputOptions output;
};

enum class LintFormat : std::uint8_t { human, json, sarif };

struct LintOptions {
  std::vector<std::string> files;
  std::optional<lint::SourceKind> kind;  ///< empty: seen from each file
  std::optional<scenario::Url> url;
  std::string scenario;       ///< a file to take the URL from; empty: none
  std::string upstream_path;  ///< empty: the URL's
  std::optional<Duration> ping_interval;
  LintFormat format = LintFormat::human;
  std::string output;  ///< a file; empty: standard output
};

struct ServeOptions {
  ServeSettings settings;
  ProbeOptions probe;
};

/// --help and --version: something to print, and nothing to do.
struct PrintText {
  std::string text;
};

using Command = std::variant<RunOptions, CheckOptions, DiagnoseOptions, DemoOptions, ExplainOptions, LintOptions,
                             ServeOptions, PrintText>;

/// `arguments` without the program's name.
[[nodiscard]] tl::expected<Command, UsageError> parse_arguments(std::span<const std::string> arguments);

}  // namespace wsprobe::app
