#include "app/endpoints.hpp"

#include <charconv>

#include <fmt/format.h>

#include "app/daemon.hpp"
#include "app/probe_target.hpp"
#include "exporters/human.hpp"
#include "exporters/probe_metrics.hpp"
#include "exporters/timestamp.hpp"

namespace wsprobe::app {
namespace {

using web::Request;
using web::Response;

constexpr std::size_t most_probes = 64;

/// What Prometheus still needs once the answer is on its way.
constexpr Duration scrape_margin = std::chrono::milliseconds(500);

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

Response bad_request(std::string message) { return web::text_response(400, std::move(message) + "\n"); }

std::string line_json(const monitor::ReportLine& line) {
  return fmt::format(
      R"({{"id": {}, "scenario": {}, "started_at": "{}", "duration_seconds": {:.6f}, "outcome": "{}", "change": {}, )"
      R"("emitter": {}, "fault": {}, "cause": {}, "summary": {}, "remedy": {}}})",
      line.id, json_quoted(line.run.scenario), exporters::iso_timestamp(monitor::to_wall_time(line.run.started_at)),
      static_cast<double>(line.run.duration_microseconds) / 1e6, line.run.pass ? "pass" : "fail", line.change,
      json_quoted(line.run.emitter), json_quoted(line.run.fault), json_quoted(line.run.cause),
      json_quoted(line.summary), json_quoted(line.remedy));
}

/// Unix milliseconds, from seconds ("1763870400", "1763870400.5") or "2026-11-23T02:14:00Z".
std::optional<monitor::UnixMilliseconds> parse_time(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  double second = 0;
  char zone = '\0';
  if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%lf%c", &year, &month, &day, &hour, &minute, &second, &zone) ==
      7) {
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (zone != 'Z' || !date.ok() || hour > 23 || minute > 59 || !(second < 61)) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60'000 + static_cast<std::int64_t>(second * 1000);
  }
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(seconds >= 0 && seconds < 1e11)) return std::nullopt;
  return static_cast<std::int64_t>(seconds * 1000);
}

/// The filter of /api/v1/reports, or what is wrong with it.
tl::expected<monitor::ReportFilter, std::string> read_filter(const Request& request) {
  monitor::ReportFilter filter;
  filter.scenario = request.parameter("scenario").value_or("");
  filter.cause = request.parameter("cause").value_or("");
  filter.outcome = request.parameter("outcome").value_or("");
  if (!filter.outcome.empty() && filter.outcome != "pass" && filter.outcome != "fail") {
    return tl::unexpected<std::string>("outcome: `pass` or `fail`");
  }
  for (const auto& [name, into] : {std::pair{"since", &filter.since}, std::pair{"until", &filter.until}}) {
    const auto text = request.parameter(name);
    if (!text) continue;
    const auto time = parse_time(*text);
    if (!time) return tl::unexpected(fmt::format("{}: seconds since 1970, or 2026-11-23T02:14:00Z", name));
    *into = *time;
  }
  if (const auto text = request.parameter("before")) {
    const auto id = parse_integer(*text);
    if (!id) return tl::unexpected<std::string>("before: the id of a report");
    filter.before = *id;
  }
  if (const auto text = request.parameter("limit")) {
    const auto limit = parse_integer(*text);
    if (!limit || *limit < 1 || *limit > 1000) return tl::unexpected<std::string>("limit: 1 to 1000");
    filter.limit = static_cast<int>(*limit);
  }
  return filter;
}

/// The part of a path behind the route's own.
std::string rest_of(const Request& request, std::string_view prefix) { return request.path.substr(prefix.size()); }

}  // namespace

void Endpoints::add_to(web::Router& router) {
  using Member = net::awaitable<Response> (Endpoints::*)(const Request&);
  const auto add = [&](const char* method, const char* path, Member member) {
    router.add(method, path, [this, member](const Request& request) { return (this->*member)(request); });
  };
  add("GET", "/metrics", &Endpoints::metrics);
  add("GET", "/probe", &Endpoints::probe);
  add("GET", "/api/v1/reports", &Endpoints::reports);
  add("GET", "/api/v1/reports/", &Endpoints::report);
  add("GET", "/api/v1/scenarios", &Endpoints::scenarios);
  add("POST", "/-/reload", &Endpoints::reload);
  add("PUT", "/-/reload", &Endpoints::reload);
  add("GET", "/-/healthy", &Endpoints::healthy);
  add("GET", "/-/ready", &Endpoints::ready);
}

net::awaitable<Response> Endpoints::metrics(const Request& /*request*/) {
  std::vector<const exporters::ScenarioMetrics*> all;
  all.reserve(daemon_.metrics_.size());
  for (const auto& [name, metrics] : daemon_.metrics_) all.push_back(metrics.get());
  exporters::DaemonMetrics& own = daemon_.daemon_metrics_;
  own.set(exporters::MetricId::wsprobe_schedule_skipped_slots_total,
          static_cast<double>(daemon_.monitor_.schedule().skipped()));
  own.set(exporters::MetricId::wsprobe_history_unrecorded_runs_total,
          static_cast<double>(daemon_.history_->health().not_recorded));
  Response response = web::text_response(200, exporters::metrics_text(all, own));
  response.content_type = exporters::metrics_content_type;
  co_return response;
}

net::awaitable<Response> Endpoints::probe(const Request& request) {
  const auto module = request.parameter("module");
  if (!module) co_return bad_request("the parameter `module` is missing: the name of a scenario");
  const auto state = daemon_.monitor_.states().find(*module);
  if (state == daemon_.monitor_.states().end()) co_return bad_request("there is no scenario of that name");
  scenario::Scenario scenario = *state->second.scenario;
  if (const auto target = request.parameter("target")) {
    auto pointed = retargeted(scenario, *target, daemon_.config_.probe_targets);
    if (!pointed) co_return web::text_response(pointed.error().status, pointed.error().message + "\n");
    scenario = std::move(*pointed);
  }
  if (const std::string* limit = request.find("X-Prometheus-Scrape-Timeout-Seconds")) {
    const double seconds = std::strtod(limit->c_str(), nullptr);
    const auto allowed = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)) - scrape_margin;
    if (seconds > 0 && seconds < 86'400 && allowed > scrape_margin) {
      scenario.timeout = std::min(scenario.timeout, allowed);
    }
  }
  if (daemon_.probes_ >= most_probes) co_return web::text_response(503, "too many probes at the same time\n");
  const bool debug = request.parameter("debug") == "true";
  const TimePoint started = SteadyClock::now();
  std::string log;
  std::function<void(std::string_view)> note = [&](std::string_view what) {
    log += fmt::format("{:8.3f} ms  {}\n", to_seconds(SteadyClock::now() - started) * 1e3, what);
  };
  const auto shared = std::make_shared<const scenario::Scenario>(std::move(scenario));
  ++daemon_.probes_;
  const Report report = co_await daemon_.monitor_.probe(shared, std::move(note));
  --daemon_.probes_;
  std::string text = exporters::probe_text(report);
  if (debug) {
    exporters::HumanStyle style;
    style.detail = exporters::Detail::full;
    text = fmt::format("Log of the probe:\n{}\n\nEvidence:\n{}\n\nMetrics that would have been returned:\n{}", log,
                       exporters::to_text(report, style), text);
  }
  Response response = web::text_response(200, std::move(text));
  if (!debug) response.content_type = exporters::metrics_content_type;
  co_return response;
}

net::awaitable<Response> Endpoints::reports(const Request& request) {
  const auto filter = read_filter(request);
  if (!filter) co_return bad_request(filter.error());
  const std::vector<monitor::ReportLine> lines = co_await daemon_.history_->reports(*filter);
  std::string body = "{\"reports\": [";
  for (const monitor::ReportLine& line : lines) {
    body += fmt::format("{}\n  {}", &line == &lines.front() ? "" : ",", line_json(line));
  }
  const bool more = static_cast<int>(lines.size()) == filter->limit;
  body += fmt::format("\n], \"next_before\": {}}}\n", more ? fmt::format("{}", lines.back().id) : "null");
  co_return web::json_response(200, std::move(body));
}

net::awaitable<Response> Endpoints::report(const Request& request) {
  const auto id = parse_integer(rest_of(request, "/api/v1/reports/"));
  std::optional<monitor::StoredReport> stored;
  if (id) stored = co_await daemon_.history_->report(*id);
  if (!stored) co_return web::text_response(404, "there is no report of that number\n");
  if (request.parameter("format") == "text") co_return web::text_response(200, std::move(stored->text));
  co_return web::json_response(200, std::move(stored->json));
}

net::awaitable<Response> Endpoints::scenarios(const Request& /*request*/) {
  std::string body = "{\"scenarios\": [";
  const char* separator = "";
  for (const auto& [name, state] : daemon_.monitor_.states()) {
    body += fmt::format(R"({}{}  {{"scenario": {}, "target": {}, "outcome": {}, "since": {}, "runs_since": {}}})",
                        separator, "\n", json_quoted(name), json_quoted(state.scenario->edge.display()),
                        state.last ? (state.last->pass ? "\"pass\"" : "\"fail\"") : "null",
                        state.last ? json_quoted(exporters::iso_timestamp(state.changed_at)) : "null", state.streak);
    separator = ",";
  }
  co_return web::json_response(200, body + "\n]}\n");
}

net::awaitable<Response> Endpoints::reload(const Request& /*request*/) {
  if (daemon_.reload()) co_return web::text_response(200, "reloaded\n");
  co_return web::text_response(500, "the configuration cannot be used; see the log\n");
}

net::awaitable<Response> Endpoints::healthy(const Request& /*request*/) {
  co_return web::text_response(200, "wsprobe is healthy.\n");
}

net::awaitable<Response> Endpoints::ready(const Request& /*request*/) {
  if (daemon_.draining_) co_return web::text_response(503, "wsprobe is stopping.\n");
  co_return web::text_response(200, "wsprobe is ready.\n");
}

}  // namespace wsprobe::app
