#include "app/explain_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "attribution/explanation.hpp"
#include "attribution/word_explanations.hpp"
#include "core/report.hpp"
#include "exporters/page.hpp"

namespace wsprobe::app {
namespace {

using exporters::Page;
using exporters::Tone;

constexpr int text_indent = 2;
constexpr int snippet_indent = 4;
constexpr int word_column = 28;

constexpr std::array emitters{Emitter::proxy, Emitter::backend, Emitter::cdn, Emitter::none, Emitter::undetermined};
constexpr std::array faults{Fault::proxy,  Fault::backend, Fault::cdn,  Fault::frontend,
                            Fault::client, Fault::network, Fault::none, Fault::undetermined};
constexpr std::array experiments{
#define WSPROBE_ROW(name, what) ExperimentKind::name,
    WSPROBE_EXPERIMENTS(WSPROBE_ROW)
#undef WSPROBE_ROW
};

template <typename Words>
auto named(const Words& words, std::string_view word) {
  using Word = std::decay_t<decltype(*words.begin())>;
  const auto found = std::find_if(words.begin(), words.end(), [&](Word each) { return name(each) == word; });
  return found == words.end() ? std::nullopt : std::optional<Word>(*found);
}

std::optional<Cause> cause_named(std::string_view word) {
  if (const auto cause = named(all_causes(), word); cause && *cause != CauseId::transport) return Cause(*cause);
  if (const auto reason = named(all_reasons(), word)) return Cause::transport(*reason);
  return std::nullopt;
}

/// A line that begins with a space or a tab is configuration and stays as it is.
void write_text(Page& page, int indent, std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t tabs = std::min(line.find_first_not_of('\t'), line.size());
    if (line.empty()) {
      page.blank();
    } else if (line.starts_with(' ') || tabs > 0) {
      page.verbatim(indent, std::string(tabs * snippet_indent, ' ') + std::string(line.substr(tabs)));
    } else {
      page.paragraph(indent, line);
    }
  }
}

void write_cause(Page& page, const Cause& cause) {
  const attribution::Explanation explanation = attribution::explanation(cause);
  page.row(0, {{std::string(name(cause)) + "  ", Tone::strong}},
           cause.reason ? "(cause, a failure without an answer)" : "(cause)");
  if (cause.reason) page.paragraph(text_indent, fmt::format("Seen: {}.", sentence(*cause.reason)));
  write_text(page, text_indent, explanation.meaning);
  page.heading("How it is recognised");
  write_text(page, text_indent, explanation.recognised);
  if (!explanation.changes.empty()) {
    page.heading("What to change");
    for (const attribution::Change& change : explanation.changes) {
      page.paragraph(text_indent, change.product == "any" ? "In any case" : change.product, Tone::strong);
      write_text(page, snippet_indent, change.text);
    }
  }
  page.heading("What to check next");
  write_text(page, text_indent, explanation.next);
}

/// A word may be both an author and a party at fault.
void write_parties(Page& page, std::string_view word) {
  if (const auto emitter = named(emitters, word)) {
    page.row(0, {{std::string(word) + "  ", Tone::strong}}, "(emitter: who wrote the answer)");
    page.paragraph(text_indent, attribution::explanation(*emitter));
  }
  if (const auto fault = named(faults, word)) {
    page.row(0, {{std::string(word) + "  ", Tone::strong}}, "(fault: who has to change something)");
    page.paragraph(text_indent, attribution::explanation(*fault));
  }
}

void write_experiment(Page& page, ExperimentKind experiment) {
  page.row(0, {{std::string(name(experiment)) + "  ", Tone::strong}}, "(experiment)");
  page.paragraph(text_indent, fmt::format("Sends {}.", description(experiment)));
  page.paragraph(text_indent, attribution::explanation(experiment));
}

void list_line(Page& page, std::string_view word, std::string_view what) {
  page.row(text_indent, {{std::string(word), Tone::plain, word_column}}, what, Tone::faint);
}

std::string first_sentence(std::string_view text) {
  const std::size_t end = text.find(". ");
  return std::string(text.substr(0, end));
}

}  // namespace

std::vector<std::string> explained_words() {
  std::vector<std::string> words;
  const auto add = [&](std::string_view word) {
    if (std::find(words.begin(), words.end(), word) == words.end()) words.emplace_back(word);
  };
  for (const CauseId cause : all_causes()) {
    if (cause != CauseId::transport) add(name(cause));
  }
  for (const Reason reason : all_reasons()) add(name(reason));
  for (const Emitter emitter : emitters) add(name(emitter));
  for (const Fault fault : faults) add(name(fault));
  for (const ExperimentKind experiment : experiments) add(name(experiment));
  return words;
}

std::optional<std::string> explain_word(std::string_view word, const exporters::HumanStyle& style) {
  Page page(style.colour, style.glyphs, style.width);
  const auto cause = cause_named(word);
  const auto experiment = named(experiments, word);
  const bool party = named(emitters, word).has_value() || named(faults, word).has_value();
  if (!cause && !experiment && !party) return std::nullopt;
  if (cause) write_cause(page, *cause);
  if (cause && party) page.blank();
  if (party) write_parties(page, word);
  if (experiment) write_experiment(page, *experiment);
  return page.take();
}

std::string list_of_words(const exporters::HumanStyle& style) {
  Page page(style.colour, style.glyphs, style.width);
  page.paragraph(0, "`wsprobe explain WORD` says what a word of a report means and what to do about it.");
  page.heading("Causes");
  for (const CauseId cause : all_causes()) {
    if (cause != CauseId::transport) list_line(page, name(cause), first_sentence(attribution::meaning(cause)));
  }
  page.heading("Causes: failures without an answer");
  for (const Reason reason : all_reasons()) list_line(page, name(reason), sentence(reason));
  page.heading("Who wrote it (emitter), who has to change something (fault)");
  for (const Fault fault : faults) list_line(page, name(fault), first_sentence(attribution::explanation(fault)));
  page.heading("Experiments");
  for (const ExperimentKind experiment : experiments) list_line(page, name(experiment), description(experiment));
  return page.take();
}

}  // namespace wsprobe::app
