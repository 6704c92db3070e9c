#include "lint/caddyfile_directives.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lint/caddy_json.hpp"

namespace wsprobe::lint::caddy {
namespace {

std::vector<std::string> texts(const std::vector<Word>& words, std::size_t first) {
  std::vector<std::string> out;
  for (std::size_t at = first; at < words.size(); ++at) out.push_back(words[at].text);
  return out;
}

/// The short names that a Caddyfile has for placeholders, where the walk knows them.
std::string with_long_placeholders(std::string text) {
  for (const auto& [brief, full] : std::array<std::pair<std::string_view, std::string_view>, 3>{
           {{"{path}", "{http.request.uri.path}"},
            {"{uri}", "{http.request.uri}"},
            {"{file_match.relative}", "{http.matchers.file.relative}"}}}) {
    for (std::size_t at = text.find(brief); at != std::string::npos; at = text.find(brief, at + full.size())) {
      text.replace(at, brief.size(), full);
    }
  }
  return text;
}

// ---- matchers ----

void add_matcher(const std::vector<Word>& words, const std::vector<Segment>& block, MatcherSet& set);

Matcher negation(const std::vector<Word>& words, const std::vector<Segment>& block) {
  Matcher matcher;
  matcher.kind = MatcherKind::negation;
  matcher.name = "not";
  MatcherSet inner;
  if (words.size() > 1) {
    add_matcher({words.begin() + 1, words.end()}, block, inner);
  } else {
    for (const Segment& segment : block) add_matcher(segment.words, segment.block, inner);
  }
  matcher.sets.push_back(std::move(inner));
  return matcher;
}

Matcher file_matcher(const std::vector<Word>& words, const std::vector<Segment>& block) {
  Matcher matcher;
  matcher.kind = MatcherKind::file;
  matcher.name = "file";
  matcher.values = texts(words, 1);
  for (const Segment& segment : block) {
    if (segment.words.front().text == "try_files") matcher.values = texts(segment.words, 1);
  }
  if (matcher.values.empty()) matcher.values = {"{path}"};
  for (std::string& value : matcher.values) value = with_long_placeholders(std::move(value));
  return matcher;
}

/// A field of the same name again is another value of it, as Caddy joins them.
void add_header(const std::vector<Word>& words, MatcherSet& set) {
  if (words.size() < 2) return;
  Matcher matcher;
  matcher.kind = words[1].text.starts_with('!') ? MatcherKind::no_header : MatcherKind::header;
  matcher.name = words[1].text.substr(matcher.kind == MatcherKind::no_header ? 1 : 0);
  if (words.size() > 2 && words[2].text != "*") matcher.values = {words[2].text};
  for (Matcher& other : set.all) {
    if (other.kind != MatcherKind::header || matcher.kind != MatcherKind::header || other.name != matcher.name)
      continue;
    other.values.insert(other.values.end(), matcher.values.begin(), matcher.values.end());
    return;
  }
  set.all.push_back(std::move(matcher));
}

void add_matcher(const std::vector<Word>& words, const std::vector<Segment>& block, MatcherSet& set) {
  if (words.empty()) return;
  const std::string& name = words.front().text;
  Matcher matcher;
  matcher.name = name;
  matcher.values = texts(words, 1);
  if (name == "header") return add_header(words, set);
  if (name == "not") {
    set.all.push_back(negation(words, block));
    return;
  }
  if (name == "file") {
    set.all.push_back(file_matcher(words, block));
    return;
  }
  constexpr std::array<std::pair<std::string_view, MatcherKind>, 6> kinds{{{"host", MatcherKind::host},
                                                                           {"path", MatcherKind::path},
                                                                           {"method", MatcherKind::method},
                                                                           {"protocol", MatcherKind::protocol},
                                                                           {"remote_ip", MatcherKind::address},
                                                                           {"client_ip", MatcherKind::address}}};
  for (const auto& [word, kind] : kinds) {
    if (word == name) matcher.kind = kind;
  }
  if (name == "path_regexp" && !matcher.values.empty()) {
    matcher.kind = MatcherKind::path_regexp;
    matcher.name = matcher.values.size() > 1 ? matcher.values.front() : std::string();
    matcher.values = {matcher.values.back()};  // a name may stand before the pattern
  }
  // `remote_ip forwarded ...` looks at X-Forwarded-For, which is about addresses too.
  set.all.push_back(std::move(matcher));
}

// ---- words of a directive ----

struct Arguments {
  Route route;  // its matcher
  std::vector<Word> words;
};

void match_path(const std::string& pattern, Route& route) {
  Matcher matcher;
  matcher.kind = MatcherKind::path;
  matcher.name = "path";
  matcher.values = {pattern};
  route.match.push_back({{std::move(matcher)}});
}

/// The first word is a matcher where it looks like one and something else is left, where something else is needed.
Arguments arguments(const Segment& segment, const NamedMatchers& matchers, std::size_t needed) {
  Arguments out;
  out.route.at = segment.words.front().at;
  out.words.assign(segment.words.begin() + 1, segment.words.end());
  if (out.words.empty() || out.words.size() <= needed) return out;
  const Word first = out.words.front();
  if (first.text == "*") {
    out.words.erase(out.words.begin());
  } else if (first.text.starts_with('/')) {
    match_path(first.text, out.route);
    out.route.match_text = first.text;
    out.words.erase(out.words.begin());
  } else if (first.text.starts_with('@')) {
    const auto found = matchers.find(first.text);
    MatcherSet set;
    if (found != matchers.end()) {
      set = found->second;
    } else {
      set.all.push_back({MatcherKind::other, first.text + ", which is not defined,", {}, {}});
    }
    out.route.match.push_back(std::move(set));
    out.route.match_text = first.text;
    out.words.erase(out.words.begin());
  }
  return out;
}

int status_of(const std::string& word) {
  if (word == "permanent") return 301;
  if (word == "temporary") return 302;
  if (word == "html") return 200;
  int status = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), status);
  return word.size() == 3 && error == std::errc() && end == word.data() + word.size() ? status : 0;
}

HeaderChange header_change(const std::vector<Word>& words, std::size_t first) {
  HeaderChange change;
  std::string name = words.size() > first ? words[first].text : std::string();
  change.at = words.front().at;
  change.kind = name.starts_with('-') ? HeaderChange::Kind::remove : HeaderChange::Kind::set;
  if (name.starts_with('-') || name.starts_with('+') || name.starts_with('>') || name.starts_with('?'))
    name.erase(0, 1);
  change.name = std::move(name);
  if (!change.name.empty() && change.name.back() == ':') change.name.pop_back();
  if (words.size() > first + 1) change.value = words[first + 1].text;
  if (words.size() > first + 2) change.value = "{what the replacement makes of it}";
  return change;
}

// ---- directives ----

void respond(const Arguments& given, Handler& handler) {
  handler.kind = HandlerKind::respond;
  handler.status = 200;
  if (given.words.size() == 1) {
    if (const int status = status_of(given.words[0].text); status != 0) handler.status = status;
  } else if (given.words.size() >= 2) {
    handler.status = status_of(given.words[1].text);
  }
}

void error(const Arguments& given, Handler& handler) {
  handler.kind = HandlerKind::error;
  handler.status = 500;
  for (const Word& word : given.words) {
    if (const int status = status_of(word.text); status != 0) handler.status = status;
  }
}

void redirect(const Arguments& given, Handler& handler) {
  handler.kind = HandlerKind::respond;
  handler.status = 302;
  if (!given.words.empty()) handler.location = given.words[0].text;
  if (given.words.size() > 1 && given.words[1].text != "html") handler.status = status_of(given.words[1].text);
}

void uri(const Arguments& given, Handler& handler) {
  handler.kind = HandlerKind::rewrite;
  const std::string word = given.words.empty() ? "" : given.words[0].text;
  const auto argument = [&](std::size_t at) { return at < given.words.size() ? given.words[at].text : std::string(); };
  if (word == "strip_prefix") handler.strip_prefix = argument(1);
  if (word == "strip_suffix") handler.strip_suffix = argument(1);
  if (word == "replace") {
    handler.replaced = argument(1);
    handler.replacement = argument(2);
  }
  if (word == "path_regexp") handler.rewrites_by_regexp = true;
  if (!handler.strip_prefix.empty() && !handler.strip_prefix.starts_with('/')) handler.strip_prefix.insert(0, "/");
}

void transport(const Segment& segment, Handler& handler) {
  handler.protocol = segment.words.size() > 1 ? segment.words[1].text : "http";
  for (const Segment& option : segment.block) {
    const std::string& word = option.words.front().text;
    if (word == "versions") {
      handler.versions = texts(option.words, 1);
      handler.versions_at = option.words.front().at;
    } else if (word == "read_timeout" && option.words.size() > 1) {
      handler.read_timeout = go_duration(option.words[1].text);
      handler.read_timeout_at = option.words.front().at;
    }
  }
}

/// "https://backend" to "backend:443"; h2c says the version too.
std::string dial_address(const Word& word, Handler& handler) {
  std::string text = word.text;
  const std::size_t scheme_end = text.find("://");
  const std::string scheme = scheme_end == std::string::npos ? "" : text.substr(0, scheme_end);
  if (!scheme.empty()) text.erase(0, scheme_end + 3);
  if (scheme == "h2c") {
    handler.versions.emplace_back("h2c");
    handler.versions_at = word.at;
  }
  if (text.starts_with("unix/") || text.starts_with("{") || text.empty()) return text;
  if (text.find(':') == std::string::npos) text += scheme == "https" ? ":443" : ":80";
  return text;
}

void proxy_option(const Segment& option, Handler& handler) {
  const std::string& word = option.words.front().text;
  if (word == "to") {
    for (std::size_t at = 1; at < option.words.size(); ++at)
      handler.upstreams.push_back(dial_address(option.words[at], handler));
  } else if (word == "dynamic") {
    handler.dynamic_upstreams = true;
  } else if (word == "header_up" || word == "header_down") {
    if (word == "header_up") handler.header_changes.push_back(header_change(option.words, 1));
  } else if (word == "rewrite" && option.words.size() > 1) {
    handler.uri = with_long_placeholders(option.words[1].text);
  } else if (word == "transport") {
    transport(option, handler);
  } else if (word == "stream_timeout" && option.words.size() > 1) {
    handler.stream_timeout = go_duration(option.words[1].text);
    handler.stream_timeout_at = option.words.front().at;
  }
}

void reverse_proxy(const Arguments& given, const Segment& segment, Handler& handler) {
  handler.kind = HandlerKind::reverse_proxy;
  for (const Word& word : given.words) handler.upstreams.push_back(dial_address(word, handler));
  for (const Segment& option : segment.block) proxy_option(option, handler);
}

/// A file where there is one, else index.php; what ends in .php goes to the script.
void php_fastcgi(const Arguments& given, Handler& handler) {
  handler.kind = HandlerKind::subroute;
  Handler rewrite;
  rewrite.kind = HandlerKind::rewrite;
  rewrite.at = handler.at;
  rewrite.text = handler.text;
  rewrite.uri = "{http.matchers.file.relative}";
  Matcher file;
  file.kind = MatcherKind::file;
  file.name = "file";
  file.values = {"{http.request.uri.path}", "{http.request.uri.path}/index.php", "index.php"};
  Route first;
  first.at = handler.at;
  first.match.push_back({{std::move(file)}});
  first.handlers.push_back(std::move(rewrite));
  Handler proxy;
  proxy.kind = HandlerKind::reverse_proxy;
  proxy.at = handler.at;
  proxy.text = handler.text;
  proxy.protocol = "fastcgi";
  for (const Word& word : given.words) proxy.upstreams.push_back(dial_address(word, proxy));
  Route second;
  second.at = handler.at;
  match_path("*.php", second);
  second.handlers.push_back(std::move(proxy));
  handler.routes.push_back(std::move(first));
  handler.routes.push_back(std::move(second));
}

void try_files(const Segment& segment, Route& route, Handler& handler) {
  handler.kind = HandlerKind::rewrite;
  handler.uri = "{http.matchers.file.relative}";
  Matcher file;
  file.kind = MatcherKind::file;
  file.name = "file";
  for (const std::string& candidate : texts(segment.words, 1)) file.values.push_back(with_long_placeholders(candidate));
  route.match.push_back({{std::move(file)}});
}

Route handle_path(const Segment& segment, const NamedMatchers& matchers, const BlockReaders& blocks, Handler handler) {
  Arguments given = arguments(segment, matchers, 0);
  handler.kind = HandlerKind::subroute;
  Handler strip;
  strip.kind = HandlerKind::rewrite;
  strip.at = handler.at;
  strip.text = handler.text;
  strip.strip_prefix = given.route.match_text;
  if (strip.strip_prefix.ends_with('*')) strip.strip_prefix.pop_back();
  if (strip.strip_prefix.ends_with('/')) strip.strip_prefix.pop_back();
  Route first;
  first.at = handler.at;
  first.handlers.push_back(std::move(strip));
  handler.routes = blocks.sorted(segment.block, matchers);
  handler.routes.insert(handler.routes.begin(), std::move(first));
  Route route = std::move(given.route);
  route.match_text = handler.text;
  route.group = "handle";
  route.handlers.push_back(std::move(handler));
  return route;
}

constexpr std::string_view ordered[] = {"tracing",
                                        "map",
                                        "vars",
                                        "fs",
                                        "root",
                                        "log_append",
                                        "log_skip",
                                        "skip_log",
                                        "log_name",
                                        "header",
                                        "copy_response_headers",
                                        "request_body",
                                        "redir",
                                        "method",
                                        "rewrite",
                                        "uri",
                                        "try_files",
                                        "basicauth",
                                        "basic_auth",
                                        "forward_auth",
                                        "request_header",
                                        "encode",
                                        "push",
                                        "intercept",
                                        "templates",
                                        "invoke",
                                        "handle",
                                        "handle_path",
                                        "route",
                                        "abort",
                                        "error",
                                        "copy_response",
                                        "respond",
                                        "metrics",
                                        "reverse_proxy",
                                        "php_fastcgi",
                                        "file_server",
                                        "acme_server"};

/// Those that run nowhere: options, and what other parts of Caddy are told.
constexpr std::string_view others[] = {"tls",   "bind",  "log",   "handle_errors", "import",  "order",        "servers",
                                       "email", "admin", "debug", "auto_https",    "storage", "on_demand_tls"};

}  // namespace

std::span<const std::string_view> ordered_directives() { return ordered; }

bool is_directive(const std::string& name) {
  return std::find(std::begin(ordered), std::end(ordered), name) != std::end(ordered) ||
         std::find(std::begin(others), std::end(others), name) != std::end(others);
}

void define_matcher(const Segment& segment, NamedMatchers& matchers) {
  MatcherSet& set = matchers[segment.words.front().text];
  if (segment.words.size() > 1) {
    const Word& first = segment.words[1];
    if (first.quoted) {
      set.all.push_back({MatcherKind::other, fmt::format("expression `{}`", first.text), {}, {}});
      return;
    }
    add_matcher({segment.words.begin() + 1, segment.words.end()}, segment.block, set);
    return;
  }
  for (const Segment& line : segment.block) add_matcher(line.words, line.block, set);
}

Route directive_route(const Segment& segment, const NamedMatchers& matchers, const BlockReaders& blocks) {
  const std::string& name = segment.words.front().text;
  Handler handler;
  handler.at = segment.words.front().at;
  handler.text = shown(segment);
  handler.kind = is_directive(name) ? HandlerKind::harmless : HandlerKind::unknown;
  if (name == "handle_path") return handle_path(segment, matchers, blocks, std::move(handler));

  const bool needs_one = name == "rewrite" || name == "redir" || name == "root";
  Arguments given = name == "try_files" ? Arguments{{}, {}} : arguments(segment, matchers, needs_one ? 1 : 0);
  given.route.at = handler.at;
  if (name == "handle" || name == "route") {
    handler.kind = HandlerKind::subroute;
    handler.routes = (name == "handle" ? blocks.sorted : blocks.unsorted)(segment.block, matchers);
    given.route.match_text = handler.text;
    if (name == "handle") given.route.group = "handle";
  } else if (name == "rewrite") {
    handler.kind = HandlerKind::rewrite;
    given.route.group = "rewrite";
    if (!given.words.empty()) handler.uri = with_long_placeholders(given.words[0].text);
  } else if (name == "try_files") {
    try_files(segment, given.route, handler);
  } else if (name == "uri") {
    uri(given, handler);
  } else if (name == "redir") {
    redirect(given, handler);
  } else if (name == "respond") {
    respond(given, handler);
  } else if (name == "abort") {
    handler.kind = HandlerKind::respond;
    handler.aborts = true;
  } else if (name == "error") {
    error(given, handler);
  } else if (name == "basicauth" || name == "basic_auth") {
    handler.kind = HandlerKind::authentication;
  } else if (name == "request_header") {
    handler.kind = HandlerKind::request_headers;
    if (!given.words.empty()) {
      handler.header_changes.push_back(header_change(given.words, 0));
      handler.header_changes.back().at = handler.at;
    }
  } else if (name == "file_server") {
    const bool passes = std::any_of(segment.block.begin(), segment.block.end(),
                                    [](const Segment& option) { return option.words.front().text == "pass_thru"; });
    handler.kind = passes ? HandlerKind::harmless : HandlerKind::file_server;
  } else if (name == "reverse_proxy" || name == "forward_auth") {
    reverse_proxy(given, segment, handler);
    handler.asks_first = name == "forward_auth";
    if (handler.asks_first) handler.uri.clear();
  } else if (name == "php_fastcgi") {
    php_fastcgi(given, handler);
  }
  given.route.handlers.push_back(std::move(handler));
  return std::move(given.route);
}

}  // namespace wsprobe::lint::caddy
