#include "lint/traefik_rule.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wsprobe::lint::traefik {
namespace {

constexpr std::size_t maximum_rule = 4096;
constexpr int maximum_depth = 32;

enum class Paths : std::uint8_t { count, do_not_count };

Tells told(bool yes) { return yes ? Tells::yes : Tells::no; }

/// Version 2 writes `{name:expression}` inside of other text, version 3 a whole expression.
Tells fits_pattern(const std::string& pattern, const std::string& text, LetterCase letter_case) {
  const std::size_t brace = pattern.find('{');
  const bool is_template = brace != std::string::npos && brace + 1 < pattern.size() &&
                           std::isdigit(static_cast<unsigned char>(pattern[brace + 1])) == 0;
  if (!is_template) return regex_search(pattern, text, letter_case).matches;
  std::string expression = "^";
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '{') {
      if (std::ispunct(static_cast<unsigned char>(pattern[at])) != 0) expression += '\\';
      expression += pattern[at];
      continue;
    }
    const std::size_t end = pattern.find('}', at);
    const std::size_t colon = pattern.find(':', at);
    if (end == std::string::npos) return Tells::unknown;
    expression += colon < end ? "(" + pattern.substr(colon + 1, end - colon - 1) + ")" : "([^/.]+)";
    at = end;
  }
  return regex_search(expression + "$", text, letter_case).matches;
}

class Reader {
 public:
  Reader(std::string_view rule, const Question& question, Paths paths)
      : rest_(rule), question_(question), paths_(paths) {}

  /// None where it is not the grammar.
  std::optional<Tells> read() {
    const Tells tells = any();
    skip_space();
    if (broken_ || !rest_.empty()) return std::nullopt;
    return tells;
  }

  [[nodiscard]] bool names_the_host() const { return names_the_host_; }
  [[nodiscard]] bool only_addresses_are_unknown() const { return unknown_ > 0 && unknown_ == unknown_addresses_; }

 private:
  void skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) rest_.remove_prefix(1);
  }

  bool take(std::string_view token) {
    skip_space();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  Tells any() {
    Tells tells = all();
    while (!broken_ && take("||")) {
      const Tells next = all();
      if (tells == Tells::yes || next == Tells::yes) {
        tells = Tells::yes;
      } else if (next == Tells::unknown) {
        tells = next;
      }
    }
    return tells;
  }

  Tells all() {
    Tells tells = one();
    while (!broken_ && take("&&")) {
      const Tells next = one();
      if (tells == Tells::no || next == Tells::no) {
        tells = Tells::no;
      } else if (next == Tells::unknown) {
        tells = next;
      }
    }
    return tells;
  }

  Tells one() {
    if (++depth_ > maximum_depth) broken_ = true;
    Tells tells = Tells::unknown;
    if (broken_) return tells;
    if (take("!")) {
      tells = one();
      if (tells != Tells::unknown) tells = told(tells == Tells::no);
    } else if (take("(")) {
      tells = any();
      broken_ = broken_ || !take(")");
    } else {
      tells = matcher();
    }
    --depth_;
    return tells;
  }

  Tells matcher() {
    skip_space();
    const std::size_t open = rest_.find('(');
    if (open == std::string_view::npos) {
      broken_ = true;
      return Tells::unknown;
    }
    std::string name = lower_case(rest_.substr(0, open));
    while (name.ends_with(' ')) name.pop_back();
    rest_.remove_prefix(open + 1);
    std::vector<std::string> words;
    while (!broken_ && !take(")")) {
      words.push_back(word());
      take(",");
    }
    return broken_ ? Tells::unknown : judge(name, words);
  }

  /// In backquotes or double quotes.
  std::string word() {
    skip_space();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const std::size_t end = rest_.find(quote, 1);
    if ((quote != '`' && quote != '"') || end == std::string_view::npos) {
      broken_ = true;
      return {};
    }
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  Tells unknown(bool by_address = false) {
    ++unknown_;
    if (by_address) ++unknown_addresses_;
    return Tells::unknown;
  }

  template <typename Fits>
  static Tells any_of(const std::vector<std::string>& words, Fits fits) {
    Tells tells = Tells::no;
    for (const std::string& word : words) {
      const Tells one = fits(word);
      if (one == Tells::yes) return one;
      if (one == Tells::unknown) tells = one;
    }
    return tells;
  }

  Tells counted(Tells tells) { return tells == Tells::unknown ? unknown() : tells; }

  Tells judge(const std::string& name, const std::vector<std::string>& words) {
    if (name == "host" || name == "hostheader" || name == "hostregexp") return judge_host(name, words);
    if (name.starts_with("path")) return judge_path(name, words);
    if (name == "method") return any_of(words, [](const std::string& word) { return told(word == "GET"); });
    if (name == "clientip") return unknown(true);
    if (name.starts_with("header") && words.size() == 2 && lower_case(words[0]) == "upgrade") {
      return name.ends_with("regexp") ? counted(regex_search(words[1], "websocket").matches)
                                      : told(words[1] == "websocket");
    }
    return unknown();
  }

  Tells judge_host(const std::string& name, const std::vector<std::string>& words) {
    if (question_.host.empty()) return unknown();
    const Tells tells = counted(any_of(words, [&](const std::string& word) {
      return name == "hostregexp" ? fits_pattern(word, question_.host, LetterCase::ignored)
                                  : told(same_ignoring_case(word, question_.host));
    }));
    names_the_host_ = names_the_host_ || tells == Tells::yes;
    return tells;
  }

  Tells judge_path(const std::string& name, const std::vector<std::string>& words) {
    if (paths_ == Paths::do_not_count) return unknown();
    const std::string& path = question_.path;
    return counted(any_of(words, [&](const std::string& word) {
      if (name == "pathregexp") return regex_search(word, path).matches;
      if (word.find('{') != std::string::npos) {
        return name == "path" ? fits_pattern(word, path, LetterCase::matters) : Tells::unknown;
      }
      return told(name == "pathprefix" ? path.starts_with(word) : path == word);
    }));
  }

  std::string_view rest_;
  const Question& question_;
  Paths paths_;
  int depth_ = 0;
  int unknown_ = 0;
  int unknown_addresses_ = 0;
  bool names_the_host_ = false;
  bool broken_ = false;
};

}  // namespace

RuleJudgement judge_rule(std::string_view rule, const Question& question) {
  RuleJudgement judgement;
  Reader reader(rule, question, Paths::count);
  const auto tells = rule.size() > maximum_rule ? std::nullopt : reader.read();
  if (!tells) {
    judgement.is_readable = false;
    return judgement;
  }
  judgement.holds = *tells;
  Reader wider(rule, question, Paths::do_not_count);
  judgement.is_of_the_host = wider.read().value_or(Tells::no) != Tells::no && wider.names_the_host();
  const std::string text = shown(rule);
  judgement.condition = {fmt::format("`{}` holds", text), fmt::format("`{}` does not hold", text),
                         reader.only_addresses_are_unknown()};
  return judgement;
}

Tells takes_sni(std::string_view rule, const Question& question) {
  if (!question.tls || question.host.empty()) return Tells::no;
  const std::string wanted = fmt::format("HostSNI(`{}`)", question.host);
  if (same_ignoring_case(rule, wanted)) return Tells::yes;
  if (!contains_ignoring_case(rule, "HostSNI")) return Tells::unknown;
  if (rule.find('*') != std::string_view::npos || contains_ignoring_case(rule, "HostSNIRegexp")) return Tells::unknown;
  return contains_ignoring_case(rule, fmt::format("`{}`", question.host)) ? Tells::unknown : Tells::no;
}

}  // namespace wsprobe::lint::traefik
