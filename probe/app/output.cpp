#include "app/output.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "core/system_call.hpp"
#include "core/text.hpp"
#include "exporters/human.hpp"
#include "exporters/json.hpp"
#include "exporters/junit.hpp"
#include "exporters/nagios.hpp"
#include "exporters/probe_metrics.hpp"
#include "exporters/replace_file.hpp"

namespace wsprobe::app {
namespace {

constexpr int default_width = 100;
constexpr int narrowest = 60;
constexpr int widest = 120;  // longer lines are hard to read, however wide the terminal

tl::expected<void, std::string> write_named(int descriptor, std::string_view text, const std::string& name) {
  if (!write_all(descriptor, text)) return tl::unexpected(system_error("cannot write " + name));
  return {};
}

// ---- what the terminal can show ----

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// The character set by the rules of POSIX, without loading a locale for it.
exporters::Glyphs glyphs_of_locale() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(variable);
    if (value.empty()) continue;
    std::string low(value);
    for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_utf8 = low.find("utf-8") != std::string::npos || low.find("utf8") != std::string::npos;
    return is_utf8 ? exporters::Glyphs::utf8 : exporters::Glyphs::ascii;
  }
  return exporters::Glyphs::ascii;
}

}  // namespace

exporters::HumanStyle style_of(const OutputOptions& options) {
  exporters::HumanStyle style;
  style.detail = options.verbosity == Verbosity::verbose ? exporters::Detail::full : exporters::Detail::brief;
  style.glyphs = glyphs_of_locale();
  style.width = default_width;
  if (!options.file.empty() || isatty(STDOUT_FILENO) == 0) return style;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = std::clamp(static_cast<int>(size.ws_col), narrowest, widest);
  }
  // https://no-color.org: present and not empty, whatever its value.
  const bool wanted = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  style.colour = wanted ? exporters::Colour::ansi : exporters::Colour::none;
  return style;
}

tl::expected<void, std::string> deliver(std::string_view text, const std::string& file) {
  if (file.empty()) return write_named(STDOUT_FILENO, text, "the report");
  struct stat status {};
  const bool exists = stat(file.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return tl::unexpected(fmt::format("cannot write {}: it is a directory", file));
  if (exists && !S_ISREG(status.st_mode)) {
    const int device = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (device < 0) return tl::unexpected(system_error("cannot open " + file));
    auto done = write_named(device, text, file);
    if (::close(device) != 0 && done) done = tl::unexpected(system_error("cannot write " + file));
    return done;
  }
  // A symbolic link stays one: what it points at is replaced.
  std::error_code error;
  const std::filesystem::path real = exists ? std::filesystem::canonical(file, error) : std::filesystem::path(file);
  return exporters::replace_file(text, error ? file : real.string(), exporters::Readers::by_umask);
}

namespace {

std::string human_text(std::span<const Report> reports, const exporters::HumanStyle& style) {
  std::string text;
  for (const Report& report : reports) {
    if (!text.empty()) text += '\n';
    text += exporters::to_text(report, style);
  }
  return text;
}

}  // namespace

std::string format_reports(std::span<const Report> reports, const OutputOptions& options) {
  switch (options.format) {
    case Format::human: return human_text(reports, style_of(options));
    case Format::json: return reports.size() == 1 ? exporters::to_json(reports.front()) : exporters::to_json(reports);
    case Format::junit: return exporters::to_junit(reports);
    case Format::nagios: return exporters::to_nagios(reports, std::chrono::system_clock::now());
    case Format::prometheus: return exporters::probe_text(reports);
  }
  return {};
}

void print_diagnostics(std::span<const scenario::Diagnostic> diagnostics) {
  for (const scenario::Diagnostic& diagnostic : diagnostics) print_to_stderr(diagnostic.render() + "\n");
}

void warn_of_public_secret(std::string_view option, const std::string& file, const scenario::Environment& environment) {
  if (!environment.readable_by_all || !environment.readable_by_all(file)) return;
  const std::string shown = escape_for_display(file);
  print_to_stderr(fmt::format("wsprobe: warning: {0}: every user of this machine can read {1}\n  help: chmod o-r {1}\n",
                              option, shown));
}

void warn_of_public_key(const net::TlsSettings& tls, const scenario::Environment& environment) {
  const bool has_own_file = !tls.key_file.empty();
  const std::string& file = has_own_file ? tls.key_file : tls.certificate_file;
  if (!file.empty()) warn_of_public_secret(has_own_file ? "--key" : "--cert", file, environment);
}

void print_to_stderr(std::string_view text) {
  // Where standard error is gone as well there is nobody left to tell.
  (void)write_all(STDERR_FILENO, text);
}

}  // namespace wsprobe::app
