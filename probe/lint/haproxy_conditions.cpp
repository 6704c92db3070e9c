#include "lint/haproxy_conditions.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lint/bounds.hpp"

namespace wsprobe::lint::haproxy {
namespace {

std::string joined(const std::vector<std::string>& words, std::size_t from, std::size_t to) {
  return fmt::format("{}", fmt::join(words.begin() + static_cast<std::ptrdiff_t>(from),
                                     words.begin() + static_cast<std::ptrdiff_t>(to), " "));
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// At commas that stand in no parentheses.
std::vector<std::string_view> split_expression(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t from = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const char c = at < text.size() ? text[at] : ',';
    depth += c == '(' ? 1 : (c == ')' ? -1 : 0);
    if (c != ',' || (depth > 0 && at < text.size())) continue;
    parts.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  return parts;
}

/// "hdr(host)" as "hdr" and "host".
std::pair<std::string_view, std::string_view> call_of(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) return {text, {}};
  return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

/// Whether the pattern is a whole run of what the delimiters part the text into (pat_match_dir, pat_match_dom).
bool has_part(std::string_view text, std::string_view pattern, std::string_view delimiters) {
  const auto is_delimiter = [&](char c) { return delimiters.find(c) != std::string_view::npos; };
  while (!pattern.empty() && is_delimiter(pattern.front())) pattern.remove_prefix(1);
  while (!pattern.empty() && is_delimiter(pattern.back())) pattern.remove_suffix(1);
  for (std::size_t at = text.find(pattern); at != std::string_view::npos; at = text.find(pattern, at + 1)) {
    const std::size_t end = at + pattern.size();
    if ((at == 0 || is_delimiter(text[at - 1])) && (end == text.size() || is_delimiter(text[end]))) return true;
  }
  return false;
}

Tells told(bool yes) { return yes ? Tells::yes : Tells::no; }

Tells opposite(Tells tells) {
  if (tells == Tells::unknown) return tells;
  return tells == Tells::yes ? Tells::no : Tells::yes;
}

Tells fits(std::string_view method, std::string_view text, std::string_view pattern, LetterCase letter_case) {
  if (method == "reg") return regex_search(pattern, text, letter_case).matches;
  std::string value(text);
  std::string wanted(pattern);
  if (letter_case == LetterCase::ignored) {
    value = lower_case(value);
    wanted = lower_case(wanted);
  }
  if (method == "str") return told(value == wanted);
  if (method == "beg") return told(value.starts_with(wanted));
  if (method == "end") return told(value.ends_with(wanted));
  if (method == "sub") return told(value.find(wanted) != std::string::npos);
  if (method == "dir") return told(has_part(value, wanted, "/?"));
  if (method == "dom") return told(has_part(value, wanted, "/?.:"));
  return Tells::unknown;
}

/// A number against "5", "5:10", or the operator before it.
Tells fits_number(std::int64_t value, std::string_view compare, std::string_view pattern) {
  const std::size_t colon = pattern.find(':');
  const auto low = number_of(pattern.substr(0, colon));
  if (!low) return Tells::unknown;
  if (colon != std::string_view::npos) {
    const auto high = number_of(pattern.substr(colon + 1));
    return high ? told(value >= *low && value <= *high) : Tells::unknown;
  }
  if (compare == "gt") return told(value > *low);
  if (compare == "ge") return told(value >= *low);
  if (compare == "lt") return told(value < *low);
  if (compare == "le") return told(value <= *low);
  return told(value == *low);
}

bool is_comparison(std::string_view word) {
  constexpr std::array<std::string_view, 5> all{"eq", "gt", "ge", "lt", "le"};
  return std::find(all.begin(), all.end(), word) != all.end();
}

/// `path_beg` as `path` and `beg`. `hdr_cnt` and `hdr_val` are fetches of their own.
std::pair<std::string_view, std::string_view> method_of(std::string_view name) {
  constexpr std::array<std::string_view, 8> methods{"beg", "end", "sub", "reg", "dir", "dom", "len", "str"};
  const std::size_t underscore = name.rfind('_');
  if (underscore == std::string_view::npos) return {name, {}};
  const std::string_view method = name.substr(underscore + 1);
  if (std::find(methods.begin(), methods.end(), method) == methods.end()) return {name, {}};
  return {name.substr(0, underscore), method};
}

About about_of(std::string_view name) {
  if (name == "src" || name == "src_is_local" || name == "fc_src" || name == "src_port") return About::address;
  if (name.starts_with("http_auth")) return About::credential;
  const bool tracked = name.starts_with("sc_") || name.starts_with("src_") ||
                       (name.size() > 4 && name.starts_with("sc") && name[3] == '_');
  if (tracked && (name.ends_with("_rate") || name.ends_with("conn_cur"))) return About::rate;
  return About::other;
}

const std::map<std::string_view, bool>& predefined() {
  static const std::map<std::string_view, bool> all{
      {"TRUE", true},           {"FALSE", false},         {"HTTP", true},          {"HTTP_1.0", false},
      {"HTTP_1.1", true},       {"HTTP_2.0", false},      {"HTTP_CONTENT", false}, {"HTTP_URL_ABS", false},
      {"HTTP_URL_SLASH", true}, {"HTTP_URL_STAR", false}, {"METH_CONNECT", false}, {"METH_DELETE", false},
      {"METH_GET", true},       {"METH_HEAD", false},     {"METH_OPTIONS", false}, {"METH_POST", false},
      {"METH_PUT", false},      {"METH_TRACE", false},    {"WAIT_END", true}};
  return all;
}

}  // namespace

/// What an expression fetches. A header with commas has several values.
struct Conditions::Values {
  Tells known = Tells::unknown;  // no: it is known not to be there
  std::vector<std::string> texts;
  About about = About::other;
  bool is_specific = false;
  bool is_number = false;

  static Values one(std::string text) { return {Tells::yes, {std::move(text)}, About::other, false, false}; }
  static Values boolean(bool yes) { return {Tells::yes, {yes ? "1" : "0"}, About::other, false, true}; }
  static Values unknown(About about = About::other) { return {Tells::unknown, {}, about, false, false}; }
};

struct Conditions::Atom {
  Tells holds = Tells::unknown;
  About about = About::other;
  std::string says;       // as written
  std::string addresses;  // of a test of `src`
  std::optional<Limit> limit;
  bool is_specific = false;
  bool is_negated = false;
};

Conditions::Conditions(const std::vector<Section>& sections, const Section& section, const Request& request)
    : request_(request) {
  for (const Section* from = &section; from != nullptr;
       from = from->inherits_rules ? &sections[*from->defaults] : nullptr) {
    for (const Line& line : from->lines) {
      if (line.words[0] == "acl" && line.words.size() > 2) lists_[line.words[1]].push_back(&line);
    }
  }
}

// ---- what is fetched ----

Conditions::Values Conditions::fetch_one(std::string_view name, std::string_view argument) const {
  const auto header = [&](std::string_view wanted) -> Values {
    const std::string key = lower_case(wanted.substr(0, wanted.find(',')));
    if (std::find(request_.changed_headers.begin(), request_.changed_headers.end(), key) !=
        request_.changed_headers.end()) {
      return Values::unknown();
    }
    Values values = Values::unknown();
    if (key == "host" && !request_.host.empty()) values = Values::one(request_.host);
    if (key == "upgrade") values = Values::one("websocket");
    if (key == "connection") values = Values::one("Upgrade");
    if (key == "sec-websocket-version") values = Values::one("13");
    if (key == "content-length" || key == "transfer-encoding") values.known = Tells::no;
    values.is_specific = key == "upgrade" || key == "connection" || key.starts_with("sec-websocket");
    return values;
  };
  if (name == "path" || name == "pathq" || name == "url") {
    if (!request_.path || (name != "path" && argument.empty() == false)) return Values::unknown();
    Values values = Values::one(*request_.path);
    values.is_specific = true;
    return values;
  }
  if (name == "base" && request_.path && !request_.host.empty()) return Values::one(request_.host + *request_.path);
  if (name == "hdr" || name == "req.hdr" || name == "req.fhdr" || name == "fhdr" || name == "hdr_ip") {
    return name == "hdr_ip" ? Values::unknown(About::address) : header(argument);
  }
  if (name == "hdr_cnt" || name == "req.hdr_cnt") {
    Values values = header(argument);
    if (values.known != Tells::unknown) values.texts = {values.known == Tells::yes ? "1" : "0"};
    if (values.known == Tells::no) values.known = Tells::yes;
    values.is_number = true;
    return values;
  }
  if (name == "method") return Values::one("GET");
  if (name == "ssl_fc" || name == "https") return Values::boolean(request_.tls);
  if (name == "dst_port" || name == "fc_dst_port") {
    Values values = Values::one(std::to_string(request_.port));
    values.is_number = true;
    return values;
  }
  if (name == "always_true") return Values::boolean(true);
  if (name == "always_false") return Values::boolean(false);
  if (name == "str") return Values::one(std::string(argument));
  if (name == "ssl_fc_sni" || name == "req.ssl_sni" || name == "req_ssl_sni") {
    if (!request_.says_hello || request_.host.empty()) return Values::unknown();
    return Values::one(host_of(request_.host));
  }
  if (name == "req.ssl_hello_type" || name == "req_ssl_hello_type") {
    Values values = Values::one("1");
    values.is_number = true;
    return request_.says_hello ? values : Values::unknown();
  }
  if (name == "req.ver" || name == "req_ver") return Values::one("1.1");
  if (name == "var") {
    const auto found = request_.vars.find(std::string(argument.substr(0, argument.find(','))));
    if (found != request_.vars.end() && found->second) return Values::one(*found->second);
    return Values::unknown();
  }
  return Values::unknown(about_of(name));
}

Conditions::Values Conditions::fetch(std::string_view expression) const {
  const std::vector<std::string_view> parts = split_expression(expression);
  const auto [name, argument] = call_of(parts.front());
  Values values = fetch_one(name, argument);
  for (std::size_t index = 1; index < parts.size(); ++index) {
    const auto [converter, with] = call_of(parts[index]);
    for (std::string& text : values.texts) {
      if (converter == "lower") {
        text = lower_case(text);
      } else if (converter == "upper") {
        std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
      } else if (converter == "host_only") {
        text = host_of(text);
      } else if (converter == "field" && with == "1,:") {
        text = text.substr(0, text.find(':'));
      } else if (converter != "url_dec" && converter != "trim" && converter != "ltrim" && converter != "rtrim") {
        values.known = Tells::unknown;
      }
    }
  }
  if (values.known == Tells::unknown) values.texts.clear();
  return values;
}

std::optional<std::string> Conditions::expression_value(std::string_view expression) const {
  const Values values = fetch(expression);
  if (values.known != Tells::yes || values.texts.size() != 1) return std::nullopt;
  return values.texts.front();
}

std::optional<std::string> Conditions::format_value(std::string_view format) const {
  std::string out;
  while (!format.empty()) {
    const std::size_t sign = std::min(format.find('%'), format.size());
    out += format.substr(0, sign);
    format.remove_prefix(sign);
    if (format.empty()) break;
    if (format.starts_with("%%")) {
      out += '%';
      format.remove_prefix(2);
      continue;
    }
    const std::size_t close = format.find(']');
    if (!format.starts_with("%[") || close == std::string_view::npos) return std::nullopt;
    const auto value = expression_value(format.substr(2, close - 2));
    if (!value) return std::nullopt;
    out += *value;
    if (out.size() > longest_value) return std::nullopt;
    format.remove_prefix(close + 1);
  }
  return out;
}

// ---- tests ----

Conditions::Atom Conditions::test(const std::vector<std::string>& words) const {
  Atom atom;
  atom.says = shown(joined(words, 0, words.size()));
  const std::vector<std::string_view> parts = split_expression(words[0]);
  const auto [name, argument] = call_of(parts.front());
  auto [bare, method] = method_of(name);
  Values values = fetch_one(name, argument);
  if (values.known == Tells::unknown && !method.empty()) {
    std::string expression(bare);
    expression += words[0].substr(name.size());
    values = fetch(expression);
  } else {
    values = fetch(words[0]);
    method = {};
  }
  atom.about = values.about;
  atom.is_specific = values.is_specific;
  LetterCase letter_case = LetterCase::matters;
  std::size_t at = 1;
  for (; at < words.size() && words[at].starts_with('-'); ++at) {
    const std::string& flag = words[at];
    if (flag == "--") {
      ++at;
      break;
    }
    if (flag == "-i") letter_case = LetterCase::ignored;
    if (flag == "-m" && at + 1 < words.size()) method = words[++at];
    if (flag == "-f" || flag == "-M") {  // patterns from a file that was not given
      if (atom.about == About::address) atom.addresses = at + 1 < words.size() ? words[at + 1] : "";
      return atom;
    }
    if (flag == "-u" || flag == "-t") ++at;
  }
  std::string_view compare;
  if (at < words.size() && is_comparison(words[at])) compare = words[at++];
  const std::vector<std::string> patterns(words.begin() + static_cast<std::ptrdiff_t>(std::min(at, words.size())),
                                          words.end());
  if (atom.about == About::address) atom.addresses = fmt::format("{}", fmt::join(patterns, ", "));
  if (atom.about == About::rate && (compare == "gt" || compare == "ge") && patterns.size() == 1) {
    if (const auto above = number_of(patterns[0])) atom.limit = Limit{std::string(parts.front()), *above};
  }
  if (method == "found") {
    atom.holds = values.known;
    return atom;
  }
  if (values.known == Tells::unknown) return atom;
  atom.holds = Tells::no;
  if (patterns.empty()) {
    if (values.known == Tells::yes) atom.holds = told(values.texts.front() != "0");
    return atom;
  }
  for (const std::string& text : values.texts) {
    for (const std::string& pattern : patterns) {
      const auto number = values.is_number || method == "int" ? number_of(text) : std::nullopt;
      const Tells one = number ? fits_number(*number, compare, pattern)
                               : fits(method.empty() ? "str" : method, text, pattern, letter_case);
      if (one == Tells::yes) atom.holds = Tells::yes;
      if (one == Tells::unknown && atom.holds == Tells::no) atom.holds = Tells::unknown;
    }
  }
  return atom;
}

Conditions::Atom Conditions::predefined_one(const std::string& name) {
  Atom atom;
  atom.says = name;
  const auto found = predefined().find(name);
  if (found != predefined().end()) {
    atom.holds = told(found->second);
  } else if (name == "LOCALHOST") {
    atom.about = About::address;
    atom.addresses = "127.0.0.1/8";
  }
  return atom;
}

/// The lists of one name are alternatives.
Conditions::Atom Conditions::named(const std::string& name) const {
  const auto lists = lists_.find(name);
  if (lists == lists_.end()) return predefined_one(name);
  Atom atom;
  atom.says = name;
  tests_ += lists->second.size();
  if (tests_ > most_tests) return atom;
  atom.holds = Tells::no;
  bool all_unknown_by_address = true;
  std::vector<std::string> addresses;
  for (const Line* list : lists->second) {
    const Atom one = test({list->words.begin() + 2, list->words.end()});
    atom.is_specific = atom.is_specific || one.is_specific;
    if (one.holds == Tells::yes) atom.holds = Tells::yes;
    if (one.holds != Tells::unknown) continue;
    if (atom.holds == Tells::no) atom.holds = Tells::unknown;
    atom.about = one.about;
    atom.limit = one.limit;
    all_unknown_by_address = all_unknown_by_address && one.about == About::address;
    addresses.push_back(one.addresses);
  }
  if (atom.about == About::address) {
    if (!all_unknown_by_address) atom.about = About::other;
    atom.addresses = fmt::format("{}", fmt::join(addresses, ", "));
  }
  if (addresses.size() > 1) atom.limit.reset();
  return atom;
}

Conditions::Atom Conditions::term(const std::vector<std::string>& words, std::size_t& at) const {
  bool negated = false;
  std::string word = words[at];
  while (word.starts_with('!')) {
    negated = !negated;
    word.erase(0, 1);
    if (word.empty() && at + 1 < words.size()) word = words[++at];
  }
  Atom atom;
  if (word == "{") {
    std::vector<std::string> inside;
    for (++at; at < words.size() && words[at] != "}"; ++at) inside.push_back(words[at]);
    if (inside.empty()) return atom;
    atom = test(inside);
  } else {
    atom = named(word);
  }
  ++at;
  if (negated) {
    atom.holds = opposite(atom.holds);
    atom.is_negated = true;
  }
  return atom;
}

Judgement Conditions::judge(const Line& line) const {
  const auto found = std::find_if(line.words.begin(), line.words.end(),
                                  [](const std::string& word) { return word == "if" || word == "unless"; });
  Judgement judgement;
  if (found == line.words.end()) {
    judgement.holds = Tells::yes;
    return judgement;
  }
  const bool unless = *found == "unless";
  const auto from = static_cast<std::size_t>(found - line.words.begin()) + 1;
  Tells any = Tells::no;
  Tells all = Tells::yes;
  std::vector<Atom> unknown;        // of every alternative that may hold
  std::vector<Atom> unknown_of_it;  // of the alternative that is being read
  const auto close = [&] {
    if (all == Tells::yes) any = Tells::yes;
    if (all == Tells::unknown) {
      if (any == Tells::no) any = Tells::unknown;
      unknown.insert(unknown.end(), unknown_of_it.begin(), unknown_of_it.end());
    }
    all = Tells::yes;
    unknown_of_it.clear();
  };
  for (std::size_t at = from; at < line.words.size();) {
    if (line.words[at] == "or" || line.words[at] == "||") {
      close();
      ++at;
      continue;
    }
    Atom atom = term(line.words, at);
    judgement.is_specific = judgement.is_specific || (atom.is_specific && atom.holds == Tells::yes);
    if (atom.holds == Tells::no) all = Tells::no;
    if (atom.holds != Tells::unknown) continue;
    if (all == Tells::yes) all = Tells::unknown;
    unknown_of_it.push_back(std::move(atom));
  }
  close();
  judgement.holds = unless ? opposite(any) : any;
  if (judgement.holds != Tells::unknown) return judgement;
  const std::string text = shown(joined(line.words, from - 1, line.words.size()));
  const auto every = [&](About about) {
    return std::all_of(unknown.begin(), unknown.end(), [&](const Atom& atom) { return atom.about == about; });
  };
  judgement.condition = {fmt::format("`{}` holds", text), fmt::format("`{}` does not hold", text),
                         every(About::address)};
  judgement.by_credential = every(About::credential);
  if (unknown.size() == 1) {
    const Atom& only = unknown.front();
    if (only.about == About::address && !only.addresses.empty()) {
      judgement.condition = address_is_in(shown(only.addresses));
      if (only.is_negated != unless) judgement.condition = negated(std::move(judgement.condition));
    }
    if (!only.is_negated && !unless) judgement.limit = only.limit;
  }
  return judgement;
}

}  // namespace wsprobe::lint::haproxy
