#include "app/page_endpoints.hpp"

#include <charconv>

#include "app/daemon.hpp"
#include "exporters/status_page.hpp"

namespace wsprobe::app {
namespace {

using web::Request;
using web::Response;

constexpr int most_charted = 480;
/// Reports; those that tell the same are one row.
constexpr int most_incidents = 300;

WallTime now() { return std::chrono::system_clock::now(); }

Response page(int status, std::string html) {
  Response response = web::html_response(status, std::move(html));
  response.fields.push_back({"Content-Security-Policy", std::string(exporters::page_policy)});
  return response;
}

Response asset(std::string_view type, std::string_view text) {
  Response response = web::text_response(200, std::string(text));
  response.content_type = type;
  response.fields.push_back({"Cache-Control", "max-age=300"});
  return response;
}

exporters::PageScenario page_scenario(const monitor::ScenarioState& state) {
  exporters::PageScenario scenario;
  scenario.name = state.scenario->name;
  scenario.target = state.scenario->edge.display();
  scenario.labels = state.scenario->labels;
  scenario.every = state.scenario->every;
  scenario.last = state.last.get();
  scenario.changed_at = state.changed_at;
  scenario.streak = state.streak;
  return scenario;
}

exporters::PageRun page_run(const monitor::RunLine& run) {
  return {monitor::to_wall_time(run.started_at), std::chrono::microseconds(run.duration_microseconds), run.pass};
}

exporters::PageIncident page_incident(const monitor::ReportLine& line) {
  const monitor::RunLine& run = line.run;
  return {line.id,    run.scenario, monitor::to_wall_time(run.started_at),
          run.pass,   line.change,  run.emitter,
          run.fault,  run.cause,    line.summary,
          line.remedy};
}

/// An icon that needs no file: a ring with a dot.
constexpr std::string_view icon =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="none" )"
    R"(stroke="#0550ae" stroke-width="2"/><circle cx="8" cy="8" r="2" fill="#0550ae"/></svg>)";

}  // namespace

void PageEndpoints::add_to(web::Router& router) {
  using Member = net::awaitable<Response> (PageEndpoints::*)(const Request&);
  const auto add = [&](const char* path, Member member) {
    router.add("GET", path, [this, member](const Request& request) { return (this->*member)(request); });
  };
  const auto add_asset = [&](const char* path, std::string_view type, std::string_view text) {
    router.add("GET", path, [type, text](const Request&) -> net::awaitable<Response> { co_return asset(type, text); });
  };
  add("/", &PageEndpoints::overview);
  add("/scenario/", &PageEndpoints::scenario);
  add("/incident/", &PageEndpoints::incident);
  add("/badge/", &PageEndpoints::badge);
  add("/events", &PageEndpoints::events);
  add_asset("/style.css", "text/css; charset=utf-8", exporters::page_style());
  add_asset("/live.js", "text/javascript; charset=utf-8", exporters::page_script());
  add_asset("/icon.svg", "image/svg+xml", icon);
}

net::awaitable<Response> PageEndpoints::overview(const Request& /*request*/) {
  std::vector<exporters::PageScenario> scenarios;
  for (const auto& [name, state] : daemon_.monitor_.states()) {
    scenarios.push_back(page_scenario(state));
    if (const auto found = daemon_.recent_.find(name); found != daemon_.recent_.end()) {
      scenarios.back().runs.assign(found->second.begin(), found->second.end());
    }
  }
  co_return page(200, exporters::overview_page(scenarios, now()));
}

net::awaitable<Response> PageEndpoints::scenario(const Request& request) {
  const std::string name = request.path.substr(std::string_view("/scenario/").size());
  const monitor::UnixMilliseconds yesterday = monitor::to_milliseconds(now() - std::chrono::hours(24));
  monitor::ReportFilter filter;
  filter.scenario = name;
  filter.limit = most_incidents;
  const std::vector<monitor::ReportLine> lines = co_await daemon_.history_->reports(filter);
  const std::vector<monitor::RunLine> runs = co_await daemon_.history_->runs(name, yesterday, most_charted);
  // Only now: a reload may have taken it away in the meantime.
  const auto state = daemon_.monitor_.states().find(name);
  if (state == daemon_.monitor_.states().end()) {
    co_return page(404, exporters::missing_page("There is no scenario of that name.", now()));
  }
  exporters::PageScenario shown = page_scenario(state->second);
  for (const monitor::RunLine& run : runs) shown.runs.push_back(page_run(run));
  std::vector<exporters::PageIncident> incidents;
  for (const monitor::ReportLine& line : lines) incidents.push_back(page_incident(line));
  co_return page(200, exporters::scenario_page(shown, incidents, now()));
}

net::awaitable<Response> PageEndpoints::incident(const Request& request) {
  const std::string text = request.path.substr(std::string_view("/incident/").size());
  std::int64_t id = 0;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), id);
  std::optional<monitor::StoredReport> stored;
  if (problem == std::errc() && *stop == '\0') stored = co_await daemon_.history_->report(id);
  if (!stored) co_return page(404, exporters::missing_page("There is no report of that number, or it is gone.", now()));
  co_return page(200, exporters::incident_page(page_incident(stored->line), stored->text, now()));
}

net::awaitable<Response> PageEndpoints::badge(const Request& request) {
  std::string name = request.path.substr(std::string_view("/badge/").size());
  if (name.ends_with(".svg")) name.resize(name.size() - 4);
  const auto state = daemon_.monitor_.states().find(name);
  if (state == daemon_.monitor_.states().end()) co_return web::text_response(404, "there is no such scenario\n");
  Response response = web::text_response(200, exporters::badge_svg(name, state->second.last.get()));
  response.content_type = "image/svg+xml";
  // It is there to be shown on other pages.
  response.fields.push_back({"Cross-Origin-Resource-Policy", "cross-origin"});
  co_return response;
}

net::awaitable<Response> PageEndpoints::events(const Request& /*request*/) {
  Response response;
  response.content_type = "text/event-stream";
  response.stream = [this](web::BodyWriter& writer) { return daemon_.feed_.follow(writer); };
  co_return response;
}

}  // namespace wsprobe::app
