#include "lint/finding.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lint/bounds.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint {
namespace {

struct Row {
  Rule rule;
  std::string_view name;
  CauseId cause;
  std::string_view title;
};

constexpr std::array rows{
#define WSPROBE_ROW(enumerator, text, cause, title) Row{Rule::enumerator, text, CauseId::cause, title},
    WSPROBE_LINT_RULES(WSPROBE_ROW)
#undef WSPROBE_ROW
};

constexpr std::array rules{
#define WSPROBE_ROW(enumerator, text, cause, title) Rule::enumerator,
    WSPROBE_LINT_RULES(WSPROBE_ROW)
#undef WSPROBE_ROW
};

const Row& row_of(Rule rule) { return rows[static_cast<std::size_t>(rule)]; }

}  // namespace

std::span<const Rule> all_rules() { return rules; }
std::string_view name(Rule rule) { return row_of(rule).name; }
std::string_view title(Rule rule) { return row_of(rule).title; }
CauseId cause_of(Rule rule) { return row_of(rule).cause; }

std::string breaks_without_upgrade(Rule rule) {
  if (rule == Rule::h2_upstream) return "the application is not asked for an upgrade at all";
  return "the application sees a plain GET and answers 404, 400 or 426 instead of 101";
}

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::note: return "note";
  }
  return {};
}

std::string_view name(Ending ending) {
  switch (ending) {
    case Ending::forwarded: return "forwarded";
    case Ending::answered: return "answered";
    case Ending::no_route: return "no_route";
    case Ending::undetermined: return "undetermined";
  }
  return {};
}

void add(Result& result, Finding finding) {
  if (!finding.only_if.empty() && finding.severity == Severity::error) finding.severity = Severity::warning;
  const auto same = std::find_if(result.findings.begin(), result.findings.end(), [&](const Finding& other) {
    return other.rule == finding.rule && other.at == finding.at;
  });
  if (same == result.findings.end()) {
    if (result.findings.size() < most_findings) result.findings.push_back(std::move(finding));
  } else if (finding.severity < same->severity) {
    *same = std::move(finding);  // another site, which it hits harder
  }
}

}  // namespace wsprobe::lint
