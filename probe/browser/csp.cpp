#include "browser/csp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "core/ascii.hpp"

namespace wsprobe::browser {
namespace {

constexpr std::array<std::string_view, 3> not_in_meta{"frame-ancestors", "report-uri", "sandbox"};

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_space(c) || (c > 0x20 && c < 0x7f); });
}

std::vector<std::string> split_on_spaces(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = trim(text)).empty()) {
    const auto end = std::find_if(text.begin(), text.end(), is_space);
    words.emplace_back(text.begin(), end);
    text.remove_prefix(words.back().size());
  }
  return words;
}

std::optional<Directive> parse_directive(std::string_view token) {
  token = trim(token);
  if (token.empty()) return std::nullopt;
  Directive directive;
  directive.text = std::string(token);
  std::vector<std::string> words = split_on_spaces(token);
  directive.name = lower_case(words.front());
  directive.values.assign(std::make_move_iterator(words.begin() + 1), std::make_move_iterator(words.end()));
  return directive;
}

Policy parse_policy(std::string_view text, const PolicySource& source) {
  Policy policy;
  policy.disposition = source.disposition;
  policy.delivery = source.delivery;
  policy.line = source.line;
  std::set<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    std::optional<Directive> directive = parse_directive(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!directive || !names.insert(directive->name).second) continue;
    const bool useless = source.delivery == Delivery::meta &&
                         std::find(not_in_meta.begin(), not_in_meta.end(), directive->name) != not_in_meta.end();
    // In Chromium one with a character that is not ASCII, or no character at all, says nothing; and yet another of its
    // name comes too late.
    if (!useless && is_plain(directive->text)) policy.directives.push_back(std::move(*directive));
  }
  return policy;
}

/// A host-source, taken apart (section 2.3.1). Empty parts were not given.
struct HostSource {
  std::string scheme;
  std::string host;  ///< lower case; "*" or "*.example" with its star
  std::string port;  ///< digits or "*"
  std::string path;
};

bool is_scheme(std::string_view text) {
  return !text.empty() && is_alpha(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

bool is_host(std::string_view text) {
  if (text == "*") return true;
  if (text.starts_with("*.")) text.remove_prefix(2);
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.'; });
}

bool is_port(std::string_view text) {
  return text == "*" || (!text.empty() && std::all_of(text.begin(), text.end(), is_digit));
}

/// None where it is no host-source: such an expression matches nothing.
std::optional<HostSource> parse_host_source(std::string_view text) {
  HostSource source;
  if (const std::size_t mark = text.find("://"); mark != std::string_view::npos) {
    if (!is_scheme(text.substr(0, mark))) return std::nullopt;
    source.scheme = lower_case(text.substr(0, mark));
    text.remove_prefix(mark + 3);
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view path = text.substr(slash);
  // Chromium takes such an expression and leaves out what no path has.
  path = path.substr(0, path.find_first_of("?#"));
  source.path = percent_decoded(path);
  std::string_view authority = text.substr(0, slash);
  if (const std::size_t colon = authority.rfind(':'); colon != std::string_view::npos) {
    if (!is_port(authority.substr(colon + 1))) return std::nullopt;
    source.port = std::string(authority.substr(colon + 1));
    authority = authority.substr(0, colon);
  }
  if (!is_host(authority)) return std::nullopt;
  source.host = lower_case(authority);
  return source;
}

enum class SchemeMatch : std::uint8_t { none, same, upgrade };

/// Section 6.7.2.8 as Chromium has it: `https:` and a host without a scheme do not stand for wss, though the text would
/// have it so. Where browsers differ, the users of one of them are locked out.
SchemeMatch match_scheme(std::string_view allowed, std::string_view scheme) {
  if (allowed == scheme) return SchemeMatch::same;
  const bool upgraded = (allowed == "http" && scheme == "https") || (allowed == "ws" && scheme == "wss");
  return upgraded ? SchemeMatch::upgrade : SchemeMatch::none;
}

bool match_host(std::string_view pattern, std::string_view host) {
  if (pattern == "*") return true;
  if (pattern.starts_with("*.")) return host.size() > pattern.size() - 1 && host.ends_with(pattern.substr(1));
  return pattern == host;
}

/// Whoever allows ws may have wss, but only together with the port that belongs to it: `ws://host:8080` does not stand
/// for wss://host:8080, and `wss://host:80` not for wss://host.
bool match_port(const std::string& pattern, const Url& url, SchemeMatch scheme) {
  const std::uint16_t port = url.effective_port();
  if (pattern == "*") return true;
  if (pattern.empty()) return port == default_port(url.scheme);
  unsigned wanted = 0;
  const auto [end, problem] = std::from_chars(pattern.data(), pattern.data() + pattern.size(), wanted);
  if (problem != std::errc() || end != pattern.data() + pattern.size()) return false;
  return scheme == SchemeMatch::upgrade ? wanted == 80 && port == 443 : wanted == port;
}

bool match_path(const std::string& pattern, const Url& url) {
  if (pattern.empty() || pattern == "/") return true;
  const std::string path = percent_decoded(url.path);
  return pattern.ends_with('/') ? path.starts_with(pattern) : path == pattern;
}

bool matches_self(const Url& url, const Url& self) {
  if (!self.is_web() || self.host != url.host) return false;
  // The page's own origin, as http and as WebSocket, or the same over TLS.
  const bool same_kind = match_scheme(self.scheme, url.scheme) != SchemeMatch::none || url.scheme == "wss" ||
                         (self.scheme == "http" && url.scheme == "ws");
  if (!same_kind) return false;
  const bool own_ports =
      self.effective_port() == default_port(self.scheme) && url.effective_port() == default_port(url.scheme);
  return own_ports || self.effective_port() == url.effective_port();
}

bool matches_expression(std::string_view text, const Url& url, const Url& self) {
  if (text == "*") return url.is_web();
  if (text.starts_with('\'')) return same_ignoring_case(text, "'self'") && matches_self(url, self);
  if (text.ends_with(':') && is_scheme(text.substr(0, text.size() - 1))) {
    return match_scheme(lower_case(text.substr(0, text.size() - 1)), url.scheme) != SchemeMatch::none;
  }
  const std::optional<HostSource> source = parse_host_source(text);
  if (!source) return false;
  const SchemeMatch scheme = match_scheme(source->scheme.empty() ? self.scheme : source->scheme, url.scheme);
  return scheme != SchemeMatch::none && match_host(source->host, url.host) && match_port(source->port, url, scheme) &&
         match_path(source->path, url);
}

bool is_hash(std::string_view value) {
  constexpr std::array<std::string_view, 3> prefixes{"'sha256-", "'sha384-", "'sha512-"};
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
    return same_ignoring_case(value.substr(0, prefix.size()), prefix);
  });
}

bool is_nonce(std::string_view value) { return same_ignoring_case(value.substr(0, 7), "'nonce-"); }

const std::string* attribute(const PageScript& script, std::string_view name) {
  const auto found = std::find_if(script.attributes.begin(), script.attributes.end(),
                                  [&](const Attribute& each) { return each.name == name; });
  return found == script.attributes.end() ? nullptr : &found->value;
}

bool has_keyword(const Directive& directive, std::string_view keyword) {
  return std::any_of(directive.values.begin(), directive.values.end(),
                     [&](const std::string& value) { return same_ignoring_case(value, keyword); });
}

bool has_nonce_of(const Directive& directive, const PageScript& script) {
  const std::string* nonce = attribute(script, "nonce");
  if (nonce == nullptr || nonce->empty()) return false;
  return std::any_of(directive.values.begin(), directive.values.end(), [&](const std::string& value) {
    return is_nonce(value) && value.size() > 8 && value.ends_with('\'') &&
           std::string_view(value).substr(7, value.size() - 8) == *nonce;
  });
}

/// Sections 6.7.3.3 (inline) and 6.7.1.1 (by address).
Runs judge_script(const Directive& directive, const PageScript& script, const Url& self) {
  if (has_nonce_of(directive, script)) return Runs::yes;
  const bool hashes = std::any_of(directive.values.begin(), directive.values.end(), is_hash);
  const bool nonces = std::any_of(directive.values.begin(), directive.values.end(), is_nonce);
  const bool strict = has_keyword(directive, "'strict-dynamic'");
  if (script.source) {
    if (!strict && matches(directive, *script.source, self)) return Runs::yes;
    return hashes && attribute(script, "integrity") != nullptr ? Runs::cannot_tell : Runs::no;
  }
  if (hashes) return Runs::cannot_tell;
  return has_keyword(directive, "'unsafe-inline'") && !nonces && !strict ? Runs::yes : Runs::no;
}

const Directive* script_directive(const Policy& policy) {
  for (const std::string_view name : {"script-src-elem", "script-src", "default-src"}) {
    if (const Directive* found = policy.find(name); found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace

const Directive* Policy::find(std::string_view name) const {
  const auto found = std::find_if(directives.begin(), directives.end(),
                                  [&](const Directive& directive) { return directive.name == name; });
  return found == directives.end() ? nullptr : &*found;
}

std::vector<Policy> parse_policies(const PolicySource& source) {
  std::vector<Policy> policies;
  if (source.delivery == Delivery::meta && source.disposition == Disposition::report) return policies;
  for (std::string_view rest = source.text; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    Policy policy = parse_policy(rest.substr(0, comma), source);
    if (!policy.directives.empty()) policies.push_back(std::move(policy));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return policies;
}

const Directive* connect_directive(const Policy& policy) {
  const Directive* own = policy.find("connect-src");
  return own != nullptr ? own : policy.find("default-src");
}

bool matches(const Directive& directive, const Url& url, const Url& self) {
  return std::any_of(directive.values.begin(), directive.values.end(),
                     [&](const std::string& value) { return matches_expression(value, url, self); });
}

ScriptPermission may_run(const std::vector<Policy>& policies, const PageScript& script, const Url& self) {
  ScriptPermission permission;
  for (const Policy& policy : policies) {
    if (policy.disposition == Disposition::report) continue;
    if (const Directive* sandbox = policy.find("sandbox"); sandbox != nullptr) {
      if (!has_keyword(*sandbox, "allow-scripts")) return {Runs::no, sandbox->text};
    }
    const Directive* directive = script_directive(policy);
    if (directive == nullptr) continue;
    // A policy of a meta element is not there yet for the scripts before it.
    if (policy.delivery == Delivery::meta && script.line < policy.line) continue;
    const Runs runs = judge_script(*directive, script, self);
    if (runs == Runs::yes || (runs == Runs::cannot_tell && permission.runs == Runs::cannot_tell)) continue;
    permission = {runs, directive->text};
    if (runs == Runs::no) break;
  }
  return permission;
}

}  // namespace wsprobe::browser
