#include "exporters/status_page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/version.hpp"
#include "exporters/html.hpp"
#include "exporters/page.hpp"
#include "exporters/status_svg.hpp"
#include "exporters/timestamp.hpp"

namespace wsprobe::exporters {
namespace {

/// More would be megabytes, and nobody's overview.
constexpr std::size_t most_rows = 500;

enum class State : std::uint8_t { failing, unknown, passing };

State state_of(const PageScenario& scenario) {
  if (scenario.last == nullptr) return State::unknown;
  return scenario.last->pass ? State::passing : State::failing;
}

/// A sign, a colour and a word: any one of them is enough.
std::string state_mark(State state) {
  switch (state) {
    case State::failing: return R"(<span class="state bad">✗ failing</span>)";
    case State::unknown: return R"(<span class="state open">… not run yet</span>)";
    case State::passing: return R"(<span class="state good">✓ passing</span>)";
  }
  return {};
}

std::string time_tag(WallTime time) {
  const std::string text = iso_timestamp(time);
  return fmt::format(R"(<time datetime="{}">{} {} UTC</time>)", text, text.substr(0, 10), text.substr(11, 8));
}

/// "3 min", "2 h": how long ago, in one unit.
std::string age(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 120) return fmt::format("{} s", std::max<std::int64_t>(seconds, 0));
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / 86'400);
}

/// "30 s", "1.50 s"
std::string period(Duration every) {
  return every % std::chrono::seconds(1) == Duration::zero() ? age(every) : readable(every);
}

std::string scenario_link(std::string_view name) {
  return fmt::format(R"(<a href="/scenario/{0}">{0}</a>)", html(name));
}

/// `scenario` is the one the page is about, or empty: the script fetches the page again when that has run.
std::string layout(std::string_view title, std::string_view scenario, std::string_view content, WallTime now) {
  return fmt::format(
      R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{0}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<script src="/live.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><nav aria-label="Main"><a href="/">wsprobe</a> <a href="/metrics">metrics</a> <a href="/api/v1/reports">reports</a></nav>
<p id="live" role="status"></p></header>
<main id="content" data-scenario="{1}">
{2}
</main>
<footer><p>wsprobe {3}. This page was made at {4}.</p></footer>
</body>
</html>
)",
      html(title), html(scenario), content, version, time_tag(now));
}

std::string words_list(std::string_view emitter, std::string_view fault, std::string_view cause,
                       std::string_view more = {}) {
  return fmt::format(
      R"(<dl class="verdict"><div><dt>written by</dt><dd>{}</dd></div><div><dt>to change</dt><dd>{}</dd></div>)"
      R"(<div><dt>cause</dt><dd>{}</dd></div>{}</dl>)",
      html(emitter), html(fault), html(cause), more);
}

std::string verdict_words(const Verdict& verdict) {
  std::string sure;
  if (verdict.cause.id != CauseId::undetermined) {
    sure = fmt::format("<div><dt>sure</dt><dd>{:.0f} %</dd></div>", verdict.confidence * 100);
  }
  return words_list(name(verdict.emitter), name(verdict.fault), name(verdict.cause), sure);
}

/// Sentences as paragraphs; indented lines are configuration and keep their shape.
std::string remedy_blocks(std::string_view remedy) {
  std::string out;
  std::string_view open;
  while (!remedy.empty()) {
    const std::string_view line = remedy.substr(0, remedy.find('\n'));
    remedy.remove_prefix(std::min(line.size() + 1, remedy.size()));
    if (line.empty()) continue;
    const std::string_view wanted = line.front() == ' ' || line.front() == '\t' ? "pre" : "p";
    const bool goes_on = wanted == open && wanted == "pre";
    if (!goes_on && !open.empty()) out += fmt::format("</{}>\n", open);
    out += goes_on ? "\n" : fmt::format("<{}>", wanted);
    out += html(line);
    open = wanted;
  }
  if (!open.empty()) out += fmt::format("</{}>\n", open);
  return out;
}

std::string what_to_do(std::string_view remedy) {
  return fmt::format("<h2>What to do</h2>\n<div class=\"remedy\">{}</div>\n", remedy_blocks(remedy));
}

std::string overview_row(const PageScenario& scenario, WallTime now) {
  constexpr std::size_t most_runs = 30;
  const std::string since = scenario.last == nullptr ? "" : fmt::format("for {}", age(now - scenario.changed_at));
  const std::string sentence = scenario.last == nullptr ? "" : html(scenario.last->verdict.summary);
  return fmt::format(
      R"(<tr><th scope="row">{}<br><small>{}</small></th><td>{}<br><small>{}</small></td><td>{}</td><td class="runs">{}</td></tr>)"
      "\n",
      scenario_link(scenario.name), html(scenario.target), state_mark(state_of(scenario)), since, sentence,
      history_strip(scenario.runs, most_runs));
}

std::string answer_of(const StepReport& step) {
  if (const auto* failed = std::get_if<Failed>(&step.outcome)) return html(describe(failed->error));
  if (step.evidence.response) return html(step.evidence.response->head.status_line());
  return {};
}

std::string step_section(const StepReport& step) {
  std::string unmet;
  for (const std::string& sentence : step.unmet) unmet += fmt::format("<li>{}</li>", html(sentence));
  if (!unmet.empty()) unmet = fmt::format("<ul>{}</ul>", unmet);
  return fmt::format(
      R"(<section class="step"><h3><span class="state {}">{}</span> {}</h3><p><code>{} {}</code></p><p>{}</p>{}{}</section>)"
      "\n",
      step.as_expected ? "good" : "bad", step.as_expected ? "✓ as expected" : "✗ not as expected", html(step.name),
      html(step.evidence.request.method), html(step.evidence.request.url), answer_of(step), unmet,
      phase_waterfall(step));
}

std::string last_run(const PageScenario& scenario) {
  if (scenario.last == nullptr) return "<p>It has not run yet.</p>";
  const Report& report = *scenario.last;
  std::string out =
      fmt::format("<p class=\"summary\">{}</p>\n{}", html(report.verdict.summary), verdict_words(report.verdict));
  if (!report.pass && !report.verdict.remedy.empty()) {
    out += what_to_do(report.verdict.remedy);
  }
  if (!report.verdict.reasons.empty()) {
    out += "<details id=\"reasons\"><summary>Why this is said</summary><ul>";
    for (const SupportingFact& reason : report.verdict.reasons) out += fmt::format("<li>{}</li>", html(reason.fact));
    out += "</ul></details>\n";
  }
  out += fmt::format("<h2>The last run</h2>\n<p>It began at {} and took {}.</p>\n", time_tag(report.started_at),
                     readable(report.duration));
  for (const StepReport& step : report.steps) out += step_section(step);
  return out;
}

/// Runs that told the same, one after the other.
struct Stretch {
  const PageIncident* first = nullptr;  ///< the one that told it first
  const PageIncident* last = nullptr;
  std::size_t runs = 0;
  bool begins_earlier = false;  ///< `first` is only the earliest that was asked for
};

/// `incidents` are newest first, and so are the stretches.
std::vector<Stretch> stretches_of(std::span<const PageIncident> incidents) {
  std::vector<Stretch> stretches;
  bool is_open = false;
  for (const PageIncident& incident : incidents) {
    if (!is_open) stretches.push_back({nullptr, &incident, 0, false});
    stretches.back().first = &incident;
    ++stretches.back().runs;
    is_open = !incident.change;
  }
  if (is_open && !stretches.empty()) stretches.back().begins_earlier = true;
  return stretches;
}

std::string stretch_row(const Stretch& stretch) {
  const PageIncident& first = *stretch.first;
  std::string length;
  if (stretch.runs > 1) {
    length = fmt::format("<br><small>{}{} runs in {}</small>", stretch.begins_earlier ? "more than " : "", stretch.runs,
                         age(stretch.last->at - first.at));
  }
  return fmt::format(R"(<tr><th scope="row"><a href="/incident/{}">{}</a>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>)"
                     "\n",
                     first.id, time_tag(first.at), length, state_mark(first.pass ? State::passing : State::failing),
                     first.pass ? "" : html(first.cause), html(first.summary));
}

}  // namespace

std::string overview_page(std::span<const PageScenario> scenarios, WallTime now) {
  std::vector<const PageScenario*> sorted;
  for (const PageScenario& scenario : scenarios) sorted.push_back(&scenario);
  std::stable_sort(sorted.begin(), sorted.end(), [](const PageScenario* left, const PageScenario* right) {
    return state_of(*left) < state_of(*right);
  });
  const auto count = [&](State state) {
    return std::count_if(scenarios.begin(), scenarios.end(),
                         [&](const PageScenario& scenario) { return state_of(scenario) == state; });
  };
  const auto failing = count(State::failing);
  std::string content = fmt::format("<h1>{}</h1>\n<p>{} passing, {} failing, {} not run yet.</p>\n",
                                    failing == 0 ? "Nothing is failing"
                                                 : fmt::format("{} of {} scenarios {} failing", failing,
                                                               scenarios.size(), failing == 1 ? "is" : "are"),
                                    count(State::passing), failing, count(State::unknown));
  content +=
      "<table><caption>Scenarios, those that fail first</caption><thead><tr><th scope=\"col\">scenario</th>"
      "<th scope=\"col\">state</th><th scope=\"col\">verdict</th><th scope=\"col\">last "
      "runs</th></tr></thead><tbody>\n";
  const std::size_t shown = std::min(sorted.size(), most_rows);
  for (std::size_t at = 0; at < shown; ++at) content += overview_row(*sorted[at], now);
  content += "</tbody></table>";
  if (shown < sorted.size()) {
    content += fmt::format("\n<p>{} more are in <a href=\"/api/v1/scenarios\">/api/v1/scenarios</a>.</p>",
                           sorted.size() - shown);
  }
  return layout(failing == 0 ? "wsprobe" : fmt::format("({} failing) wsprobe", failing), "", content, now);
}

std::string scenario_page(const PageScenario& scenario, std::span<const PageIncident> incidents, WallTime now) {
  constexpr std::size_t most_runs = 120;
  std::string content = fmt::format("<h1>{} {}</h1>\n<p>{}, every {}", html(scenario.name),
                                    state_mark(state_of(scenario)), html(scenario.target), period(scenario.every));
  for (const auto& [label, value] : scenario.labels) content += fmt::format(" · {}={}", html(label), html(value));
  content += "</p>\n";
  if (scenario.last != nullptr) {
    content += fmt::format("<p>{} for {}, {} run{} since {}.</p>\n", scenario.last->pass ? "Passing" : "Failing",
                           age(now - scenario.changed_at), scenario.streak, scenario.streak == 1 ? "" : "s",
                           time_tag(scenario.changed_at));
  }
  content += last_run(scenario);
  content += "<h2>History</h2>\n" + history_strip(scenario.runs, most_runs) + "\n" + duration_chart(scenario.runs);
  content += "\n<h2>Incidents</h2>\n";
  if (incidents.empty()) {
    content += "<p>None is kept.</p>";
  } else {
    content +=
        "<table><caption>What was told, the newest first; failures that told the same are one "
        "row</caption><thead><tr><th scope=\"col\">when</th>"
        "<th scope=\"col\">state</th><th scope=\"col\">cause</th><th scope=\"col\">verdict</th></tr></thead><tbody>\n";
    for (const Stretch& stretch : stretches_of(incidents)) content += stretch_row(stretch);
    content += "</tbody></table>";
  }
  const std::string_view mark = scenario.last == nullptr ? "" : scenario.last->pass ? "✓ " : "✗ ";
  return layout(fmt::format("{}{} · wsprobe", mark, scenario.name), scenario.name, content, now);
}

std::string incident_page(const PageIncident& incident, std::string_view text, WallTime now) {
  std::string content = fmt::format(
      "<h1>{} at {} {}</h1>\n<p class=\"summary\">{}</p>\n", scenario_link(incident.scenario), time_tag(incident.at),
      state_mark(incident.pass ? State::passing : State::failing), html(incident.summary));
  if (!incident.pass) {
    content += words_list(incident.emitter, incident.fault, incident.cause) + "\n" + what_to_do(incident.remedy);
  }
  content += fmt::format(
      "<h2>Evidence</h2>\n<pre role=\"region\" tabindex=\"0\" aria-label=\"the whole report\">{}</pre>\n"
      "<p><a href=\"/api/v1/reports/{}\">The report as JSON</a></p>",
      html_lines(text), incident.id);
  return layout(fmt::format("{} · wsprobe", incident.scenario), "", content, now);
}

std::string missing_page(std::string_view what, WallTime now) {
  return layout("Not found · wsprobe", "",
                fmt::format("<h1>Not found</h1>\n<p>{}</p>\n<p><a href=\"/\">All scenarios</a></p>", html(what)), now);
}

}  // namespace wsprobe::exporters
