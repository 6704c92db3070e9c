#include "exporters/status_svg.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "exporters/html.hpp"
#include "exporters/page.hpp"
#include "exporters/timestamp.hpp"

namespace wsprobe::exporters {
namespace {

/// Of drawings that are stretched to the place there is.
constexpr double wide = 1000;

std::size_t failures(std::span<const PageRun> runs) {
  return static_cast<std::size_t>(
      std::count_if(runs.begin(), runs.end(), [](const PageRun& run) { return !run.pass; }));
}

std::string run_title(const PageRun& run) {
  return fmt::format("{}: {} in {}", iso_timestamp(run.at), run.pass ? "passed" : "failed", readable(run.duration));
}

/// The median distance between one run and the next. At least two runs.
Duration usual_distance(std::span<const PageRun> runs) {
  std::vector<Duration> distances;
  for (std::size_t at = 1; at < runs.size(); ++at) {
    distances.push_back(std::chrono::duration_cast<Duration>(runs[at].at - runs[at - 1].at));
  }
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  return *middle;
}

}  // namespace

std::string history_strip(std::span<const PageRun> runs, std::size_t most) {
  constexpr int step = 6;
  constexpr int height = 24;
  if (runs.size() > most) runs = runs.subspan(runs.size() - most);
  const int width = static_cast<int>(most) * step;
  std::string svg = fmt::format(
      R"(<svg class="strip" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="the last {2} runs, {3} failed">)"
      R"(<line class="axis" x1="0" y1="{4}" x2="{0}" y2="{4}"/>)",
      width, height, runs.size(), failures(runs), height - 0.5);
  // Right-aligned: now is always at the same place.
  int x = width - static_cast<int>(runs.size()) * step;
  for (const PageRun& run : runs) {
    // A failed run is also taller: colour alone does not tell everybody.
    const int top = run.pass ? 8 : 0;
    svg += fmt::format(R"(<rect class="{}" x="{}" y="{}" width="4" height="{}"><title>{}</title></rect>)",
                       run.pass ? "good" : "bad", x, top, height - top, run_title(run));
    x += step;
  }
  return svg + "</svg>";
}

std::string phase_waterfall(const StepReport& step) {
  const Timeline& times = step.evidence.times;
  const double total = std::max(to_seconds(times.total()), 1e-9);
  std::string rows;
  std::string words;
  for (std::size_t at = 0; at < phase_count; ++at) {
    const auto phase = static_cast<Phase>(at);
    const auto duration = times.duration(phase);
    const Span& span = times.span(phase);
    if (!duration || !span.begin) continue;
    const double left = to_seconds(*span.begin - times.started()) / total * wide;
    const double length = std::max(to_seconds(*duration) / total * wide, 2.0);
    rows += fmt::format(
        R"(<span>{0}</span><span class="took">{1}</span><svg aria-hidden="true" viewBox="0 0 {2:.0f} 10" preserveAspectRatio="none">)"
        R"(<rect class="phase p-{0}" x="{3:.1f}" y="0" width="{4:.1f}" height="10"/></svg>)",
        name(phase), readable(*duration), wide, std::min(left, wide - length), length);
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", name(phase), readable(*duration));
  }
  if (words.empty()) return {};
  return fmt::format(R"(<div class="waterfall" role="img" aria-label="phases: {}">{}</div>)", html(words), rows);
}

std::string duration_chart(std::span<const PageRun> runs) {
  constexpr double height = 120;
  if (runs.size() < 2) return {};
  const auto longest = std::max_element(runs.begin(), runs.end(), [](const PageRun& left, const PageRun& right) {
                         return left.duration < right.duration;
                       })->duration;
  const double scale = (height - 4) / std::max(to_seconds(longest), 1e-6);
  const double span = std::max(to_seconds(runs.back().at - runs.front().at), 1e-9);
  const Duration usual = usual_distance(runs);
  std::string lines;
  std::string marks;
  std::string points;
  const auto end_line = [&] {
    if (!points.empty()) lines += fmt::format(R"(<polyline class="line" points="{}"/>)", points);
    points.clear();
  };
  const PageRun* before = nullptr;
  for (const PageRun& run : runs) {
    // Where nothing ran, there is no line.
    if (before != nullptr && run.at - before->at > 3 * usual) end_line();
    const double x = to_seconds(run.at - runs.front().at) / span * wide;
    points += fmt::format("{}{:.1f},{:.1f}", points.empty() ? "" : " ", x, height - to_seconds(run.duration) * scale);
    if (!run.pass) {
      marks += fmt::format(R"(<line class="bad" x1="{0:.1f}" y1="0" x2="{0:.1f}" y2="{1}"><title>{2}</title></line>)",
                           x, height, run_title(run));
    }
    before = &run;
  }
  end_line();
  const auto clock = [](WallTime time) { return iso_timestamp(time).substr(0, 19); };
  return fmt::format(
      R"(<figure><svg class="chart" viewBox="0 0 {0:.0f} {1:.0f}" preserveAspectRatio="none" role="img" )"
      R"(aria-label="how long the last {2} runs took, at most {3}">{4}{5}</svg>)"
      R"(<figcaption><span>{6}</span><span>full height: {3}</span><span>{7}</span></figcaption></figure>)",
      wide, height, runs.size(), readable(longest), marks, lines, clock(runs.front().at), clock(runs.back().at));
}

std::string badge_svg(std::string_view name, const Report* last) {
  const std::string_view state = last == nullptr ? "unknown" : last->pass ? "passing" : "failing";
  const std::string_view colour = last == nullptr ? "#6b7280" : last->pass ? "#157f3c" : "#b42318";
  const int left = 12 + 7 * display_width(name);
  const int right = 12 + 7 * static_cast<int>(state.size());
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="20" role="img" aria-label="{3}: {4}">)"
      R"(<title>{3}: {4}</title><rect width="{1}" height="20" fill="#374151"/>)"
      R"(<rect x="{1}" width="{2}" height="20" fill="{5}"/>)"
      R"(<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">)"
      R"(<text x="{6}" y="14">{3}</text><text x="{7}" y="14">{4}</text></g></svg>)"
      "\n",
      left + right, left, right, html(name), state, colour, left / 2, left + right / 2);
}

}  // namespace wsprobe::exporters
