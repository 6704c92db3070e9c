#include "lint/apache_access.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lint/regex.hpp"

namespace wsprobe::lint::apache {
namespace {

/// What a Require comes to, and what decides where the text does not tell.
struct Admission {
  Tells admits = Tells::unknown;
  std::vector<std::string> addresses;
  bool by_credential = false;
  bool by_other = false;
};

Tells opposite(Tells tells) {
  if (tells == Tells::unknown) return tells;
  return tells == Tells::yes ? Tells::no : Tells::yes;
}

bool is_container(const Directive& directive) {
  return directive.is("RequireAll") || directive.is("RequireAny") || directive.is("RequireNone");
}

bool is_of_version_2_2(const Directive& directive) {
  return directive.is("Deny") || directive.is("Allow") || directive.is("Order");
}

bool decides(const Directive& directive) {
  return directive.is("Require") || is_container(directive) || is_of_version_2_2(directive);
}

std::string rest_of(const Directive& directive, std::size_t from) {
  return fmt::format(
      "{}", fmt::join(directive.words.begin() + static_cast<std::ptrdiff_t>(std::min(from, directive.words.size())),
                      directive.words.end(), " "));
}

Admission require(const Directive& directive) {
  Admission admission;
  const bool negated = same_ignoring_case(directive.word(0), "not");
  const std::size_t at = negated ? 1 : 0;
  const std::string kind = lower_case(directive.word(at));
  if (kind == "all") {
    admission.admits = same_ignoring_case(directive.word(at + 1), "granted") ? Tells::yes : Tells::no;
  } else if (kind == "ip" || kind == "host" || kind == "forward-dns") {
    admission.addresses.push_back(rest_of(directive, at + 1));
  } else if (kind == "local") {
    admission.addresses.emplace_back("127.0.0.0/8");
  } else if (kind == "method") {
    const auto from = directive.words.begin() + static_cast<std::ptrdiff_t>(at);
    admission.admits = std::find(from, directive.words.end(), "GET") != directive.words.end() ? Tells::yes : Tells::no;
  } else if (kind == "valid-user" || kind == "user" || kind == "group" || kind.starts_with("ldap") ||
             kind == "file-owner") {
    admission.by_credential = true;
  } else {
    admission.by_other = true;
  }
  if (negated) admission.admits = opposite(admission.admits);
  return admission;
}

enum class Combine : std::uint8_t { any, all };

void combine(Admission& into, const Admission& one, Combine how) {
  const Tells decisive = how == Combine::any ? Tells::yes : Tells::no;
  if (into.admits == decisive) return;
  if (one.admits == decisive) {
    into = one;
    return;
  }
  if (one.admits != Tells::unknown) return;
  into.admits = Tells::unknown;
  into.addresses.insert(into.addresses.end(), one.addresses.begin(), one.addresses.end());
  into.by_credential = into.by_credential || one.by_credential;
  into.by_other = into.by_other || one.by_other;
}

Admission judge(const std::vector<Directive>& block, Combine how) {
  Admission together;
  together.admits = how == Combine::any ? Tells::no : Tells::yes;
  for (const Directive& each : block) {
    if (each.is("Require")) {
      combine(together, require(each), how);
    } else if (is_container(each)) {
      Admission inner = judge(each.block, each.is("RequireAll") ? Combine::all : Combine::any);
      if (each.is("RequireNone")) inner.admits = opposite(inner.admits);
      combine(together, inner, how);
    }
  }
  return together;
}

/// Order, Allow and Deny.
Admission judge_2_2(const std::vector<Directive>& block) {
  bool deny_comes_first = true;
  bool allows_all = false;
  bool denies_all = false;
  Admission admission;
  for (const Directive& each : block) {
    if (each.is("Order")) deny_comes_first = lower_case(rest_of(each, 0)).starts_with("deny");
    const bool is_all = same_ignoring_case(each.word(1), "all");
    if (each.is("Deny") && is_all) denies_all = true;
    if (each.is("Allow") && is_all) allows_all = true;
    if (each.is("Allow") && !is_all) admission.addresses.push_back(rest_of(each, 1));
  }
  if (deny_comes_first ? allows_all || !denies_all : allows_all && !denies_all) {
    admission.admits = Tells::yes;
  } else if ((!deny_comes_first && denies_all) || admission.addresses.empty()) {
    admission.admits = Tells::no;
  }
  return admission;
}

Correction open_section(const Walk& walk) {
  return {"behind that section, give the WebSocket's path one of its own: the application checks the token itself",
          fmt::format("<Location \"{}\">\n    Require all granted\n</Location>\n", walk.question().path)};
}

/// The directive that stands for the section's decision.
const Directive& spokesman(const Directive& section) {
  return *std::find_if(section.block.begin(), section.block.end(), decides);
}

void ask_for_credentials(const Directive& by, const Admission& admission, Walk& walk) {
  walk.step(by.at, fmt::format("credentials are asked for by `{}`", text_of(by)));
  walk.find({Rule::auth_in_front,
             Severity::error,
             by.at,
             fmt::format("`{}` asks for credentials of its own before the application is reached", text_of(by)),
             "401 for every client that does not send them; a page's script cannot add them to a WebSocket",
             admission.addresses.empty() ? ""
                                         : fmt::format("the client's address is not in {}",
                                                       shown(fmt::format("{}", fmt::join(admission.addresses, ", ")))),
             open_section(walk),
             {}});
}

Flow refuse(const Directive& by, Rule rule, Walk& walk) {
  walk.step(by.at, fmt::format("refused with 403 by `{}`", text_of(by)));
  if (rule == Rule::request_denied) walk.end(Ending::answered, walk.question().path);
  walk.find({rule,
             rule == Rule::request_denied ? Severity::error : Severity::warning,
             by.at,
             fmt::format("`{}` refuses {}", text_of(by), walk.question().path),
             "the proxy itself answers 403",
             {},
             open_section(walk),
             {}});
  return Flow::ended;
}

}  // namespace

Flow check_access(const std::vector<const Directive*>& sections, Walk& walk) {
  const Directive* last = nullptr;
  for (const Directive* section : sections) {
    if (std::any_of(section->block.begin(), section->block.end(), decides)) last = section;
  }
  if (last == nullptr) return Flow::passed;
  const Directive& by = spokesman(*last);
  const Admission admission = is_of_version_2_2(by) ? judge_2_2(last->block) : judge(last->block, Combine::any);
  if (admission.admits == Tells::yes) return Flow::passed;
  if (admission.admits == Tells::no) return refuse(by, Rule::request_denied, walk);
  if (admission.by_other) {
    walk.doubt(by.at, fmt::format("whether `{}` lets it pass, the text does not tell", text_of(by)));
  } else if (admission.by_credential) {
    ask_for_credentials(by, admission, walk);
  } else {
    walk.perhaps(negated(address_is_in(shown(fmt::format("{}", fmt::join(admission.addresses, ", "))))),
                 [&] { return refuse(by, Rule::address_list, walk); });
  }
  return Flow::passed;
}

}  // namespace wsprobe::lint::apache
