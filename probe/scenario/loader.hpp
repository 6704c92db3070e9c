// YAML text to a Scenario, or to diagnostics that show the place.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scenario/scenario.hpp"

namespace wsprobe::scenario {

struct Diagnostic {
  std::string file;
  int line = 0;    ///< from 1; 0: the file as a whole
  int column = 0;  ///< from 1
  std::string message;
  std::string source_line;  ///< the line as it stands in the file
  std::string help;         ///< "did you mean `path`?", or the allowed values

  /// "file:line:column: error: message", the source line, a caret, the help.
  [[nodiscard]] std::string render() const;
};

/// The world outside the file; tests give their own.
struct Environment {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::function<tl::expected<std::string, std::string>(const std::string& path)> read_file;
  std::function<std::string()> random_mark;  ///< for ${invalid}: "wsprobe-invalid-" and 16 random hex digits

  static Environment of_process();
};

enum class Credentials : std::uint8_t {
  required,  ///< a missing variable or file is an error
  optional,  ///< `check` on a machine that does not hold the secrets
};

[[nodiscard]] tl::expected<Scenario, std::vector<Diagnostic>> load_text(std::string_view yaml, const std::string& file_name,
                                                                        const Environment& environment,
                                                                        Credentials credentials);

/// Reads at most 1 MiB.
[[nodiscard]] tl::expected<Scenario, std::vector<Diagnostic>> load_file(const std::string& path,
                                                                        const Environment& environment,
                                                                        Credentials credentials);

/// "https://..." with a host, a port of 1..65535 and no user info; `allowed` lists the schemes.
[[nodiscard]] tl::expected<Url, std::string> parse_url(std::string_view text, const std::vector<std::string>& allowed);

/// "500ms", "10s", "1m30s"; at least 1 ms, at most 24 h.
[[nodiscard]] tl::expected<Duration, std::string> parse_duration(std::string_view text);

/// The member of `known` that is nearest to `word` (edit distance at most a third of its length), or none.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace wsprobe::scenario
