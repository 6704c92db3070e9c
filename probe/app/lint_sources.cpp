#include "app/lint_sources.hpp"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

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
  return fmt::format("say what it is with --type: {}", fmt::join(words, ", "));
}

}  // namespace

tl::expected<lint::Source, scenario::Diagnostic> source_of(const std::string& name, std::string text,
                                                           std::optional<lint::SourceKind> kind) {
  if (text.find('\0') != std::string::npos || !is_utf8(text)) {
    return tl::unexpected(unreadable(name, "this is no text", "configuration is read as UTF-8"));
  }
  if (!kind) kind = lint::detect_kind(name, text);
  if (!kind) return tl::unexpected(unreadable(name, "whose configuration this is cannot be told", known_kinds()));
  return lint::Source{name, std::move(text), *kind};
}

tl::expected<lint::Source, scenario::Diagnostic> read_source(const std::string& file,
                                                             std::optional<lint::SourceKind> kind) {
  auto text = scenario::read_bounded(file == "-" ? "/dev/stdin" : file, lint::maximum_source_bytes);
  if (!text) return tl::unexpected(unreadable(file, "the file cannot be read: " + text.error()));
  return source_of(file, std::move(*text), kind);
}

std::vector<scenario::Diagnostic> diagnostics_of(const lint::Result& result, std::span<const lint::Source> sources) {
  std::vector<scenario::Diagnostic> out;
  lint::Result places;  // the problems' places as findings, to have their lines shown as those are
  for (const lint::Problem& problem : result.problems) {
    lint::Finding finding;
    finding.at = problem.at;
    places.findings.push_back(std::move(finding));
  }
  const Configuration shown = lint::configuration_of(places, sources);
  for (std::size_t index = 0; index < result.problems.size(); ++index) {
    const SourcePlace& at = shown.findings[index].at;
    const lint::Problem& problem = result.problems[index];
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
