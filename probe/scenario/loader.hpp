// YAML text to a Scenario, or to diagnostics that show the place.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scenario/diagnostic.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::scenario {

/// Of scenario files and of files that hold a credential.
inline constexpr std::size_t maximum_file_size = 1'048'576;

/// The world outside the file; tests give their own.
struct Environment {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::function<tl::expected<std::string, std::string>(const std::string& path)> read_file;
  std::function<std::string()> random_mark;  ///< for ${invalid}: "wsprobe-invalid-" and 16 random hex digits
  std::function<bool(const std::string& path)> readable_by_all;  ///< of a file with a credential; may be empty

  static Environment of_process();
};

enum class Credentials : std::uint8_t {
  required,  ///< a missing variable or file is an error
  optional,  ///< `check` on a machine that does not hold the secrets
};

[[nodiscard]] tl::expected<Scenario, std::vector<Diagnostic>> load_text(std::string_view yaml,
                                                                        const std::string& file_name,
                                                                        const Environment& environment,
                                                                        Credentials credentials);

/// Reads at most 1 MiB.
[[nodiscard]] tl::expected<Scenario, std::vector<Diagnostic>> load_file(const std::string& path,
                                                                        const Environment& environment,
                                                                        Credentials credentials);

/// A credential's value from the environment or from a file, whose one line end at the end is cut off. Refused:
/// nothing, control characters, more than 16 KiB. The error names the variable or the file, never the value.
[[nodiscard]] tl::expected<SecretPtr, std::string> secret_from_variable(const std::string& name,
                                                                        const std::string& variable,
                                                                        const Environment& environment);
[[nodiscard]] tl::expected<SecretPtr, std::string> secret_from_file(const std::string& name, const std::string& path,
                                                                    const Environment& environment);

/// "https://..." with a host, a port of 1..65535 and no user info; `allowed` lists the schemes.
[[nodiscard]] tl::expected<Url, std::string> parse_url(std::string_view text, const std::vector<std::string>& allowed);

/// The path of a step, from "/": percent-encoded, without query and fragment.
[[nodiscard]] tl::expected<std::string, std::string> parse_path(std::string_view text);

/// "500ms", "10s", "1m30s"; at least 1 ms, at most 24 h.
[[nodiscard]] tl::expected<Duration, std::string> parse_duration(std::string_view text);

/// The file, if it has at most `limit` bytes (a whole number of MiB); else why not, in words.
[[nodiscard]] tl::expected<std::string, std::string> read_bounded(const std::string& path, std::size_t limit);

/// The member of `known` that is nearest to `word` (edit distance at most a third of its length), or none.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace wsprobe::scenario
