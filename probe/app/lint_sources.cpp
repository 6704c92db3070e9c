#include "app/lint_sources.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/lint_fetch.hpp"
#include "core/text.hpp"
#include "lint/configuration.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

scenario::Diagnostic unreadable(const std::string& file, std::string message, std::string help = {}) {
  return {file, 0, 0, std::move(message), {}, std::move(help)};
}

std::string known_kinds() {
  std::vector<std::string_view> words;
  for (const lint::SourceKind kind : lint::all_source_kinds()) words.push_back(name(kind));
  return fmt::format("say what it is (lint: --type KIND, diagnose: --proxy-config KIND=FILE): {}",
                     fmt::join(words, ", "));
}

tl::expected<lint::Source, scenario::Diagnostic> source_of(const std::string& name, std::string text,
                                                           std::optional<lint::SourceKind> kind) {
  if (text.find('\0') != std::string::npos || !is_utf8(text)) {
    return tl::unexpected(unreadable(name, "this is no text", "configuration is read as UTF-8"));
  }
  if (!kind) kind = lint::detect_kind(name, text);
  if (!kind) return tl::unexpected(unreadable(name, "whose configuration this is cannot be told", known_kinds()));
  return lint::Source{name, std::move(text), *kind, false};
}

/// Where Caddy's admin API has what it runs; anything else is a file that happens to be somewhere else.
bool is_whole_configuration(const scenario::Url& url) {
  return url.path == "/" || url.path == "/config" || url.path.starts_with("/config/");
}

tl::expected<lint::Source, scenario::Diagnostic> read_running(const std::string& text,
                                                              std::optional<lint::SourceKind> kind) {
  const auto url = scenario::parse_url(text, {"http", "https"});
  if (!url) return tl::unexpected(unreadable(text, url.error()));
  auto content = fetch_configuration(*url);
  if (!content) return tl::unexpected(unreadable(url->display(), "the URL cannot be read: " + content.error()));
  auto source = source_of(url->display(), std::move(*content), kind.value_or(lint::SourceKind::caddy_json));
  if (source) source->running = source->kind == lint::SourceKind::caddy_json && is_whole_configuration(*url);
  return source;
}

tl::expected<lint::Source, scenario::Diagnostic> read_source(const std::string& file,
                                                             std::optional<lint::SourceKind> kind) {
  if (file.starts_with("http://") || file.starts_with("https://")) return read_running(file, kind);
  auto text = scenario::read_bounded(file == "-" ? "/dev/stdin" : file, lint::maximum_source_bytes);
  if (!text) return tl::unexpected(unreadable(file, "the file cannot be read: " + text.error()));
  return source_of(file, std::move(*text), kind);
}

}  // namespace

tl::expected<std::vector<lint::Source>, std::vector<scenario::Diagnostic>> read_sources(
    std::span<const SourceArgument> arguments) {
  std::vector<lint::Source> sources;
  std::vector<scenario::Diagnostic> unusable;
  if (arguments.size() > lint::maximum_sources) {
    unusable.push_back(
        unreadable(arguments[lint::maximum_sources].file, fmt::format("more than {} files", lint::maximum_sources)));
    return tl::unexpected(std::move(unusable));
  }
  for (const auto& [file, kind] : arguments) {
    const auto is_this = [&file = file](const lint::Source& other) { return other.name == file; };
    if (std::any_of(sources.begin(), sources.end(), is_this)) continue;
    auto source = read_source(file, kind);
    if (source) {
      sources.push_back(std::move(*source));
    } else {
      unusable.push_back(std::move(source.error()));
    }
  }
  if (!unusable.empty()) return tl::unexpected(std::move(unusable));
  return sources;
}

std::vector<scenario::Diagnostic> diagnostics_of(const lint::Result& result, std::span<const lint::Source> sources) {
  std::vector<scenario::Diagnostic> out;
  for (const lint::Problem& problem : result.problems) {
    const SourcePlace at = lint::shown_place(problem.at, sources);
    out.push_back({at.file, at.line, at.column, problem.message, at.source_line, problem.help});
  }
  return out;
}

lint::Question question_about(const scenario::Url& url) {
  lint::Question question;
  question.host = url.host;
  question.port = url.port;
  question.tls = url.secure();
  question.path = url.path;
  return question;
}

}  // namespace wsprobe::app
