#include "lint/source.hpp"
#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace wsprobe::lint {
namespace {

struct Row {
  SourceKind kind;
  std::string_view word;
  std::string_view what;
};

constexpr std::array rows{
#define WSPROBE_ROW(enumerator, word, what) Row{SourceKind::enumerator, word, what},
    WSPROBE_LINT_KINDS(WSPROBE_ROW)
#undef WSPROBE_ROW
};

constexpr std::array kinds{
#define WSPROBE_ROW(enumerator, word, what) SourceKind::enumerator,
    WSPROBE_LINT_KINDS(WSPROBE_ROW)
#undef WSPROBE_ROW
};

constexpr std::string_view white = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

/// Calls `see` with every line that is neither empty nor a comment, without white space around it, and with whether it
/// was indented.
template <typename See>
void for_each_line(std::string_view text, See see) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::string_view content = trimmed(line);
    if (!content.empty() && content.front() != '#') see(content, line.front() == ' ' || line.front() == '\t');
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view first_word(std::string_view line) { return line.substr(0, line.find_first_of(" \t")); }

template <std::size_t size>
bool is_one_of(std::string_view word, const std::array<std::string_view, size>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// What the lines of a text look like, counted.
struct Signs {
  int lines = 0;
  int haproxy = 0;
  int apache = 0;
  int nginx = 0;
  int caddy = 0;
  int labels = 0;
  bool services = false;
  bool http = false;
};

bool is_label(std::string_view line) {
  if (line.starts_with("- ")) line = trimmed(line.substr(2));
  if (!line.empty() && (line.front() == '"' || line.front() == '\'')) line.remove_prefix(1);
  if (!line.starts_with("caddy") && !line.starts_with("traefik.") && !line.starts_with("coolify.")) return false;
  const std::size_t end = line.find_first_of("=: \t{");
  return end != std::string_view::npos && (line[end] == '=' || line[end] == ':');
}

Signs signs_of(std::string_view text) {
  constexpr std::array<std::string_view, 4> sections{"defaults", "frontend", "backend", "listen"};
  constexpr std::array<std::string_view, 6> apache{"ProxyPass",     "ProxyPassMatch", "RewriteRule",
                                                   "RewriteEngine", "LoadModule",     "ServerName"};
  constexpr std::array<std::string_view, 9> caddy{"reverse_proxy", "file_server", "handle",      "handle_path", "route",
                                                  "respond",       "encode",      "php_fastcgi", "import"};
  Signs signs;
  for_each_line(text, [&](std::string_view line, bool indented) {
    const std::string_view word = first_word(line);
    ++signs.lines;
    if (is_label(line)) ++signs.labels;
    if (!indented && (is_one_of(word, sections) || line == "global") && line.back() != '{') ++signs.haproxy;
    if (line.front() == '<' || is_one_of(word, apache)) ++signs.apache;
    const bool nginx_block = line.back() == '{' && (word == "server" || word == "http" || word == "location" ||
                                                    word == "upstream" || word == "events" || word == "map" ||
                                                    word == "server{" || word == "http{" || word == "events{");
    if (line.back() == ';' || line.ends_with("; }") || nginx_block) ++signs.nginx;
    if (line.back() != ';' && is_one_of(word, caddy)) ++signs.caddy;
    if (!indented && line == "services:") signs.services = true;
    if (!indented && (line == "http:" || line == "tcp:" || line == "tls:")) signs.http = true;
  });
  return signs;
}

std::optional<SourceKind> kind_of_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return std::nullopt;
  const std::size_t next = text.find_first_not_of(white, first + 1);
  if (text[first] == '{' && (next == std::string_view::npos || text[next] != '"')) return std::nullopt;
  const auto has = [&](std::string_view key) { return text.find(key) != std::string_view::npos; };
  if (has("\"apps\"") || has("\"handle\"") || has("\"handler\"")) return SourceKind::caddy_json;
  if (has("\"Labels\"") || has("\"caddy") || has("\"traefik.")) return SourceKind::inspect;
  return SourceKind::caddy_json;
}

std::optional<SourceKind> kind_by_name(std::string_view path) {
  const std::string file = lower_case(path.substr(path.find_last_of('/') + 1));
  const auto ends = [&](std::string_view end) { return file.ends_with(end); };
  const auto has = [&](std::string_view part) { return file.find(part) != std::string::npos; };
  if (ends(".json")) return has("inspect") ? SourceKind::inspect : SourceKind::caddy_json;
  if (has("caddyfile") || ends(".caddy")) return SourceKind::caddyfile;
  if (ends(".yml") || ends(".yaml")) return has("compose") ? SourceKind::compose : SourceKind::traefik;
  if (has("haproxy") || ends(".cfg")) return SourceKind::haproxy;
  if (has("nginx")) return SourceKind::nginx;
  if (has("httpd") || has("apache")) return SourceKind::apache;
  if (has("labels")) return SourceKind::labels;
  return std::nullopt;
}

}  // namespace

std::span<const SourceKind> all_source_kinds() { return kinds; }
std::string_view name(SourceKind kind) { return rows[static_cast<std::size_t>(kind)].word; }
std::string_view description(SourceKind kind) { return rows[static_cast<std::size_t>(kind)].what; }

std::optional<SourceKind> source_kind_named(std::string_view word) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) { return each.word == word; });
  return row == rows.end() ? std::nullopt : std::optional(row->kind);
}

std::optional<SourceKind> detect_kind(std::string_view name, std::string_view text) {
  if (const auto json = kind_of_json(text)) return json;
  const Signs signs = signs_of(text);
  if (signs.services) return SourceKind::compose;
  if (signs.labels > 0 && signs.labels * 2 > signs.lines) return SourceKind::labels;
  if (signs.http) return SourceKind::traefik;
  const auto by_name = kind_by_name(name);
  if (by_name == SourceKind::caddyfile) return by_name;
  if (signs.haproxy > 0) return SourceKind::haproxy;
  if (signs.apache > 0 && signs.apache >= signs.nginx) return SourceKind::apache;
  if (signs.nginx > 0 && signs.nginx > signs.caddy) return SourceKind::nginx;
  if (signs.caddy > 0) return SourceKind::caddyfile;
  return by_name;
}

}  // namespace wsprobe::lint
