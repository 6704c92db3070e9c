// The verdict on one screen: what a tired person has to know is on the first 24 lines of 80 columns, and what had to
// give way there stands in full further down.
#include "exporters/human_verdict.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"
#include "exporters/human_steps.hpp"
#include "exporters/lint_text.hpp"

namespace wsprobe::exporters {
namespace {

constexpr int text_indent = 2;
constexpr int heading_lines = 2;  // an empty one and the title
constexpr int least_reasons = 5;  // lines that reasons get before the remedy gets the rest

std::string confidence_text(double confidence) {
  const int percent = static_cast<int>(confidence * 100 + 0.5);
  return percent >= 100 ? "over 99 %" : fmt::format("{} %", percent);
}

std::string_view in_words(Emitter emitter) {
  switch (emitter) {
    case Emitter::proxy: return "the proxy";
    case Emitter::backend: return "the backend";
    case Emitter::cdn: return "the CDN";
    case Emitter::none: return "nobody: there is no answer";
    case Emitter::undetermined: return "undetermined";
  }
  return "";
}

std::string_view in_words(Fault fault) {
  switch (fault) {
    case Fault::proxy: return "the proxy";
    case Fault::backend: return "the backend";
    case Fault::cdn: return "the CDN";
    case Fault::frontend: return "the frontend";
    case Fault::client: return "the client";
    case Fault::network: return "the network";
    case Fault::none: return "nobody";
    case Fault::undetermined: return "undetermined";
  }
  return "";
}

// ---- the claims ----

/// What the confidence is in: the whole, or only the author where the cause is open.
std::string sure(const Verdict& verdict) {
  if (verdict.cause.id != CauseId::undetermined) return fmt::format(" ({} sure)", confidence_text(verdict.confidence));
  if (verdict.emitter == Emitter::undetermined) return "";
  return fmt::format(" ({} sure that {} wrote it)", confidence_text(verdict.confidence), in_words(verdict.emitter));
}

/// The line of the proxy's configuration that does it, as far as one was given; the others stand further down.
const ConfigurationFinding* first_finding(const Report& report, FindingState state) {
  if (!report.configuration) return nullptr;
  const auto& findings = report.configuration->findings;
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const ConfigurationFinding& finding) {
    return finding.state == state && (state == FindingState::confirmed || finding.only_if.empty());
  });
  return found == findings.end() ? nullptr : &*found;
}

void write_claims(Page& page, const Report& report) {
  const Verdict& verdict = report.verdict;
  const auto line = [&](std::string_view label, std::string_view value, Tone tone) {
    page.row(text_indent, {{std::string(label), Tone::faint, 12}}, value, tone);
  };
  page.blank();
  line("written by", in_words(verdict.emitter), Tone::plain);
  line("to change", in_words(verdict.fault), verdict.fault == Fault::none ? Tone::plain : Tone::bad);
  line("cause", fmt::format("{}{}", name(verdict.cause), sure(verdict)), Tone::plain);
  if (const ConfigurationFinding* does_it = first_finding(report, FindingState::confirmed)) {
    line("where", fmt::format("{}: {}", place_text(does_it->at), printable(does_it->says)), Tone::bad);
  } else if (const ConfigurationFinding* may_be = first_finding(report, FindingState::fits)) {
    line("perhaps", fmt::format("{}: {}", place_text(may_be->at), printable(may_be->says)), Tone::caution);
  }
  for (const std::string& note : report.notes) line("note", printable(note), Tone::caution);
}

// ---- the remedy ----

/// A line that begins with a space or tab is configuration or a command, and stays as it is.
void write_remedy_line(Page& page, std::string_view line) {
  const std::size_t tabs = std::min(line.find_first_not_of('\t'), line.size());
  if (line.empty()) {
    page.blank();
  } else if (line.starts_with(' ') || tabs > 0) {
    page.verbatim(text_indent, std::string(tabs * 4, ' ') + printable(line.substr(tabs)));
  } else {
    page.paragraph(text_indent, printable(line));
  }
}

// ---- the reasons ----

enum class Side : std::uint8_t { speaks_for, speaks_against, observation };

/// "proxy" and "backend" name who wrote the answer; a fault of that name is not meant.
bool agrees(const Verdict& verdict, std::string_view supports) {
  const bool names_an_emitter =
      supports == name(Emitter::proxy) || supports == name(Emitter::backend) || supports == name(Emitter::cdn);
  if (names_an_emitter) return supports == name(verdict.emitter);
  return supports == name(verdict.cause) || supports == name(verdict.fault);
}

bool is_open(const Verdict& verdict) {
  return verdict.emitter == Emitter::undetermined || verdict.cause.id == CauseId::undetermined;
}

Side side_of(const Verdict& verdict, const SupportingFact& reason) {
  if (reason.weight == 0) return Side::observation;
  const bool agreeing = agrees(verdict, reason.supports) == (reason.weight > 0);
  if (!agreeing && is_open(verdict)) return Side::observation;
  return agreeing ? Side::speaks_for : Side::speaks_against;
}

/// What weighs most first, whichever side it speaks for; then what is only observed.
std::vector<const SupportingFact*> in_order(const Verdict& verdict) {
  std::vector<const SupportingFact*> order;
  for (const SupportingFact& reason : verdict.reasons) order.push_back(&reason);
  const auto rank = [&](const SupportingFact* reason) {
    return side_of(verdict, *reason) == Side::observation ? -1.0 : reason->weight;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const SupportingFact* left, const SupportingFact* right) { return rank(left) > rank(right); });
  return order;
}

int widest_label(const Verdict& verdict) {
  int widest = 0;
  for (const SupportingFact& reason : verdict.reasons) {
    if (reason.weight != 0) widest = std::max(widest, display_width(printable(reason.supports)));
  }
  return widest;
}

void write_reason(Page& page, const Verdict& verdict, const SupportingFact& reason, int widest) {
  const bool weighed = reason.weight != 0;
  const Side side = side_of(verdict, reason);
  const std::string_view mark = side == Side::speaks_for       ? "+ "
                                : side == Side::speaks_against ? page.sign("− ", "- ")
                                                               : page.sign("· ", "* ");
  const Tone tone = side == Side::speaks_against ? Tone::bad : Tone::good;
  std::vector<Cell> cells{{std::string(mark), tone}};
  if (widest > 0) {
    cells.push_back({weighed ? printable(reason.supports) : "", Tone::faint, widest + 1});
    cells.push_back({weighed ? fmt::format("{:.1f}", reason.weight) : "", Tone::faint, -4});
    cells.push_back({"  "});
  }
  page.row(text_indent, cells, printable(reason.fact));
}

std::string legend(const Page& page, const Verdict& verdict) {
  if (widest_label(verdict) == 0) return {};
  return fmt::format("(+ for, {} against; log odds: 2.3 is 10 to 1)", page.sign("−", "-"));
}

/// Blocks of lines that are kept or left out as wholes.
struct Blocks {
  std::vector<Page> blocks;

  [[nodiscard]] int lines() const {
    int sum = 0;
    for (const Page& block : blocks) sum += block.lines();
    return sum;
  }
  /// What the first one and the contradiction take, and the line that says that there are more.
  [[nodiscard]] int least() const {
    if (blocks.empty()) return 0;
    const bool apart = contradiction && *contradiction > 0;
    return blocks.front().lines() + (apart ? blocks[*contradiction].lines() : 0) + 1;
  }
  /// As many as fit into so many lines, but at least one.
  [[nodiscard]] std::size_t fitting(int lines) const {
    std::size_t count = 0;
    for (int used = 0; count < blocks.size(); ++count) {
      used += blocks[count].lines();
      if (used > lines && count > 0) break;
    }
    return count;
  }
  /// The first block that speaks against the verdict, or none.
  std::optional<std::size_t> contradiction;

  void write(Page& page, std::size_t count) const {
    for (std::size_t at = 0; at < count; ++at) page.append(blocks[at]);
  }
};

/// A line that ends in a colon announces a piece of configuration, up to the next empty line: they stay together.
Blocks remedy_blocks(const Page& like, const Verdict& verdict) {
  Blocks blocks;
  bool announced = false;
  bool in_snippet = false;
  bool gap = false;
  for (const std::string_view line : lines_of(verdict.remedy)) {
    if (line.empty()) {
      gap = true;
      in_snippet = false;
      continue;
    }
    in_snippet = in_snippet || announced;
    if (!in_snippet || blocks.blocks.empty()) blocks.blocks.push_back(like.empty_copy());
    if (gap) blocks.blocks.back().blank();
    write_remedy_line(blocks.blocks.back(), line);
    announced = !in_snippet && line.ends_with(':');
    gap = false;
  }
  return blocks;
}

Blocks reason_blocks(const Page& like, const Verdict& verdict) {
  Blocks blocks;
  const int widest = widest_label(verdict);
  for (const SupportingFact* reason : in_order(verdict)) {
    Page block = like.empty_copy();
    write_reason(block, verdict, *reason, widest);
    if (!blocks.contradiction && side_of(verdict, *reason) == Side::speaks_against) {
      blocks.contradiction = blocks.blocks.size();
    }
    blocks.blocks.push_back(std::move(block));
  }
  return blocks;
}

/// The first ones that fit, and with them the strongest contradiction; returns how many were written.
std::size_t write_some(Page& page, const Blocks& reasons, int lines) {
  std::size_t count = reasons.fitting(lines);
  const Page* against = nullptr;
  if (reasons.contradiction && *reasons.contradiction >= count) {
    against = &reasons.blocks[*reasons.contradiction];
    count = reasons.fitting(lines - against->lines());
  }
  reasons.write(page, count);
  if (against != nullptr) page.append(*against);
  const std::size_t written = count + (against != nullptr ? 1 : 0);
  if (written < reasons.blocks.size()) {
    page.paragraph(text_indent, fmt::format("({} more below)", reasons.blocks.size() - written), Tone::faint);
  }
  return written;
}

}  // namespace

void write_headline(Page& page, const Report& report) {
  std::string mark(report.pass ? page.sign("✔ PASS", "PASS") : page.sign("✘ FAIL", "FAIL"));
  if (report.interrupted) mark = "STOPPED";
  page.row(0, {{mark, report.pass && !report.interrupted ? Tone::good : Tone::bad},
               {"  " + printable(report.scenario), Tone::strong},
               {"  " + printable(report.target)},
               {"  " + readable(report.duration), Tone::faint}});
  if (report.interrupted) {
    page.paragraph(text_indent, "Stopped by a signal; what follows is what was seen until then.", Tone::caution);
  }
  page.paragraph(text_indent, printable(report.verdict.summary), Tone::strong);
}

VerdictRest write_verdict(Page& page, const Report& report, Room room) {
  const Verdict& verdict = report.verdict;
  const int before = page.lines();
  write_headline(page, report);
  write_claims(page, report);
  const Blocks remedy = remedy_blocks(page, verdict);
  const Blocks reasons = reason_blocks(page, verdict);

  const int left = screen_lines - (page.lines() - before) - 2 * heading_lines;
  const int for_reasons_at_least = std::min(reasons.lines(), std::max(least_reasons, reasons.least()));
  const bool unbounded = room == Room::unbounded;
  std::size_t remedies = remedy.blocks.size();
  if (!unbounded && remedy.lines() > left - for_reasons_at_least) {
    remedies = remedy.fitting(left - for_reasons_at_least - 1);
  }
  if (!remedy.blocks.empty()) {
    page.heading("What to do");
    remedy.write(page, remedies);
    if (remedies < remedy.blocks.size()) page.paragraph(text_indent, "(more below)", Tone::faint);
  }
  std::size_t facts = reasons.blocks.size();
  if (!reasons.blocks.empty()) {
    page.heading("Why", legend(page, verdict));
    const int used = page.lines() - before;
    const int room_left = screen_lines - used;
    if (!unbounded && reasons.lines() > room_left) {
      facts = write_some(page, reasons, room_left - 1);
    } else {
      reasons.write(page, facts);
    }
  }
  return {remedies < remedy.blocks.size(), facts < reasons.blocks.size()};
}

void write_verdict_rest(Page& page, const Report& report, const VerdictRest& rest) {
  if (rest.remedy) {
    const Blocks remedy = remedy_blocks(page, report.verdict);
    page.heading("What to do, in full");
    remedy.write(page, remedy.blocks.size());
  }
  if (rest.reasons) {
    const Blocks reasons = reason_blocks(page, report.verdict);
    page.heading("Why, in full", legend(page, report.verdict));
    reasons.write(page, reasons.blocks.size());
  }
}

}  // namespace wsprobe::exporters
