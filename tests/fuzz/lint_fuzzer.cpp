// Any text as a proxy's configuration, read as what it looks like and as everything else: no reader breaks, takes long,
// or points at a place that is not in the text. Two files of it, since one may include the other.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/pieces.hpp"
#include "lint/configuration.hpp"
#include "lint/lint.hpp"

namespace {

using namespace wsprobe::lint;
using wsprobe::fuzz::check;

void check_place(const Place& at, const std::vector<Source>& sources) {
  if (at.file.empty()) return;
  const auto source =
      std::find_if(sources.begin(), sources.end(), [&](const Source& each) { return each.name == at.file; });
  check(source != sources.end());
  check(at.line >= 0 && at.line <= std::count(source->text.begin(), source->text.end(), '\n') + 1);
}

void check_result(const std::vector<Source>& sources, const Question& question) {
  const Result result = lint(sources, question);
  for (const Finding& finding : result.findings) {
    check(!finding.says.empty() && !finding.breaks.empty() && !finding.correction.text.empty());
    check(finding.only_if.empty() || finding.severity != Severity::error);
    check_place(finding.at, sources);
  }
  for (const Trace& trace : result.traces) {
    check(!trace.product.empty());
    for (const TraceStep& step : trace.steps) check_place(step.at, sources);
  }
  for (const Problem& problem : result.problems) check(!problem.message.empty());
  static_cast<void>(configuration_of(result, sources, question));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (size > 16384) return 0;  // larger ones only cost time here
  Question question;
  question.host = "app.lab.test";
  question.port = 443;
  const auto seen = detect_kind("a.conf", text);
  const std::size_t cut = text.find("\n\n\n");
  for (const SourceKind kind : all_source_kinds()) {
    // What it looks like is worth more than the eight others together.
    if (seen && *seen != kind && size % 8 != static_cast<std::size_t>(kind) % 8) continue;
    std::vector<Source> sources{{"a.conf", text.substr(0, cut), kind, false}};
    if (cut != std::string::npos) sources.push_back({"b.conf", text.substr(cut), kind, false});
    check_result(sources, question);
    if (size % 4 == 0) check_result(sources, {});
  }
  return 0;
}
