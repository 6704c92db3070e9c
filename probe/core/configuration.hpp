// What a proxy's configuration, read as text, says about one WebSocket: plain data for reports.
//
// A configuration file is a claim about a deployment, not a fact of it: another one may run, or something in front of
// it may answer. So each finding says how it stands to what was seen on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/verdict.hpp"

namespace wsprobe {

/// A place in a file, with its line as it may be shown.
struct SourcePlace {
  std::string file;
  int line = 0;             ///< from 1; 0: the file as a whole
  int column = 0;           ///< in characters, from 1; 0: the line as a whole
  std::string inside;       ///< the path of a JSON value: "apps/http/servers/srv0"; empty where lines say enough
  std::string source_line;  ///< secrets hidden; empty where there is none

  /// "file:line:column", as far as there is one.
  [[nodiscard]] std::string text() const;
};

enum class FindingSeverity : std::uint8_t { error, warning, note };

/// How a finding stands to what the live probe saw.
enum class FindingState : std::uint8_t {
  not_probed,  ///< nothing was sent
  confirmed,   ///< the probe saw what the finding foretells
  fits,        ///< what the probe saw can be what the finding foretells, and can be something else
  cleared,     ///< the probe saw that it does no harm now
  undecided,   ///< what the probe saw tells neither
};

struct ConfigurationRemark {
  SourcePlace at;
  std::string says;
};

struct ConfigurationFinding {
  std::string rule;  ///< its name: "rewrite-before-proxy"
  std::string title;
  FindingSeverity severity = FindingSeverity::error;
  CauseId cause = CauseId::undetermined;  ///< what a live probe finds where the finding is right
  SourcePlace at;
  std::string says;        ///< what happens to the request
  std::string breaks;      ///< what users see
  std::string only_if;     ///< what the text cannot tell; empty: always
  std::string correction;  ///< what to do
  std::string snippet;     ///< what to write, several lines; may be empty
  std::vector<ConfigurationRemark> related;
  FindingState state = FindingState::not_probed;
  std::string evidence;  ///< why that state, one sentence; empty for not_probed
};

/// The way of one request through one proxy.
struct ConfigurationTrace {
  std::string product;
  std::string site;
  SourcePlace at;
  std::vector<ConfigurationRemark> steps;
  std::string ending;  ///< forwarded, answered, no_route, undetermined
  std::string path;
  std::vector<std::string> upstreams;
};

/// What was read.
struct ConfigurationSource {
  enum class From : std::uint8_t {
    file,     ///< handed in: what runs may be another one
    running,  ///< the proxy's own admin API gave it
  };
  std::string name;  ///< a path, a URL, "-"
  std::string kind;  ///< "caddy-json", "nginx"
  From from = From::file;
};

struct Configuration {
  std::string asked;  ///< the WebSocket's URL, or its path where the host was left open
  std::vector<ConfigurationSource> sources;
  std::vector<ConfigurationTrace> traces;
  std::vector<ConfigurationFinding> findings;
  std::vector<std::string> notes;
};

[[nodiscard]] std::string_view name(FindingSeverity severity);
[[nodiscard]] std::string_view name(FindingState state);
[[nodiscard]] std::string_view name(ConfigurationSource::From from);

}  // namespace wsprobe
