#include "exporters/human_steps.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "core/text.hpp"

namespace wsprobe::exporters {
namespace {

constexpr int details_indent = 6;
constexpr int bar_width = 28;
constexpr int longest_answer = 44;

// ---- the answer, in a few words ----

std::string who_refused(const StepReport& step) {
  if (!step.verdict) return "refused";
  switch (step.verdict->emitter) {
    case Emitter::proxy:
    case Emitter::backend:
    case Emitter::cdn: return fmt::format("refused by the {}", name(step.verdict->emitter));
    case Emitter::none:
    case Emitter::undetermined: return "refused, author undetermined";
  }
  return "refused";
}

std::string status_text(const Evidence& evidence) {
  return evidence.response ? std::to_string(evidence.response->head.status) : std::string();
}

/// Of an exchange over HTTP/2 that did not come to a WebSocket, because the peer does not offer it.
std::string offer_text(const StepReport& step) {
  if (!step.evidence.http2) return "no HTTP/2";
  return step.evidence.http2->connect_protocol ? "HTTP/2, not asked" : "HTTP/2 without WebSocket";
}

std::string answer_text(const StepReport& step, const Completed&) {
  const Evidence& evidence = step.evidence;
  if (step.experiment == ExperimentKind::http2_websocket && !evidence.response) return offer_text(step);
  if (!evidence.session) {
    if (!evidence.response) return "done";
    const std::string phrase = shorten(escape_for_display(evidence.response->head.reason_phrase), 30);
    return phrase.empty() ? status_text(evidence) : fmt::format("{} {}", status_text(evidence), phrase);
  }
  std::string text = fmt::format("{} accepted", status_text(evidence));
  if (const auto& round_trips = evidence.session->ping_round_trips; !round_trips.empty()) {
    text += ", ping " + readable(*std::min_element(round_trips.begin(), round_trips.end()));
  }
  return text;
}

std::string answer_text(const StepReport& step, const Rejected& rejected) {
  if (rejected.how == Rejected::How::response)
    return fmt::format("{} {}", status_text(step.evidence), who_refused(step));
  const auto& session = step.evidence.session;
  const bool has_code = session && session->close && session->close->code;
  return has_code ? fmt::format("101, then closed with {}", *session->close->code) : "101, then closed";
}

std::string answer_text(const StepReport& step, const Failed& failed) {
  const std::string status = status_text(step.evidence);
  return fmt::format("{}{}failed: {}", status, status.empty() ? "" : ", ", name(failed.error.reason));
}

/// Of a page: what it means for its browsers.
std::string answer_of_page(const FrontendFacts& facts) {
  switch (facts.answer) {
    case BrowserAnswer::connects: return "browsers connect";
    case BrowserAnswer::blocked: return fmt::format("browsers refuse: {}", name(facts.obstacle));
    case BrowserAnswer::refused: return "browsers are refused";
    case BrowserAnswer::unreachable: return "browsers reach nobody";
    case BrowserAnswer::undetermined: return "undetermined";
  }
  return "";
}

std::string answer_of(const StepReport& step) {
  if (step.frontend) return answer_of_page(*step.frontend);
  struct Teller {
    const StepReport& step;
    std::string operator()(const Completed& completed) const { return answer_text(step, completed); }
    std::string operator()(const Rejected& rejected) const { return answer_text(step, rejected); }
    std::string operator()(const Failed& failed) const { return answer_text(step, failed); }
  };
  return std::visit(Teller{step}, step.outcome);
}

/// The answer without what differs from one try to the next.
std::string plain_answer(const StepReport& step) {
  if (const auto* failed = std::get_if<Failed>(&step.outcome)) return std::string(name(failed->error.reason));
  return fmt::format("{} {}", name(step.outcome), status_text(step.evidence));
}

// ---- where the time went ----

struct PhaseTime {
  std::string_view name;
  Duration start;  ///< since the exchange began
  Duration length;
};

std::vector<PhaseTime> phase_times(const Timeline& times) {
  std::vector<PhaseTime> phases;
  for (std::size_t index = 0; index < phase_count; ++index) {
    const auto phase = static_cast<Phase>(index);
    if (const auto length = times.duration(phase)) {
      phases.push_back({name(phase), *times.span(phase).begin - times.started(), *length});
    }
  }
  std::sort(phases.begin(), phases.end(),
            [](const PhaseTime& left, const PhaseTime& right) { return left.start < right.start; });
  return phases;
}

int column_at(Duration moment, Duration total) {
  if (total <= Duration::zero()) return 0;
  const double share = std::clamp(to_seconds(moment) / to_seconds(total), 0.0, 1.0);
  return static_cast<int>(share * bar_width + 0.5);
}

std::string repeat(std::string_view glyph, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += glyph;
  return out;
}

/// One bar for the whole exchange, its key beside it; dots are other time. Phases under 5 % have no room.
void write_bar(Page& page, const Timeline& times) {
  static constexpr std::array<std::string_view, 4> shades_utf8{"█", "▓", "▒", "░"};
  static constexpr std::array<std::string_view, 4> shades_ascii{"#", "=", "+", "-"};
  const std::string_view gap = page.sign("·", ".");
  const Duration total = times.total();
  std::string bar;
  std::string key;
  int column = 0;
  std::size_t shade = 0;
  for (const PhaseTime& phase : phase_times(times)) {
    if (phase.length * 20 < total) continue;
    const std::string_view glyph =
        page.sign(shades_utf8[shade % shades_utf8.size()], shades_ascii[shade % shades_ascii.size()]);
    ++shade;
    const int begin = std::min(std::max(column_at(phase.start, total), column), bar_width - 1);
    const int end = std::max(column_at(phase.start + phase.length, total), begin + 1);
    bar += repeat(gap, begin - column) + repeat(glyph, end - std::max(begin, column));
    column = end;
    key += fmt::format("{}{}{}{}{}{:.{}f}", key.empty() ? "" : " ", glyph, no_break_space, phase.name, no_break_space,
                       to_seconds(phase.length) * 1e3, total < std::chrono::milliseconds(10) ? 2 : 1);
  }
  if (key.empty()) return;
  page.row(details_indent, {{bar + repeat(gap, bar_width - column) + "  ", Tone::faint}},
           key + std::string(no_break_space) + "ms", Tone::faint);
}

/// One row a phase, each bar beginning where its phase began.
void write_waterfall(Page& page, const Timeline& times) {
  const Duration total = times.total();
  for (const PhaseTime& phase : phase_times(times)) {
    const int begin = std::min(column_at(phase.start, total), bar_width - 1);
    const int end = std::max(column_at(phase.start + phase.length, total), begin + 1);
    page.row(details_indent, {{std::string(phase.name), Tone::faint, 14},
                              {readable(phase.length), Tone::plain, -9},
                              {"  " + repeat(" ", begin) + repeat(page.sign("█", "#"), end - begin), Tone::faint}});
  }
  page.row(details_indent, {{"unattributed", Tone::faint, 14}, {readable(times.unattributed()), Tone::plain, -9}});
}

// ---- what was seen, in full ----

void fact(Page& page, std::string_view label, std::string_view text) {
  page.row(details_indent, {{std::string(label), Tone::faint, 14}}, text);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + printable(text);
  return out;
}

std::string number_or_unknown(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "unknown";
}

void write_response(Page& page, const Response& response) {
  constexpr std::size_t shown_body = 240;
  constexpr std::size_t shown_value = 200;
  fact(page, "response", escape_for_display(response.head.status_line()));
  for (const HeaderField& field : response.head.fields) {
    fact(page, "", shorten(escape_for_display(field.name + ": " + field.value), shown_value));
  }
  if (!response.body.empty()) fact(page, "body", shorten(escape_for_display(response.body), shown_body));
}

void write_session(Page& page, const SessionFacts& session) {
  fact(page, "session",
       fmt::format("open for {}, {} of {} pings answered, {} frames ({} bytes) received", readable(session.open_for),
                   session.ping_round_trips.size(), session.pings_sent, session.frames_received,
                   session.bytes_received));
  if (!session.subprotocol.empty()) fact(page, "subprotocol", escape_for_display(session.subprotocol));
  for (const MessageFacts& message : session.messages) {
    fact(page, "message",
         fmt::format("sent \"{}\", received \"{}\" after {}{}", shorten(printable(message.sent), 120),
                     shorten(escape_for_display(message.received), 120), readable(message.round_trip),
                     message.matched ? "" : " (not what was expected)"));
  }
  if (session.close) {
    const std::string code = session.close->code ? std::to_string(*session.close->code) : "no code";
    fact(page, "close",
         fmt::format("{} \"{}\", begun by {}", code, escape_for_display(session.close->reason),
                     session.close->first == CloseFacts::By::us ? "us" : "the peer"));
  }
}

void write_health(Page& page, const HealthFacts& health) {
  if (!health.is_json) return fact(page, "document", "not JSON: " + escape_for_display(health.problem));
  std::string available = "unknown";
  if (health.ws_available) available = *health.ws_available ? "true" : "false";
  fact(page, "document",
       fmt::format("status {}, ws available {}, connections {}, topics {}",
                   health.status ? escape_for_display(*health.status) : "unknown", available,
                   number_or_unknown(health.active_connections), number_or_unknown(health.topics)));
}

void write_page(Page& page, const FrontendFacts& facts) {
  fact(page, "page", printable(facts.page));
  for (const std::string& redirect : facts.redirects) fact(page, "by way of", printable(redirect));
  for (const FrontendPolicy& policy : facts.policies) {
    fact(page, policy.reports_only ? "reports only" : "policy",
         policy.in_page ? fmt::format("{} (meta element, line {})", printable(policy.text), policy.line)
                        : printable(policy.text));
  }
  for (const FrontendScript& script : facts.scripts) {
    std::string text =
        script.address.empty() ? fmt::format("in the page, line {}", script.line) : printable(script.address);
    text += ": " + printable(script.end);
    if (!script.detail.empty()) text += fmt::format(" ({})", printable(script.detail));
    if (script.at_line != 0) text += fmt::format(", line {}", script.at_line);
    fact(page, "script", text);
  }
  if (facts.value) {
    fact(page, "URL",
         fmt::format("{} = \"{}\"{}", printable(facts.from), printable(*facts.value),
                     facts.place.empty() ? "" : fmt::format(", set in {}", printable(facts.place))));
  }
  for (const std::string& literal : facts.literals) fact(page, "in the text", printable(literal));
  if (!facts.url.empty()) fact(page, "opens", printable(facts.url));
  for (const std::string& note : facts.notes) fact(page, "note", printable(note));
}

void write_evidence(Page& page, const StepReport& step) {
  const Evidence& evidence = step.evidence;
  fact(page, "request", printable(evidence.request.method + " " + evidence.request.url));
  if (!evidence.resolved.empty()) fact(page, "resolved", joined(evidence.resolved));
  for (const ConnectAttempt& attempt : evidence.attempts) {
    fact(page, "not reached", printable(attempt.address + ": " + describe(attempt.error)));
  }
  if (!evidence.address.empty()) fact(page, "address", printable(evidence.address));
  if (evidence.response) write_response(page, *evidence.response);
  if (!evidence.unparsed.empty()) fact(page, "not HTTP", shorten(escape_for_display(evidence.unparsed), 240));
  if (evidence.session) write_session(page, *evidence.session);
  if (const auto& http2 = evidence.http2) {
    fact(page, "HTTP/2",
         fmt::format("SETTINGS {}, WebSocket over it {}{}{}", http2->settings ? "came" : "did not come",
                     http2->connect_protocol ? "offered" : "not offered",
                     http2->reset.empty() ? "" : ", stream reset with " + printable(http2->reset),
                     http2->goaway.empty() ? "" : ", GOAWAY with " + printable(http2->goaway)));
  }
  if (step.frontend) write_page(page, *step.frontend);
  if (step.health) write_health(page, *step.health);
  if (step.witness) {
    fact(page, "connections",
         fmt::format("{} before, {} while ours was held, {} after", number_or_unknown(step.witness->before),
                     number_or_unknown(step.witness->during), number_or_unknown(step.witness->after)));
  }
}

/// The numbers that the scenario asks for are shown whatever became of them.
void write_values(Page& page, const StepReport& step) {
  std::string text;
  for (const auto& [name, value] : step.values) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value ? fmt::to_string(*value) : "unknown");
  }
  if (!text.empty()) fact(page, "values", text);
}

// ---- what went wrong ----

/// Whether a step's own verdict says more than the report's: what the whole has explained needs no second opinion.
bool adds_to_the_whole(const Verdict& of_step, const Verdict& whole) {
  const bool open_where_the_whole_is_not =
      of_step.cause.id == CauseId::undetermined && whole.cause.id != CauseId::undetermined;
  return of_step.cause != whole.cause && !open_where_the_whole_is_not;
}

/// `previous` is the step shown before, or null.
void write_problems(Page& page, const Report& report, const StepReport& step, const StepReport* previous) {
  if (step.as_expected) return;
  if (std::holds_alternative<Failed>(step.outcome) && previous != nullptr && previous->unmet == step.unmet) {
    page.paragraph(details_indent, "as above", Tone::caution);
  } else {
    for (const std::string& sentence : step.unmet) page.paragraph(details_indent, printable(sentence), Tone::caution);
  }
  if (!step.verdict || !adds_to_the_whole(*step.verdict, report.verdict)) return;
  page.paragraph(details_indent, printable(step.verdict->summary));
  const std::string& remedy = step.verdict->remedy;
  if (remedy.empty() || remedy == report.verdict.remedy) return;
  page.row(details_indent, {{std::string(page.sign("→ ", "-> "))}}, printable(remedy.substr(0, remedy.find('\n'))));
}

const StepReport* upgrade_that_ought_to_work(const Report& report) {
  const auto found = std::find_if(report.steps.begin(), report.steps.end(), [](const StepReport& step) {
    return step.kind == StepKind::upgrade && step.credential != CredentialUse::invalid;
  });
  return found == report.steps.end() ? nullptr : &*found;
}

/// One line a place: its name and the answer there; an answer other than the one before is marked.
template <typename NameOf>
void write_places(Page& page, std::string_view title, const std::vector<const StepReport*>& places, NameOf name_of) {
  int widest = 0;
  for (const StepReport* place : places) widest = std::max(widest, display_width(name_of(*place)));
  page.heading(title);
  std::string previous;
  for (const StepReport* place : places) {
    const std::string status = plain_answer(*place);
    const bool parts = place != places.front() && status != previous;
    page.row(2,
             {{parts ? std::string(page.sign("≠ ", "! ")) : "  ", Tone::caution},
              {name_of(*place), Tone::plain, widest + 2}},
             answer_of(*place), parts ? Tone::caution : Tone::plain);
    previous = status;
  }
}

/// What witnesses recorded of the exchange.
void write_logged(Page& page, const StepReport& step) {
  for (const LogRecord& record : step.logged) {
    std::string text = printable(record.method.empty() ? record.target : record.method + " " + record.target);
    if (record.status > 0) text += fmt::format(" {}", record.status);
    if (record.upstream_status && *record.upstream_status > 0) {
      text += fmt::format(", {} from its upstream", *record.upstream_status);
    }
    if (!record.flags.empty()) text += ", " + printable(record.flags);
    if (!record.marked) text += " (found by counting)";
    page.row(details_indent, {{printable(record.source) + ":  ", Tone::faint}}, shorten(text, 240));
  }
}

int name_column(const std::vector<StepReport>& steps) {
  int widest = 10;
  for (const StepReport& step : steps) widest = std::max(widest, display_width(printable(step.name)));
  return widest + 2;
}

int answer_column(const std::vector<StepReport>& steps) {
  int widest = 10;
  for (const StepReport& step : steps) widest = std::max(widest, display_width(answer_of(step)));
  return std::min(widest, longest_answer) + 2;
}

}  // namespace

void write_steps(Page& page, const Report& report, Detail detail) {
  const int names = name_column(report.steps);
  const int answers = answer_column(report.steps);
  const StepReport* previous = nullptr;
  for (const StepReport& step : report.steps) {
    page.row(2, {{std::string(step.as_expected ? page.sign("✔ ", "ok   ") : page.sign("✘ ", "FAIL ")),
                  step.as_expected ? Tone::good : Tone::bad},
                 {printable(step.name), Tone::plain, names},
                 {answer_of(step), Tone::plain, answers},
                 {readable(step.evidence.times.total()), Tone::plain, -8}});
    write_values(page, step);
    write_problems(page, report, step, previous);
    if (!report.pass || detail == Detail::full) write_logged(page, step);
    previous = &step;
    if (detail == Detail::full) {
      write_waterfall(page, step.evidence.times);
      write_evidence(page, step);
    } else if (!report.pass) {
      write_bar(page, step.evidence.times);
    }
  }
}

void write_hops(Page& page, const Report& report) {
  const auto is_hop = [](const StepReport& step) { return step.experiment == ExperimentKind::hop_valid; };
  if (std::none_of(report.experiments.begin(), report.experiments.end(), is_hop)) return;
  std::vector<const StepReport*> places;
  if (const StepReport* edge = upgrade_that_ought_to_work(report)) places.push_back(edge);
  for (const StepReport& step : report.experiments) {
    if (is_hop(step)) places.push_back(&step);
  }
  std::stable_sort(places.begin(), places.end(), [](const StepReport* left, const StepReport* right) {
    return (left->hop ? *left->hop + 1 : 0) < (right->hop ? *right->hop + 1 : 0);
  });
  for (const StepReport& step : report.experiments) {
    if (step.experiment == ExperimentKind::direct_valid) places.push_back(&step);
  }
  write_places(page, "Hop by hop", places, [](const StepReport& step) {
    if (step.hop) return fmt::format("hop {}  {}", *step.hop + 1, printable(step.evidence.request.url));
    return fmt::format("{}  {}", step.experiment ? "application" : "edge", printable(step.evidence.request.url));
  });
}

void write_addresses(Page& page, const Report& report) {
  std::vector<const StepReport*> places;
  for (const StepReport& step : report.experiments) {
    if (step.experiment == ExperimentKind::other_address) places.push_back(&step);
  }
  if (places.empty()) return;
  if (const StepReport* first = upgrade_that_ought_to_work(report)) places.insert(places.begin(), first);
  write_places(page, "Address by address", places, [](const StepReport& step) {
    return step.evidence.address.empty() ? std::string("(no connection)") : printable(step.evidence.address);
  });
}

void write_http2(Page& page, const Report& report) {
  const auto found = std::find_if(report.experiments.begin(), report.experiments.end(), [](const StepReport& step) {
    return step.experiment == ExperimentKind::http2_websocket;
  });
  if (found == report.experiments.end() || !found->evidence.http2) return;
  const Http2Facts& http2 = *found->evidence.http2;
  std::string text = "the edge offers it, but not WebSocket over it: browsers open those over HTTP/1.1";
  if (http2.connect_protocol) {
    text = fmt::format("the edge offers it, and WebSocket over it, which Chromium will use: {}", answer_of(*found));
  } else if (!http2.settings) {
    text = fmt::format("agreed on with the edge, whose SETTINGS did not come: {}", answer_of(*found));
  }
  const bool is_well = found->as_expected && (http2.settings || !std::holds_alternative<Failed>(found->outcome));
  page.row(2, {{std::string("HTTP/2  "), Tone::faint}}, text, is_well ? Tone::plain : Tone::caution);
}

void write_experiments(Page& page, const Report& report, Detail detail) {
  const int names = name_column(report.experiments);
  const int answers = answer_column(report.experiments);
  for (const StepReport& step : report.experiments) {
    page.row(2, {{printable(step.name), Tone::plain, names}, {answer_of(step), Tone::plain, answers}},
             step.experiment ? description(*step.experiment) : "", Tone::faint);
    if (detail == Detail::full) {
      write_waterfall(page, step.evidence.times);
      write_evidence(page, step);
    }
  }
}

}  // namespace wsprobe::exporters
