// A world outside the file that holds a few credentials, all of them recognisable.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "scenario/loader.hpp"

namespace wsprobe::scenario {

/// Stands in every credential: no output of the loader may hold it.
inline constexpr std::string_view secret_mark = "s3cr3t";

inline Environment fake_environment() {
  Environment environment;
  environment.variable = [](const std::string& name) -> std::optional<std::string> {
    static const std::map<std::string, std::string> variables{{"TOKEN", "s3cr3t-of-env"},
                                                              {"EMPTY", ""},
                                                              {"TWO_LINES", "s3cr3t\nline"},
                                                              {"SPACES", "s3cr3t with spaces"},
                                                              {"LATIN_1", "s3cr3t\xE9"}};
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  environment.read_file = [](const std::string& path) -> tl::expected<std::string, std::string> {
    static const std::map<std::string, std::string> files{
        {"/secrets/token", "s3cr3t-of-file\n"},
        {"/secrets/windows", "s3cr3t-of-file\r\n"},
        {"/secrets/bare", "s3cr3t-of-file"},
        {"/secrets/empty", "\n"},
        {"/secrets/two-lines", "s3cr3t\nline\n"},
        {"/secrets/long", std::string(20'000, 's')},
        {"/etc/scenarios/token", "s3cr3t-beside\n"},
        {"/etc/scenarios/probe.yaml", "scenario: a\ntarget: {edge: \"ws://h\"}\nsteps: [health]\n"}};
    const auto found = files.find(path);
    if (found == files.end()) return tl::unexpected<std::string>("No such file or directory");
    return found->second;
  };
  environment.random_mark = [] { return std::string("wsprobe-invalid-0123456789abcdef"); };
  environment.readable_by_all = [](const std::string& path) { return path == "/secrets/bare"; };
  return environment;
}

/// All diagnostics as a person sees them, an empty line between two.
inline std::string render_all(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!out.empty()) out += '\n';
    out += diagnostic.render() + "\n";
  }
  return out;
}

}  // namespace wsprobe::scenario
