#include "exporters/status_svg.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "exporters/html.hpp"
#include "exporters/page.hpp"
#include "exporters/timestamp.hpp"

namespace wsprobe::exporters {
namespace {

std::size_t failures(std::span<const PageRun> runs) {
  return static_cast<std::size_t>(
      std::count_if(runs.begin(), runs.end(), [](const PageRun& run) { return !run.pass; }));
}

std::string run_title(const PageRun& run) {
  return fmt::format("{}: {} in {}", iso_timestamp(run.at), run.pass ? "passed" : "failed", readable(run.duration));
}

}  // namespace

std::string history_strip(std::span<const PageRun> runs, std::size_t most) {
  constexpr int step = 6;
  constexpr int height = 24;
  if (runs.size() > most) runs = runs.subspan(runs.size() - most);
  const int width = static_cast<int>(most) * step;
  std::string svg =
      fmt::format(R"(<svg class="strip" viewBox="0 0 {} {}" role="img" aria-label="the last {} runs, {} failed">)",
                  width, height, runs.size(), failures(runs));
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
  constexpr double width = 480;
  constexpr int row = 18;
  const Timeline& times = step.evidence.times;
  const double total = std::max(to_seconds(times.total()), 1e-9);
  std::string bars;
  std::string words;
  int y = 0;
  for (std::size_t at = 0; at < phase_count; ++at) {
    const auto phase = static_cast<Phase>(at);
    const auto duration = times.duration(phase);
    const Span& span = times.span(phase);
    if (!duration || !span.begin) continue;
    const double left = to_seconds(*span.begin - times.started()) / total * width;
    const double length = std::max(to_seconds(*duration) / total * width, 1.5);
    const std::string label = fmt::format("{} {}", name(phase), readable(*duration));
    bars += fmt::format(R"(<rect class="phase p-{}" x="{:.1f}" y="{}" width="{:.1f}" height="12"/>)", name(phase),
                        130 + left, y + 3, length);
    bars += fmt::format(R"(<text x="0" y="{}">{}</text>)", y + 13, label);
    words += fmt::format("{}{}", words.empty() ? "" : ", ", label);
    y += row;
  }
  if (words.empty()) return {};
  return fmt::format(R"(<svg class="waterfall" viewBox="0 0 620 {}" role="img" aria-label="phases: {}">{}</svg>)", y,
                     html(words), bars);
}

std::string duration_chart(std::span<const PageRun> runs) {
  constexpr double width = 640;
  constexpr double height = 120;
  if (runs.size() < 2) return {};
  Duration longest{};
  for (const PageRun& run : runs) longest = std::max(longest, run.duration);
  const double scale = height / std::max(to_seconds(longest), 1e-6);
  const double first = static_cast<double>(runs.front().at.time_since_epoch().count());
  const double span = std::max(static_cast<double>(runs.back().at.time_since_epoch().count()) - first, 1.0);
  std::string line;
  std::string marks;
  for (const PageRun& run : runs) {
    const double x = 60 + (static_cast<double>(run.at.time_since_epoch().count()) - first) / span * width;
    const double y = 10 + height - to_seconds(run.duration) * scale;
    line += fmt::format("{}{:.1f},{:.1f}", line.empty() ? "" : " ", x, y);
    if (!run.pass) {
      marks += fmt::format(R"(<circle class="bad" cx="{:.1f}" cy="{:.1f}" r="3"><title>{}</title></circle>)", x, y,
                           run_title(run));
    }
  }
  return fmt::format(
      R"(<svg class="chart" viewBox="0 0 710 160" role="img" aria-label="how long the last {} runs took, at most {}">)"
      R"(<line class="axis" x1="60" y1="130" x2="700" y2="130"/><line class="axis" x1="60" y1="10" x2="60" y2="130"/>)"
      R"(<text x="52" y="16" class="end">{}</text><text x="52" y="133" class="end">0</text>)"
      R"(<text x="60" y="150">{}</text><text x="700" y="150" class="end">{}</text>)"
      R"(<polyline class="line" points="{}"/>{}</svg>)",
      runs.size(), readable(longest), readable(longest), iso_timestamp(runs.front().at), iso_timestamp(runs.back().at),
      line, marks);
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
