#include "lint/caddy_matchers.hpp"
#include "core/ascii.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wsprobe::lint::caddy {
namespace {

bool has_placeholder(std::string_view text) { return text.find('{') != std::string_view::npos; }

Tells told(bool holds) { return holds ? Tells::yes : Tells::no; }

/// `*` stands for anything but a slash, `?` for one such character, as Go's path.Match has it.
Tells glob(std::string_view pattern, std::string_view text) {
  std::string expression = "^";
  for (const char c : pattern) {
    if (c == '*' || c == '?') {
      expression += c == '*' ? "[^/]*" : "[^/]";
    } else {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0) expression += '\\';
      expression += c;
    }
  }
  return regex_search(expression + "$", text).matches;
}

/// Any of the values: yes where one holds, unknown where one may.
template <typename Test>
Tells any_of(const std::vector<std::string>& values, Test test) {
  Tells best = Tells::no;
  for (const std::string& value : values) {
    const Tells one = test(value);
    if (one == Tells::yes) return Tells::yes;
    if (one == Tells::unknown) best = Tells::unknown;
  }
  return best;
}

/// With the `*` that Caddy's header matcher has at either end.
bool fits(std::string_view pattern, std::string_view value) {
  const bool open_start = pattern.starts_with('*');
  const bool open_end = pattern.size() > 1 && pattern.ends_with('*');
  if (open_start) pattern.remove_prefix(1);
  if (open_end) pattern.remove_suffix(1);
  if (open_start && open_end) return value.find(pattern) != std::string_view::npos;
  if (open_start) return value.ends_with(pattern);
  return open_end ? value.starts_with(pattern) : value == pattern;
}

/// Browsers send `Connection: Upgrade`, Firefox `keep-alive, Upgrade`: what holds for one only is not known.
Tells header_fits(const std::string& name, const std::vector<std::string>& values, const Request& request) {
  const std::string field = lower_case(name);
  std::vector<std::string_view> sent;
  if (field == "connection" && request.upgrade) sent = {"Upgrade", "keep-alive, Upgrade"};
  if (field == "upgrade" && request.upgrade) sent = {"websocket"};
  if (field == "sec-websocket-version" && request.upgrade) sent = {"13"};
  if (sent.empty()) {
    const bool gone = !request.upgrade && (field == "connection" || field == "upgrade");
    const bool always = field == "host" || (field == "sec-websocket-key" && request.upgrade);
    return gone ? Tells::no : (always && values.empty() ? Tells::yes : Tells::unknown);
  }
  if (values.empty()) return Tells::yes;
  const auto fit = [&](std::string_view each) {
    return std::any_of(values.begin(), values.end(), [&](const std::string& value) { return fits(value, each); });
  };
  if (std::all_of(sent.begin(), sent.end(), fit)) return Tells::yes;
  return std::any_of(sent.begin(), sent.end(), fit) ? Tells::unknown : Tells::no;
}

Tells negated(Tells tells) {
  if (tells == Tells::unknown) return tells;
  return tells == Tells::yes ? Tells::no : Tells::yes;
}

MatchResult all_match(const MatcherSet& set, const Request& request);

/// A file matcher with the path itself among its candidates asks whether the path is a file; an endpoint is none. What
/// it falls back to is a file that is there for that purpose.
MatchResult match_files(const Matcher& matcher) {
  MatchResult result;
  result.matches = Tells::no;
  bool asks_for_path = false;
  for (const std::string& candidate : matcher.values) {
    if (has_placeholder(candidate)) {
      asks_for_path = true;
    } else if (asks_for_path && !candidate.starts_with('=')) {
      result.matches = Tells::yes;
      result.file = candidate.starts_with('/') ? candidate : "/" + candidate;
      return result;
    }
  }
  if (!asks_for_path && !matcher.values.empty()) {
    result.matches = Tells::unknown;
    result.condition = fmt::format("the file {} exists", matcher.values.front());
  }
  return result;
}

MatchResult match_negation(const Matcher& matcher, const Request& request) {
  MatchResult result;
  for (const MatcherSet& set : matcher.sets) {
    MatchResult inner = all_match(set, request);
    if (inner.matches == Tells::yes) return {Tells::no, false, {}, {}, {}, {}};
    if (inner.matches == Tells::no) continue;
    result.matches = Tells::unknown;
    result.by_address = inner.by_address;
    result.condition = inner.by_address ? "the client's address is not" +
                                              inner.condition.substr(std::string("the client's address is").size())
                                        : "it is not so that " + inner.condition;
  }
  return result;
}

MatchResult match_one(const Matcher& matcher, const Request& request) {
  MatchResult result;
  const auto unless_told = [&](Tells tells, std::string condition) {
    result.matches = tells;
    if (tells == Tells::unknown) result.condition = std::move(condition);
  };
  switch (matcher.kind) {
    case MatcherKind::host:
      unless_told(any_of(matcher.values, [&](const std::string& value) { return host_matches(value, request.host); }),
                  fmt::format("the host is {}", fmt::join(matcher.values, " or ")));
      break;
    case MatcherKind::path:
      unless_told(any_of(matcher.values, [&](const std::string& value) { return path_matches(value, request.path); }),
                  fmt::format("the path is {}", fmt::join(matcher.values, " or ")));
      break;
    case MatcherKind::path_regexp:
      unless_told(any_of(matcher.values,
                         [&](const std::string& value) {
                           RegexMatch match = regex_search(value, request.path);
                           if (match.matches == Tells::yes) {
                             result.groups = std::move(match.groups);
                             result.expression = matcher.name;
                           }
                           return match.matches;
                         }),
                  fmt::format("the path matches {}", fmt::join(matcher.values, " or ")));
      break;
    case MatcherKind::method:
      unless_told(any_of(matcher.values, [](const std::string& value) { return told(value == "GET"); }), {});
      break;
    case MatcherKind::protocol:
      unless_told(any_of(matcher.values,
                         [&](const std::string& value) {
                           if (value == "https") return told(request.tls);
                           return value == "http" ? told(!request.tls) : Tells::unknown;
                         }),
                  fmt::format("the protocol is {}", fmt::join(matcher.values, " or ")));
      break;
    case MatcherKind::header:
      unless_told(header_fits(matcher.name, matcher.values, request),
                  fmt::format("the request's {} is {}", matcher.name,
                              matcher.values.empty() ? "there" : fmt::format("{}", fmt::join(matcher.values, " or "))));
      break;
    case MatcherKind::no_header:
      unless_told(negated(header_fits(matcher.name, {}, request)), fmt::format("the request has no {}", matcher.name));
      break;
    case MatcherKind::address:
      result.by_address = true;
      unless_told(Tells::unknown, fmt::format("the client's address is in {}", fmt::join(matcher.values, ", ")));
      break;
    case MatcherKind::file: return match_files(matcher);
    case MatcherKind::negation: return match_negation(matcher, request);
    case MatcherKind::other: unless_told(Tells::unknown, fmt::format("the {} matcher holds", matcher.name)); break;
  }
  return result;
}

MatchResult all_match(const MatcherSet& set, const Request& request) {
  MatchResult result;
  for (const Matcher& matcher : set.all) {
    MatchResult one = match_one(matcher, request);
    if (one.matches == Tells::no) return one;
    if (!one.file.empty()) result.file = one.file;
    if (!one.groups.empty()) {
      result.groups = one.groups;
      result.expression = one.expression;
    }
    if (one.matches == Tells::yes) continue;
    result.by_address = one.by_address && (result.matches == Tells::yes || result.by_address);
    result.condition += (result.condition.empty() ? "" : " and ") + one.condition;
    result.matches = Tells::unknown;
  }
  return result;
}

}  // namespace

Tells path_matches(const std::string& pattern, const std::string& path) {
  if (has_placeholder(pattern)) return Tells::unknown;
  const std::string wanted = lower_case(pattern);
  const std::string_view text = wanted;
  const std::string asked = lower_case(path);
  if (text == "*") return Tells::yes;
  const std::size_t stars = static_cast<std::size_t>(std::count(text.begin(), text.end(), '*'));
  if (stars == 2 && text.starts_with('*') && text.ends_with('*')) {
    return told(asked.find(text.substr(1, text.size() - 2)) != std::string::npos);
  }
  if (stars == 1 && text.starts_with('*')) return told(asked.ends_with(text.substr(1)));
  if (stars == 1 && text.ends_with('*')) return told(asked.starts_with(text.substr(0, text.size() - 1)));
  return glob(text, asked);
}

Tells host_matches(const std::string& pattern, const std::string& host) {
  if (pattern.empty() || pattern == "*") return Tells::yes;
  if (host.empty()) return Tells::yes;
  if (has_placeholder(pattern)) return Tells::unknown;
  const std::string wanted = lower_case(pattern);
  if (wanted.find('*') == std::string::npos) return told(wanted == host);
  std::string_view left = wanted;
  std::string_view right = host;
  for (;;) {
    const std::string_view label = left.substr(0, left.find('.'));
    const std::string_view other = right.substr(0, right.find('.'));
    if (label != "*" && label != other) return Tells::no;
    const bool last_left = label.size() == left.size();
    if (last_left != (other.size() == right.size())) return Tells::no;
    if (last_left) return Tells::yes;
    left.remove_prefix(label.size() + 1);
    right.remove_prefix(other.size() + 1);
  }
}

MatchResult matches(const Route& route, const Request& request) {
  if (route.match.empty()) return {};
  MatchResult best;
  best.matches = Tells::no;
  for (const MatcherSet& set : route.match) {
    MatchResult one = all_match(set, request);
    if (one.matches == Tells::yes) return one;
    if (one.matches == Tells::unknown) best = std::move(one);
  }
  return best;
}

}  // namespace wsprobe::lint::caddy
