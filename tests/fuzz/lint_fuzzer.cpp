// Any text as a proxy's configuration, read as what it looks like and as everything else: no reader breaks or takes
// long, what is said points at a place in the text and can be shown in every form. Two files of it, since one may
// include the other.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "exporters/json_lint.hpp"
#include "exporters/lint_text.hpp"
#include "fuzz/pieces.hpp"
#include "lint/configuration.hpp"
#include "lint/lint.hpp"

namespace {

using namespace wsprobe::lint;
using wsprobe::fuzz::check;

using Sources = std::vector<Source>;

void check_place(const Place& at, const Sources& sources) {
  const auto source =
      std::find_if(sources.begin(), sources.end(), [&](const Source& each) { return each.name == at.file; });
  check(source != sources.end());
  check(at.line >= 0 && at.line <= std::count(source->text.begin(), source->text.end(), '\n') + 1);
  check(at.column >= 0 && static_cast<std::size_t>(at.column) <= source->text.size() + 1);
}

void check_finding(const Finding& finding, const Sources& sources) {
  check(!finding.says.empty() && !finding.breaks.empty() && !finding.correction.text.empty());
  check(finding.correction.snippet.empty() || finding.correction.snippet.ends_with('\n'));
  check(finding.only_if.empty() || finding.severity != Severity::error);
  check_place(finding.at, sources);
  for (const RelatedPlace& related : finding.related) {
    check(!related.says.empty());
    check_place(related.at, sources);
  }
}

/// Neither a terminal nor a reader of UTF-8 is led astray.
void check_shown(const std::string& shown) {
  check(wsprobe::is_utf8(shown));
  for (const char c : shown) check((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\n');
}

void check_result(const Sources& sources, const Question& question) {
  const Result result = lint(sources, question);
  for (const Finding& finding : result.findings) check_finding(finding, sources);
  for (const Trace& trace : result.traces) {
    check(!trace.product.empty());
    for (const TraceStep& step : trace.steps) {
      check(!step.says.empty());
      if (!step.at.file.empty()) check_place(step.at, sources);  // what a default does stands nowhere
    }
  }
  for (const Problem& problem : result.problems) {
    check(!problem.message.empty());
    check_place(problem.at, sources);
  }
  const wsprobe::Configuration configuration = configuration_of(result, sources, question);
  check_shown(wsprobe::exporters::to_text(configuration, {}));
  check_shown(wsprobe::exporters::to_json(configuration));
  check_shown(wsprobe::exporters::to_sarif(configuration));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (size > 16384) return 0;                                                     // larger ones only cost time here
  if (text.find('\0') != std::string::npos || !wsprobe::is_utf8(text)) return 0;  // refused before anything reads it
  Question question;
  question.host = "app.lab.test";
  question.port = 443;
  const auto seen = detect_kind("a.conf", text);
  const std::size_t cut = text.find("\n\n\n");
  for (const SourceKind kind : all_source_kinds()) {
    // What it looks like is worth more than the eight others together.
    if (seen && *seen != kind && size % 8 != static_cast<std::size_t>(kind) % 8) continue;
    Sources sources{{"a.conf", text.substr(0, cut), kind, false}};
    if (cut != std::string::npos) sources.push_back({"b.conf", text.substr(cut), kind, false});
    check_result(sources, question);
    if (size % 4 == 0) check_result(sources, {});
  }
  return 0;
}
