#include "lint/nginx_values.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "lint/bounds.hpp"

namespace wsprobe::lint::nginx {
namespace {

constexpr int maximum_depth = 8;  // a map whose source is a map ...

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

Value unknown(std::string text, bool by_address = false) { return {std::move(text), false, by_address}; }

Tells told(bool value) { return value ? Tells::yes : Tells::no; }

/// `*.example.com`, `www.example.*` and `.example.com` of a map with `hostnames`.
bool fits_host_wildcard(const std::string& pattern, const std::string& host) {
  if (pattern.starts_with('.')) return "." + host == pattern || fits_glob("*" + pattern, host);
  return pattern.find('*') != std::string::npos && !pattern.starts_with('~') && fits_glob(pattern, host);
}

/// The name behind the dollar at `at`, which is moved behind it.
std::string name_at(std::string_view text, std::size_t& at) {
  ++at;
  const bool braces = at < text.size() && text[at] == '{';
  if (braces) ++at;
  const std::size_t begin = at;
  if (!braces && at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0) {
    ++at;
  } else {
    while (at < text.size() && is_name(text[at])) ++at;
  }
  std::string name(text.substr(begin, at - begin));
  if (braces && at < text.size() && text[at] == '}') ++at;
  return name;
}

/// A condition in words: what an operator between two values asks.
Condition in_words(const std::string& expression, bool by_address) {
  return {fmt::format("`{}` holds", shown(expression)), fmt::format("`{}` does not hold", shown(expression)),
          by_address};
}

}  // namespace

Values::Values(const Http& http, const Site& site, const Question& question)
    : http_(http), question_(question), host_(question.host), tls_(site.listen.tls) {
  if (!host_.empty() || site.server->names.empty()) return;
  const std::string& name = site.server->names.front();
  if (name.find_first_of("~*_") == std::string::npos && !name.starts_with('.')) host_ = name;
}

Value Values::expand(std::string_view text, const Request& request) const { return expand(text, request, 0); }

Value Values::expand(std::string_view text, const Request& request, int depth) const {
  Value out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      out.text += text[at++];
      continue;
    }
    const std::size_t begin = at;
    const std::string name = name_at(text, at);
    if (name.empty()) {
      out.text += text.substr(begin, at - begin);
      continue;
    }
    const Value value = depth < maximum_depth ? variable(name, request, depth) : unknown("$" + name);
    out.text += value.text;
    out.known = out.known && value.known;
    out.by_address = out.by_address || value.by_address;
    if (out.text.size() > longest_value) return unknown(out.text.substr(0, longest_value), out.by_address);
  }
  return out;
}

Value Values::variable(const std::string& name, const Request& request, int depth) const {
  if (std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
    const auto group = static_cast<std::size_t>(name.front() - '0');
    return {group < request.groups.size() ? request.groups[group] : "", true, false};
  }
  if (const auto found = request.set.find(name); found != request.set.end()) return found->second;
  for (const Directive& each : http_.directives) {
    if (each.name == "map" && each.word(1) == "$" + name) return of_map(each, request, depth + 1);
    if (each.name == "geo" && each.words.size() == 1 && each.word(0) == "$" + name) return unknown("$" + name, true);
  }
  const std::string scheme = tls_ ? "https" : "http";
  if (name == "uri" || name == "document_uri") return {request.uri, true, false};
  if (name == "request_uri") return {question_.path, true, false};
  if (name == "request_method") return {"GET", true, false};
  if (name == "scheme") return {scheme, true, false};
  if (name == "https") return {tls_ ? "on" : "", true, false};
  if (name == "server_protocol") return {"HTTP/1.1", true, false};
  if (name == "http_upgrade") return {"websocket", true, false};
  if (name == "http_sec_websocket_version") return {"13", true, false};
  const bool is_usual_port = !question_.port || *question_.port == (tls_ ? 443 : 80);
  const bool is_host = name == "host" || (name == "http_host" && is_usual_port);
  if (is_host && !host_.empty()) return {host_, true, false};
  return unknown("$" + name, is_one_of(name, {"remote_addr", "binary_remote_addr", "realip_remote_addr"}));
}

Value Values::of_map(const Directive& map, const Request& request, int depth) const {
  const Value source = expand(map.word(0), request, depth);
  if (!source.known) return unknown(map.word(1), source.by_address);
  const Directive* chosen = nullptr;
  const Directive* fallback = nullptr;
  bool by_expression = false;
  bool fits_wildcard = false;
  RegexMatch match;
  const bool has_hostnames =
      std::any_of(map.block.begin(), map.block.end(), [](const Directive& each) { return each.name == "hostnames"; });
  for (const Directive& each : map.block) {
    if (is_one_of(each.name, {"hostnames", "volatile", "include"})) {
      if (each.name == "include") return unknown(map.word(1));
      continue;
    }
    if (each.name == "default") fallback = &each;
    fits_wildcard = fits_wildcard || (has_hostnames && fits_host_wildcard(each.name, source.text));
    if (each.name.starts_with('~')) {
      if (chosen != nullptr) continue;
      const bool ignores = each.name.starts_with("~*");
      match = regex_search(std::string_view(each.name).substr(ignores ? 2 : 1), source.text,
                           ignores ? LetterCase::ignored : LetterCase::matters);
      if (match.matches == Tells::unknown) return unknown(map.word(1));
      if (match.matches == Tells::no) continue;
      chosen = &each;
      by_expression = true;
    } else if (same_ignoring_case(each.name, source.text) && (chosen == nullptr || by_expression)) {
      chosen = &each;
      by_expression = false;
    }
  }
  // Which of several wildcards is the longest is not followed.
  if (fits_wildcard && (chosen == nullptr || by_expression)) return unknown(map.word(1));
  if (chosen == nullptr) chosen = fallback;
  if (chosen == nullptr) return {};
  if (!by_expression) return expand(chosen->word(0), request, depth);
  Request captured = request;  // $1 is a group of the map's own expression
  captured.groups = std::move(match.groups);
  return expand(chosen->word(0), captured, depth);
}

Truth Values::test(const Directive& directive, const Request& request) const {
  std::vector<std::string> words = directive.words;
  if (words.empty()) return {Tells::unknown, in_words("if", false), {}};
  if (words.front().starts_with('(')) words.front().erase(0, 1);
  if (words.back().ends_with(')')) words.back().pop_back();
  std::erase_if(words, [](const std::string& word) { return word.empty(); });
  std::string expression;
  for (const std::string& word : words) expression += (expression.empty() ? "" : " ") + word;
  Truth truth{Tells::unknown, in_words(expression, false), {}};
  if (words.empty() || !words.front().starts_with('$')) return truth;  // -f and the like ask for files

  const std::string& name = words.front();
  const Value left = expand(name, request);
  truth.condition.by_address = left.by_address;
  if (words.size() == 1) {
    if (left.known) truth.holds = told(!left.text.empty() && left.text != "0");
    return truth;
  }
  const std::string& operation = words[1];
  const bool negative = operation.starts_with('!');
  const auto decide = [&](Tells tells) {
    if (tells == Tells::unknown) return;
    truth.holds = told((tells == Tells::yes) != negative);
  };
  const Value right = words.size() > 2 ? expand(words[2], request) : Value{};
  if (operation == "=" || operation == "!=") {
    if (left.known && right.known) decide(told(left.text == right.text));
  } else if (operation.find('~') != std::string::npos && words.size() > 2) {
    const LetterCase letter_case = operation.ends_with('*') ? LetterCase::ignored : LetterCase::matters;
    if (left.known) {
      RegexMatch match = regex_search(words[2], left.text, letter_case);
      truth.groups = std::move(match.groups);
      decide(match.matches);
    } else if (name == "$http_connection") {  // browsers send the one or the other
      const Tells one = regex_search(words[2], "Upgrade", letter_case).matches;
      if (one == regex_search(words[2], "keep-alive, Upgrade", letter_case).matches) decide(one);
    }
  }
  return truth;
}

}  // namespace wsprobe::lint::nginx
