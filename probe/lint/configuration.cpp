#include "lint/configuration.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace wsprobe::lint {
namespace {

constexpr std::string_view hidden = "[hidden]";
constexpr std::size_t longest_line = 400;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool is_end(char c) { return std::string_view(" \t\"'`,;)}>").find(c) != std::string_view::npos; }

/// Whether `word` stands at `at`, whatever its case.
bool stands_at(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() - at < word.size()) return false;
  return std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char wanted, char c) { return wanted == lower(c); });
}

std::size_t end_of_word(std::string_view text, std::size_t at) {
  while (at < text.size() && !is_end(text[at])) ++at;
  return at;
}

/// Where a value begins that must not be seen, behind `at`; npos where none does.
std::size_t secret_behind(std::string_view text, std::size_t at) {
  for (const std::string_view scheme : {"bearer ", "basic "}) {
    const std::size_t value = at + scheme.size();
    // Only a long word is a credential: "basic auth" is none.
    if (stands_at(text, at, scheme) && end_of_word(text, value) - value >= 8) return value;
  }
  for (const std::string_view name : {"password", "passwd", "secret", "token", "api_key", "apikey"}) {
    if (!stands_at(text, at, name)) continue;
    std::size_t value = at + name.size();
    while (value < text.size() && (text[value] == '"' || text[value] == '\'')) ++value;
    if (value >= text.size() || (text[value] != '=' && text[value] != ':')) continue;
    ++value;
    while (value < text.size() && (text[value] == ' ' || text[value] == '"' || text[value] == '\'')) ++value;
    const bool reference = value < text.size() && (text[value] == '{' || text[value] == '$' || text[value] == '*');
    return reference ? std::string_view::npos : value;
  }
  for (const std::string_view hash : {"$2a$", "$2b$", "$2y$", "$apr1$", "$argon2", "$5$", "$6$", "{sha}"}) {
    if (stands_at(text, at, hash)) return at;
  }
  return std::string_view::npos;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string_view line_of(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

class Converter {
 public:
  explicit Converter(std::span<const Source> sources) : sources_(sources) {}

  SourcePlace place(const Place& at) const { return shown_place(at, sources_); }

  ConfigurationFinding finding(const Finding& finding) const {
    ConfigurationFinding out;
    out.rule = name(finding.rule);
    out.title = title(finding.rule);
    out.severity = static_cast<FindingSeverity>(finding.severity);
    out.cause = cause_of(finding.rule);
    out.at = place(finding.at);
    out.says = without_secrets(finding.says);
    out.breaks = without_secrets(finding.breaks);
    out.only_if = without_secrets(finding.only_if);
    out.correction = without_secrets(finding.correction.text);
    out.snippet = without_secrets(finding.correction.snippet);
    for (const RelatedPlace& related : finding.related) out.related.push_back({place(related.at), related.says});
    return out;
  }

  ConfigurationTrace trace(const Trace& trace) const {
    ConfigurationTrace out;
    out.product = trace.product;
    out.site = trace.site;
    out.at = place(trace.site_at);
    for (const TraceStep& step : trace.steps) out.steps.push_back({place(step.at), without_secrets(step.says)});
    out.ending = name(trace.ending);
    out.path = trace.path;
    for (const std::string& upstream : trace.upstreams) out.upstreams.push_back(without_secrets(upstream));
    return out;
  }

 private:
  std::span<const Source> sources_;
};

static_assert(static_cast<int>(Severity::note) == static_cast<int>(FindingSeverity::note));

}  // namespace

std::string without_secrets(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool starts_a_word =
        at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0 || text[at] == '$' || text[at] == '{';
    const std::size_t value = starts_a_word ? secret_behind(text, at) : std::string_view::npos;
    if (value != std::string_view::npos && value < text.size()) {
      out += text.substr(at, value - at);
      out += hidden;
      at = end_of_word(text, value);
      continue;
    }
    if (text.substr(at, 3) == "://") {
      const std::size_t end = std::min(text.find_first_of("/ \t\"'`?", at + 3), text.size());
      const std::size_t sign = text.substr(0, end).rfind('@');
      if (sign != std::string_view::npos && sign > at) {
        out += "://";
        out += hidden;
        at = sign;
        continue;
      }
    }
    out += text[at++];
  }
  return out;
}

SourcePlace shown_place(const Place& at, std::span<const Source> sources) {
  SourcePlace out{at.file, at.line, 0, at.inside, {}};
  const auto source =
      std::find_if(sources.begin(), sources.end(), [&](const Source& each) { return each.name == at.file; });
  if (source == sources.end() || at.line <= 0) return out;
  const std::string_view line = line_of(source->text, at.line);
  const std::size_t bytes = std::min(line.size(), static_cast<std::size_t>(std::max(at.column - 1, 0)));
  if (at.column > 0) out.column = static_cast<int>(count_characters(line.substr(0, bytes))) + 1;
  if (line.size() <= longest_line) out.source_line = without_secrets(line);  // a file in one line shows nothing
  return out;
}

std::string asked_for(const Question& question) {
  if (question.host.empty()) return question.path;
  const std::uint16_t usual = question.tls ? 443 : 80;
  const bool bracketed = question.host.find(':') != std::string::npos;
  std::string text = fmt::format("{}://{}", question.tls ? "wss" : "ws", bracketed ? "[" : "");
  text += question.host + (bracketed ? "]" : "");
  if (question.port.value_or(usual) != usual) text += fmt::format(":{}", *question.port);
  return text + question.path;
}

Configuration configuration_of(const Result& result, std::span<const Source> sources, const Question& question) {
  const Converter convert(sources);
  Configuration out;
  out.asked = asked_for(question);
  for (const Source& source : sources) {
    const auto from = source.running ? ConfigurationSource::From::running : ConfigurationSource::From::file;
    out.sources.push_back({source.name, std::string(name(source.kind)), from});
  }
  for (const Trace& trace : result.traces) out.traces.push_back(convert.trace(trace));
  for (const Finding& finding : result.findings) out.findings.push_back(convert.finding(finding));
  for (const std::string& note : result.notes) out.notes.push_back(without_secrets(note));
  return out;
}

}  // namespace wsprobe::lint
