#include "lint/walk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"
#include "lint/bounds.hpp"

namespace wsprobe::lint {
namespace {

bool all_by_address(const std::vector<Condition>& conditions) {
  return std::all_of(conditions.begin(), conditions.end(), [](const Condition& each) { return each.by_address; });
}

std::string all_of_them(const std::vector<Condition>& conditions) {
  std::string text;
  for (const Condition& condition : conditions) {
    text += text.empty() ? condition.holds : " and " + condition.holds;
  }
  return text;
}

}  // namespace

Condition negated(Condition condition) {
  std::swap(condition.holds, condition.otherwise);
  return condition;
}

Condition address_is_in(std::string_view ranges) {
  return {fmt::format("the client's address is in {}", ranges),
          fmt::format("the client's address is not in {}", ranges), true};
}

Walk::Walk(std::string product, const Question& question, const Deployment& deployment, Result& result)
    : question_(question), deployment_(deployment), result_(result) {
  trace_.product = std::move(product);
}

void Walk::step(const Place& at, std::string says) { trace_.steps.push_back({at, prefix_ + std::move(says)}); }

void Walk::doubt(const Place& at, std::string says) {
  step(at, std::move(says));
  doubtful_ = true;
}

void Walk::find(Finding finding) {
  if (!branches_.empty()) {
    const bool refuses = finding.rule == Rule::request_denied || finding.rule == Rule::request_aborted ||
                         finding.rule == Rule::address_list;
    if (!refuses || !all_by_address(branches_) || !all_by_address(assumed_)) return;
    finding.rule = Rule::address_list;
  }
  std::vector<Condition> conditions = branches_;
  conditions.insert(conditions.end(), assumed_.begin(), assumed_.end());
  const std::string only_if = all_of_them(conditions);
  if (!only_if.empty()) finding.only_if += (finding.only_if.empty() ? "" : " and ") + only_if;
  add(result_, std::move(finding));
}

void Walk::end(Ending ending, std::string path) {
  if (!branches_.empty()) return;
  trace_.ending = ending;
  trace_.path = std::move(path);
}

void Walk::forwarded_to(std::string upstream) {
  if (branches_.empty()) trace_.upstreams.push_back(std::move(upstream));
}

void Walk::finish() {
  if (doubtful_ && trace_.ending != Ending::undetermined) {
    step({}, "undetermined: what the text does not tell decides (see above)");
    trace_.ending = Ending::undetermined;
  }
  result_.traces.push_back(std::move(trace_));
}

void Walk::judge_path(const Place& at, std::string_view directive, std::string_view to, Correction correction,
                      std::vector<RelatedPlace> related) {
  const std::string& wanted = wanted_path(question_);
  if (to == wanted) return;
  const bool strips = to.size() < question_.path.size() && question_.path.ends_with(to);
  Finding finding{strips ? Rule::prefix_stripped : Rule::rewrite_before_proxy,
                  Severity::error,
                  at,
                  fmt::format("`{}` turns {} into {} before the application gets it", directive, question_.path, to),
                  fmt::format("the application is asked for the WebSocket {} and refuses it (403 or 404), whatever the "
                              "token",
                              to),
                  {},
                  std::move(correction),
                  std::move(related)};
  find(std::move(finding));
}

void Walk::judge_name(const Place& at, std::string_view directive, std::string_view host, Correction correction) {
  const bool reserved = host.ends_with(".invalid");
  const bool dotless = host.find_first_of(".:") == std::string_view::npos && host != "localhost" && !host.empty();
  if (!reserved && (!dotless || may_resolve(host, deployment_.containers))) return;
  find({Rule::upstream_unresolvable,
        reserved ? Severity::error : Severity::warning,
        at,
        reserved ? fmt::format("`{}` forwards to {}, a name that does not exist", directive, host)
                 : fmt::format("`{}` forwards to {}, which is no service or container of these files", directive, host),
        "the proxy cannot find the application: it answers 502 or 503, or does not even start",
        {},
        std::move(correction),
        {}});
}

void Walk::judge_idle(const Place& at, std::string_view directive, Duration timeout, Correction correction) {
  if (timeout.count() <= 0 || timeout > question_.ping_interval) return;
  find({Rule::idle_timeout,
        Severity::warning,
        at,
        fmt::format("`{}` closes a connection on which nothing passes for {}; pings come every {}", directive,
                    seconds_text(timeout), seconds_text(question_.ping_interval)),
        "open WebSockets are cut while they are idle (close code 1006)",
        {},
        std::move(correction),
        {}});
}

std::string seconds_text(Duration duration) { return fmt::format("{:g} s", to_seconds(duration)); }

std::string host_of(std::string_view address) {
  if (const std::size_t scheme = address.find("://"); scheme != std::string_view::npos) {
    address.remove_prefix(scheme + 3);
  }
  if (address.starts_with('[')) return lower_case(address.substr(1, address.find(']') - 1));
  return lower_case(address.substr(0, address.find_first_of(":/?")));
}

std::string family_of(std::string_view path) {
  const std::size_t slash = path.find('/', 1);
  return std::string(slash == std::string_view::npos ? path : path.substr(0, slash + 1));
}

std::string shown(std::string_view text) {
  const bool harmless = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return shorten(harmless ? std::string(text) : escape_for_display(text), 100);
}

std::string too_many_directives() {
  return fmt::format("with included files in their places there are more than {} directives: the rest was not read",
                     most_directives);
}

bool fits_glob(std::string_view pattern, std::string_view text) {
  std::size_t star = std::string_view::npos;
  std::size_t mark = 0;
  std::size_t p = 0;
  std::size_t t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace wsprobe::lint
