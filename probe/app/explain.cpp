// wsprobe explain: what a word of a report means; whether a saved report leads to its verdict still.
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/explain_words.hpp"
#include "app/output.hpp"
#include "app/replay.hpp"
#include "core/text.hpp"
#include "exporters/json_reader.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

bool looks_like_a_file(const std::string& subject) {
  return subject == "-" || subject.find_first_of("./") != std::string::npos || access(subject.c_str(), F_OK) == 0;
}

bool is_word(const std::string& subject) {
  const std::vector<std::string> words = explained_words();
  return std::find(words.begin(), words.end(), subject) != words.end();
}

/// The word that is nearest, or that begins like it.
std::optional<std::string> suggestion(const std::string& subject) {
  const std::vector<std::string> words = explained_words();
  if (auto nearest = scenario::nearest(subject, words)) return nearest;
  constexpr std::size_t shortest_beginning = 4;
  const auto longer = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
    return subject.size() >= shortest_beginning && word.starts_with(subject);
  });
  return longer == words.end() ? std::nullopt : std::optional(*longer);
}

UsageError unknown_word(const std::string& subject) {
  const auto nearest = suggestion(subject);
  return {fmt::format("`{}` is neither a word of reports nor a file", escape_for_display(subject)),
          nearest ? fmt::format("did you mean `{}`?", *nearest) : "`wsprobe explain` lists the words", "", subject};
}

/// Empty where the file cannot be used; what is wrong has then been said.
std::vector<exporters::Replay> replay_file(const std::string& file, const attribution::Knowledge& knowledge) {
  const auto text = scenario::read_bounded(file == "-" ? "/dev/stdin" : file, exporters::maximum_report_bytes);
  if (!text) {
    print_to_stderr(fmt::format("{}: error: the file cannot be read: {}\n", escape_for_display(file), text.error()));
    return {};
  }
  const auto reports = exporters::read_reports(*text);
  if (!reports) {
    const exporters::ReportProblem& problem = reports.error();
    const scenario::Diagnostic diagnostic{file,
                                          static_cast<int>(problem.line),
                                          static_cast<int>(problem.column),
                                          problem.message,
                                          problem.source_line,
                                          problem.help};
    print_diagnostics({&diagnostic, 1});
    return {};
  }
  std::vector<exporters::Replay> replays;
  for (const Report& report : *reports) {
    replays.push_back(replay(report, knowledge));
    replays.back().file = file;
  }
  return replays;
}

ExitCode deliver_text(std::string_view text, const OutputOptions& output, ExitCode code) {
  const auto delivered = deliver(text, output.file);
  if (delivered) return code;
  print_to_stderr(fmt::format("wsprobe: {}\n", escape_for_display(delivered.error())));
  return ExitCode::internal;
}

ExitCode explain_reports(const ExplainOptions& options) {
  std::vector<exporters::Replay> replays;
  bool usable = true;
  for (const std::string& file : options.subjects) {
    auto of_file = replay_file(file, {options.without_signatures});
    usable = usable && !of_file.empty();
    std::move(of_file.begin(), of_file.end(), std::back_inserter(replays));
  }
  if (!usable) return ExitCode::usage;
  const bool equal = std::all_of(replays.begin(), replays.end(),
                                 [](const exporters::Replay& replay) { return replay.changes.empty(); });
  const ExitCode code = equal ? ExitCode::met : ExitCode::unmet;
  if (options.output.format == Format::json) return deliver_text(exporters::to_json(replays), options.output, code);
  std::string text;
  for (const exporters::Replay& replay : replays) {
    text += (text.empty() ? "" : "\n") + exporters::to_text(replay, style_of(options.output));
  }
  return deliver_text(text, options.output, code);
}

}  // namespace

ExitCode explain(const ExplainOptions& options, std::span<const std::string> arguments) {
  if (options.output.format != Format::human && options.output.format != Format::json) {
    print_to_stderr(render({"--format: explain writes human or json", "", "--format", ""}, arguments));
    return ExitCode::usage;
  }
  const exporters::HumanStyle style = style_of(options.output);
  if (options.subjects.empty()) return deliver_text(list_of_words(style), options.output, ExitCode::met);
  std::string text;
  std::size_t words = 0;
  for (const std::string& subject : options.subjects) {
    const bool file = !is_word(subject) && looks_like_a_file(subject);
    if (!file && !is_word(subject)) {
      print_to_stderr(render(unknown_word(subject), arguments));
      return ExitCode::usage;
    }
    if (file) continue;
    ++words;
    text += (text.empty() ? "" : "\n") + *explain_word(subject, style);
  }
  if (words == 0) return explain_reports(options);
  if (words == options.subjects.size()) return deliver_text(text, options.output, ExitCode::met);
  print_to_stderr("wsprobe: words and reports cannot be explained together\n");
  return ExitCode::usage;
}

}  // namespace wsprobe::app
