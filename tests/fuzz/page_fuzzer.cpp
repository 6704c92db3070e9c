// Any bytes as a page: its URL, a policy, what it gives to `new WebSocket`, and its HTML, a line each and the rest.
// What is said of it holds together: a socket that would be opened has a URL that browsers open, what a policy forbids
// is named.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "browser/connect.hpp"
#include "browser/csp.hpp"
#include "browser/literals.hpp"
#include "browser/page.hpp"
#include "fuzz/pieces.hpp"

namespace {

using namespace wsprobe::browser;
using wsprobe::fuzz::check;
using Answer = ConnectAnswer::Answer;

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

void check_url(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return check(!url.error().empty());
  const auto again = parse_url(url->href());
  check(again.has_value() && again->href() == url->href());
}

void check_answer(const Page& page, std::string_view argument) {
  const ConnectAnswer answer = would_connect(page, argument);
  if (answer.answer == Answer::connects) {
    check(answer.url && (answer.url->scheme == "ws" || answer.url->scheme == "wss"));
    check(!answer.url->host.empty() && !answer.url->fragment && !is_bad_port(answer.url->effective_port()));
    if (page.url.scheme == "https" && answer.url->scheme == "ws") check(is_loopback(answer.url->host));
  } else {
    check(!answer.sentence.empty());
  }
  if (answer.why == ConnectAnswer::Why::csp) check(!answer.directive.empty() && *answer.policy < page.policies.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view address = take_line(rest);
  const std::string_view policy = take_line(rest);
  const std::string_view argument = take_line(rest);
  check_url(address);
  check_url(argument);
  Page page;
  page.url = parse_url(address).value_or(*parse_url("https://app.test/"));
  const PageContents contents = read_page(page.url, rest);
  page.base = contents.base;
  for (Policy& one : parse_policies({std::string(policy), Disposition::enforce, Delivery::header, 0})) {
    page.policies.push_back(std::move(one));
  }
  for (const MetaPolicy& meta : contents.policies) {
    for (Policy& one : parse_policies({meta.text, Disposition::enforce, Delivery::meta, meta.line})) {
      page.policies.push_back(std::move(one));
    }
  }
  check_answer(page, argument);
  for (const PageScript& script : contents.scripts) {
    const ScriptPermission permission = may_run(page.policies, script, page.url);
    check(permission.runs != Runs::no || !permission.directive.empty());
    for (const Literal& literal : find_literals(script.text)) {
      check(literal.url.size() <= 256 && literal.line >= 1 && literal.column >= 1);
    }
    static_cast<void>(find_assignments(script.text, "WS_BASE_URL"));
  }
  return 0;
}
