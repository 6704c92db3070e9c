#include "lint/apache_rewrite.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "lint/bounds.hpp"

namespace wsprobe::lint::apache {
namespace {

constexpr std::size_t most_skipped = 1'000'000;

/// The words of "[NC,OR]" behind the others.
std::vector<std::string> flags_of(const Directive& directive) {
  std::string text;
  for (std::size_t index = 2; index < directive.words.size(); ++index) text += directive.words[index];
  if (text.starts_with('[')) text.erase(0, 1);
  if (text.ends_with(']')) text.pop_back();
  std::vector<std::string> flags(1);
  for (const char c : text) {
    if (c == ',') {
      flags.emplace_back();
    } else {
      flags.back() += c;
    }
  }
  return flags;
}

/// A flag by its short or long name; none where it is not there, else what stands behind `=`.
std::optional<std::string> flag(const std::vector<std::string>& flags, std::string_view brief, std::string_view whole) {
  for (const std::string& each : flags) {
    const std::string name = each.substr(0, each.find('='));
    if (!same_ignoring_case(name, brief) && !same_ignoring_case(name, whole)) continue;
    return name.size() == each.size() ? "" : each.substr(name.size() + 1);
  }
  return std::nullopt;
}

Tells told(bool yes) { return yes ? Tells::yes : Tells::no; }

bool has_scheme(std::string_view text) {
  const std::size_t colon = text.find("://");
  return colon != std::string_view::npos && colon > 0 && text.find('/') > colon;
}

}  // namespace

Rewriting::Rewriting(std::vector<const Directive*> directives, RewriteRequest request, std::string prefix, Walk& walk)
    : request_(std::move(request)), prefix_(std::move(prefix)), walk_(walk) {
  bool is_on = false;
  for (const Directive* each : directives) {
    if (each->is("RewriteEngine")) is_on = same_ignoring_case(each->word(0), "on");
  }
  if (!is_on) return;
  std::vector<const Directive*> conditions;
  for (const Directive* each : directives) {
    if (each->is("RewriteCond")) conditions.push_back(each);
    if (!each->is("RewriteRule") || each->words.size() < 2) continue;
    steps_.push_back({each, std::exchange(conditions, {}), flags_of(*each)});
  }
}

bool Rewriting::ends_here(const Step& step) {
  return flag(step.flags, "L", "last").has_value() || flag(step.flags, "END", "END").has_value();
}

std::size_t Rewriting::skips(const Step& step) {
  const auto number = flag(step.flags, "S", "skip");
  std::size_t count = 0;
  if (number) std::from_chars(number->data(), number->data() + number->size(), count);
  return std::min<std::size_t>(count, most_skipped);
}

std::size_t Rewriting::chained_behind(std::size_t at) const {
  std::size_t count = 0;
  while (at + count + 1 < steps_.size() && flag(steps_[at + count].flags, "C", "chain")) ++count;
  return count;
}

/// None where the text does not tell. The query is not known: a token may be in it.
std::optional<std::string> Rewriting::variable(std::string_view name) const {
  if (same_ignoring_case(name, "HTTP:Upgrade")) return "websocket";
  if (same_ignoring_case(name, "HTTP:Connection")) return "Upgrade";
  if (same_ignoring_case(name, "HTTP:Sec-WebSocket-Version")) return "13";
  if (name == "REQUEST_URI" || name == "REQUEST_FILENAME" || name == "SCRIPT_FILENAME") return request_.path;
  if (name == "REQUEST_METHOD") return "GET";
  if (name == "HTTPS") return request_.tls ? "on" : "off";
  if (name == "REQUEST_SCHEME") return request_.tls ? "https" : "http";
  const bool is_host = name == "HTTP_HOST" || name == "SERVER_NAME" || same_ignoring_case(name, "HTTP:Host");
  if (is_host && !request_.host.empty()) return request_.host;
  if (name == "SERVER_PORT" && walk_.question().port) return std::to_string(*walk_.question().port);
  if (name == "SERVER_PROTOCOL") return "HTTP/1.1";
  if (name == "DOCUMENT_ROOT" || name == "CONTEXT_DOCUMENT_ROOT") return "";
  return std::nullopt;
}

std::optional<std::string> Rewriting::expand(std::string_view text, const Decision& decision) const {
  std::string out;
  for (std::size_t at = 0; at < text.size() && out.size() < longest_value; ++at) {
    const char c = text[at];
    const bool has_next = at + 1 < text.size();
    if (c == '\\' && has_next) {
      out += text[++at];
    } else if ((c == '$' || c == '%') && has_next && text[at + 1] >= '0' && text[at + 1] <= '9') {
      const RegexMatch& match = c == '$' ? decision.rule : decision.last_condition;
      const auto group = static_cast<std::size_t>(text[++at] - '0');
      if (group < match.groups.size()) out += match.groups[group];
    } else if (c == '%' && has_next && text[at + 1] == '{') {
      const std::size_t end = text.find('}', at);
      if (end == std::string_view::npos) return std::nullopt;
      const auto value = variable(text.substr(at + 2, end - at - 2));
      if (!value) return std::nullopt;
      out += *value;
      at = end;
    } else if (c == '$' && has_next && text[at + 1] == '{') {
      return std::nullopt;  // a map
    } else {
      out += c;
    }
  }
  return out;
}

Tells Rewriting::judge(const Directive& condition, RegexMatch& match, bool& by_address) const {
  std::string_view pattern = condition.word(1);
  const bool negated = pattern.starts_with('!');
  if (negated) pattern.remove_prefix(1);
  const std::vector<std::string> flags = flags_of(condition);
  const bool ignores_case = flag(flags, "NC", "nocase").has_value();
  const auto value = expand(condition.word(0), {});
  by_address = condition.word(0).find("REMOTE_ADDR") != std::string::npos;
  Tells tells = Tells::unknown;
  constexpr std::array<std::string_view, 6> file_tests{"-f", "-d", "-s", "-l", "-L", "-h"};
  if (std::find(file_tests.begin(), file_tests.end(), pattern) != file_tests.end()) {
    // No file has the path of the WebSocket; what it was rewritten to may be one.
    tells = value && *value == walk_.question().path ? Tells::no : Tells::unknown;
  } else if (!value || pattern.starts_with('-') || pattern.starts_with('<') || pattern.starts_with('>')) {
    tells = Tells::unknown;
  } else if (pattern.starts_with('=')) {
    std::string_view wanted = pattern.substr(1);
    if (wanted == "\"\"") wanted = {};
    tells = told(ignores_case ? same_ignoring_case(wanted, *value) : wanted == *value);
  } else {
    match = regex_search(pattern, *value, ignores_case ? LetterCase::ignored : LetterCase::matters);
    tells = match.matches;
  }
  if (negated && tells != Tells::unknown) tells = told(tells == Tells::no);
  return tells;
}

Rewriting::Decision Rewriting::decide(const Step& step) const {
  Decision decision;
  std::string_view pattern = step.rule->word(0);
  const bool negated = pattern.starts_with('!');
  if (negated) pattern.remove_prefix(1);
  const LetterCase letter_case = flag(step.flags, "NC", "nocase") ? LetterCase::ignored : LetterCase::matters;
  const std::string subject = request_.path.starts_with(prefix_) ? request_.path.substr(prefix_.size()) : request_.path;
  decision.rule = regex_search(pattern, subject, letter_case);
  decision.holds = decision.rule.matches;
  if (negated && decision.holds != Tells::unknown) decision.holds = told(decision.holds == Tells::no);
  if (decision.holds == Tells::no) return decision;
  bool all_by_address = decision.holds == Tells::yes;
  std::string text = decision.holds == Tells::unknown ? text_of(*step.rule) : "";
  for (std::size_t index = 0; index < step.conditions.size(); ++index) {
    // A chain of conditions with [OR] is one.
    Tells any = Tells::no;
    for (;; ++index) {
      const Directive& condition = *step.conditions[index];
      RegexMatch match;
      bool by_address = false;
      const Tells one = judge(condition, match, by_address);
      if (match.matches == Tells::yes) decision.last_condition = std::move(match);
      if (one == Tells::yes) any = one;
      if (one == Tells::unknown && any == Tells::no) any = one;
      if (one == Tells::unknown) {
        all_by_address = all_by_address && by_address;
        text += (text.empty() ? "" : " and ") + text_of(condition);
      }
      if (!flag(flags_of(condition), "OR", "ornext") || index + 1 == step.conditions.size()) break;
    }
    if (any == Tells::no) decision.holds = Tells::no;
    if (any == Tells::unknown && decision.holds == Tells::yes) decision.holds = any;
    if (decision.holds == Tells::no) return decision;
  }
  decision.condition = {fmt::format("`{}` holds", text), fmt::format("`{}` does not hold", text), all_by_address};
  return decision;
}

RewriteResult Rewriting::apply(const Step& step, const Decision& decision) const {
  RewriteResult result;
  result.rule = step.rule;
  if (flag(step.flags, "F", "forbidden")) return {Rewritten::refused, request_.path, step.rule, 403};
  if (flag(step.flags, "G", "gone")) return {Rewritten::refused, request_.path, step.rule, 410};
  const std::string& substitution = step.rule->word(1);
  const auto redirect = flag(step.flags, "R", "redirect");
  if (redirect) {
    result.status = 302;
    std::from_chars(redirect->data(), redirect->data() + redirect->size(), result.status);
    if (result.status >= 400) return {Rewritten::refused, request_.path, step.rule, result.status};
  }
  if (substitution == "-") {
    if (flag(step.flags, "PT", "passthrough")) return {Rewritten::passed_through, request_.path, step.rule, 0};
    return result;
  }
  auto target = expand(substitution, decision);
  if (target) target = target->substr(0, target->find('?'));
  result.to = std::move(target);
  const bool is_url = result.to ? has_scheme(*result.to) : has_scheme(substitution);
  if (flag(step.flags, "P", "proxy")) {
    result.what = Rewritten::proxied;
  } else if (redirect || (is_url && !substitution.starts_with("balancer:"))) {
    result.what = Rewritten::redirected;
    if (result.status == 0) result.status = 302;
  } else {
    result.what = flag(step.flags, "PT", "passthrough") ? Rewritten::passed_through : Rewritten::path;
    if (result.to && !result.to->starts_with('/')) result.to = "/" + *result.to;
    if (result.to && *result.to == request_.path && result.what == Rewritten::path) result.what = Rewritten::no;
  }
  return result;
}

}  // namespace wsprobe::lint::apache
