#include "app/daemon.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "app/endpoints.hpp"
#include "app/page_endpoints.hpp"
#include "core/version.hpp"
#include "exporters/human.hpp"
#include "exporters/json.hpp"
#include "net/tasks.hpp"

namespace wsprobe::app {
namespace {

/// Runs of each scenario that the overview shows.
constexpr std::size_t most_recent = 60;

/// How long what is running may take to its end once a stop was asked for.
constexpr Duration drain_time = std::chrono::seconds(15);

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);  // nothing here sets variables
  return value != nullptr ? value : "";
}

exporters::SeriesScenario series_of(const scenario::Scenario& scenario) {
  exporters::SeriesScenario series;
  series.name = scenario.name;
  series.labels = scenario.labels;
  series.interval = scenario.every;
  series.transport = scenario.edge.secure() ? exporters::Transport::tls : exporters::Transport::plain;
  for (const scenario::Step& step : scenario.steps) {
    if (const auto* health = std::get_if<scenario::HealthStep>(&step)) {
      series.steps.push_back({health->name, StepKind::health, CredentialUse::none});
    } else if (const auto* http = std::get_if<scenario::HttpStep>(&step)) {
      series.steps.push_back({http->name, StepKind::http, CredentialUse::none});
    } else if (const auto* upgrade = std::get_if<scenario::UpgradeStep>(&step)) {
      series.steps.push_back({upgrade->name, StepKind::upgrade, upgrade->credential});
    }
  }
  return series;
}

/// But for the interval, which may change without anything else.
bool are_equal(const exporters::SeriesScenario& left, const exporters::SeriesScenario& right) {
  const auto same_step = [](const exporters::SeriesStep& one, const exporters::SeriesStep& other) {
    return one.name == other.name && one.kind == other.kind && one.credential == other.credential;
  };
  return left.name == right.name && left.labels == right.labels && left.transport == right.transport &&
         std::equal(left.steps.begin(), left.steps.end(), right.steps.begin(), right.steps.end(), same_step);
}

monitor::MonitorSettings monitor_settings(const ServeOptions& options, const monitor::Config& config) {
  return {options.probe.connect, config.vantage, config.concurrency};
}

}  // namespace

Daemon::Daemon(asio::io_context& context, const ServeOptions& options, ServeInputs inputs,
               std::unique_ptr<monitor::History> history)
    : context_(context),
      options_(options),
      log_(options.settings.log),
      service_manager_(environment_variable("NOTIFY_SOCKET")),
      history_(std::move(history)),
      config_(inputs.config),
      monitor_(context, monitor_settings(options, inputs.config), *this),
      feed_(context),
      guard_(context, inputs.config.web_config_file, inputs.web, log_),
      endpoints_(std::make_unique<Endpoints>(*this)),
      page_endpoints_(std::make_unique<PageEndpoints>(*this)),
      stopped_(context) {
  endpoints_->add_to(router_);
  page_endpoints_->add_to(router_);
  server_ = std::make_unique<web::Server>(context_, web::ServerLimits{}, [this](const web::Request& request) {
    return guard_.admit(request, [this](const web::Request& admitted) { return router_.answer(admitted); });
  });
  server_->use_tls([this] { return guard_.tls(); });
  take(std::move(inputs));
}

Daemon::~Daemon() = default;

tl::expected<void, std::string> Daemon::listen() {
  for (const std::string& address : config_.listen_addresses) {
    const auto parsed = monitor::parse_host_and_port(address);
    if (!parsed) return tl::unexpected(fmt::format("{}: {}", address, parsed.error()));
    const std::string host = parsed->host.empty()          ? "0.0.0.0"
                             : parsed->host == "localhost" ? "127.0.0.1"
                                                           : parsed->host;
    const auto port = server_->listen(host, parsed->port);
    if (!port) return tl::unexpected(port.error().detail);
    const bool is_ipv6 = host.find(':') != std::string::npos;
    const std::string where = is_ipv6 ? fmt::format("[{}]:{}", host, *port) : fmt::format("{}:{}", host, *port);
    log_.write(LogLevel::info, "listening", {{"address", where}, {"tls", guard_.tls() ? "yes" : "no"}});
  }
  return {};
}

void Daemon::take(ServeInputs inputs) {
  std::map<std::string, std::unique_ptr<exporters::ScenarioMetrics>> metrics;
  std::map<std::string, exporters::SeriesScenario> series;
  std::map<std::string, std::deque<exporters::PageRun>> recent;
  for (const monitor::ScenarioPtr& scenario : inputs.scenarios) {
    exporters::SeriesScenario wanted = series_of(*scenario);
    const auto known = series_.find(scenario->name);
    if (known != series_.end() && are_equal(known->second, wanted)) {
      metrics[scenario->name] = std::move(metrics_[scenario->name]);
      metrics[scenario->name]->set_interval(wanted.interval);
    } else {
      metrics[scenario->name] = std::make_unique<exporters::ScenarioMetrics>(wanted);
    }
    series.emplace(scenario->name, std::move(wanted));
    if (const auto runs = recent_.extract(scenario->name)) recent[scenario->name] = std::move(runs.mapped());
  }
  recent_ = std::move(recent);
  metrics_ = std::move(metrics);
  series_ = std::move(series);
  config_ = std::move(inputs.config);
  files_ = std::move(inputs.files);
  stamp_ = stamp();
  daemon_metrics_.reloaded(std::chrono::system_clock::now());
  for (const scenario::Diagnostic& warning : inputs.warnings) {
    log_.write(LogLevel::warn, "a scenario is unwise", {{"where", warning.render()}});
  }
  monitor_.set(std::move(inputs.scenarios));
}

bool Daemon::reload() {
  service_manager_.tell(fmt::format(
      "RELOADING=1\nMONOTONIC_USEC={}",
      std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now().time_since_epoch()).count()));
  auto inputs = read_serve_inputs(options_);
  if (inputs) {
    guard_.use(inputs->web);
    const std::size_t count = inputs->scenarios.size();
    take(std::move(*inputs));
    log_.write(LogLevel::info, "reloaded", {{"scenarios", fmt::format("{}", count)}});
  } else {
    daemon_metrics_.reload_failed();
    stamp_ = stamp();
    for (const scenario::Diagnostic& problem : inputs.error()) {
      log_.write(LogLevel::error, "the configuration cannot be used, the old one stays", {{"where", problem.render()}});
    }
  }
  service_manager_.tell("READY=1");
  return inputs.has_value();
}

/// Changes with any of the files.
std::string Daemon::stamp() const {
  std::string stamp;
  for (const std::string& file : files_) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) continue;
    stamp += fmt::format("{} {} {} {};", status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return stamp;
}

net::awaitable<void> Daemon::keep_looking(Duration interval) {
  while (!draining_) {
    const TimePoint next = SteadyClock::now() + interval;
    co_await stopped_.wait(next);
    if (!draining_ && stamp() != stamp_) reload();
  }
}

net::awaitable<void> Daemon::keep_telling() {
  const std::string limit = environment_variable("WATCHDOG_USEC");
  const long microseconds = limit.empty() ? 0 : std::atol(limit.c_str());
  if (microseconds <= 0) co_return;
  while (!draining_) {
    service_manager_.tell("WATCHDOG=1");
    const TimePoint next = SteadyClock::now() + std::chrono::microseconds(microseconds / 3);
    co_await net::wait_until(next);
  }
}

net::awaitable<void> Daemon::run() {
  if (history_->health().moved_aside) {
    log_.write(LogLevel::warn, "the history was broken: it was put aside and a new one begun", {});
  }
  net::spawn(context_, read_history());
  net::spawn(context_, keep_telling());
  if (options_.settings.reload_interval) net::spawn(context_, keep_looking(*options_.settings.reload_interval));
  log_.write(LogLevel::info, "started",
             {{"version", std::string(version)}, {"scenarios", fmt::format("{}", metrics_.size())}});
  service_manager_.tell(fmt::format("READY=1\nSTATUS={} scenarios", metrics_.size()));
  co_await monitor_.run();
  co_await drain();
  context_.stop();
}

net::awaitable<void> Daemon::drain() {
  const Deadline deadline = SteadyClock::now() + drain_time;
  co_await monitor_.drain(deadline);
  feed_.close();
  co_await server_->drain(SteadyClock::now() + std::chrono::seconds(2));
  log_.write(LogLevel::info, "stopped", {});
}

void Daemon::stop() {
  if (draining_) {
    context_.stop();
    return;
  }
  draining_ = true;
  log_.write(LogLevel::info, "stopping", {{"running", fmt::format("{}", monitor_.running())}});
  service_manager_.tell("STOPPING=1");
  monitor_.stop();
}

void Daemon::began(Duration lag) { daemon_metrics_.observe_lag(lag); }

void Daemon::ended(const monitor::ScenarioState& state, const Report& report, monitor::Change change) {
  metrics_.at(report.scenario)->update(report);
  record(report, change);
  remember(report.scenario, {report.started_at, report.duration, report.pass});
  if (change != monitor::Change::none) log_change(state, report);
  feed_.ran(report.scenario);
}

void Daemon::remember(const std::string& scenario, const exporters::PageRun& run) {
  std::deque<exporters::PageRun>& runs = recent_[scenario];
  runs.push_back(run);
  if (runs.size() > most_recent) runs.pop_front();
}

/// What the overview shows of the time before this start.
net::awaitable<void> Daemon::read_history() {
  std::vector<std::string> names;
  for (const auto& [name, metrics] : metrics_) names.push_back(name);
  for (const std::string& name : names) {
    const std::vector<monitor::RunLine> runs = co_await history_->runs(name, 0, static_cast<int>(most_recent));
    if (recent_.contains(name) || !metrics_.contains(name)) continue;
    for (const monitor::RunLine& run : runs) {
      remember(name,
               {monitor::to_wall_time(run.started_at), std::chrono::microseconds(run.duration_microseconds), run.pass});
    }
  }
}

void Daemon::record(const Report& report, monitor::Change change) {
  monitor::RunLine run;
  run.scenario = report.scenario;
  run.started_at = monitor::to_milliseconds(report.started_at);
  run.duration_microseconds = std::chrono::duration_cast<std::chrono::microseconds>(report.duration).count();
  run.pass = report.pass;
  run.emitter = name(report.verdict.emitter);
  run.fault = name(report.verdict.fault);
  run.cause = name(report.verdict.cause);
  std::optional<monitor::StoredReport> stored;
  if (!report.pass || change != monitor::Change::none) {
    stored.emplace();
    stored->line.run = run;
    stored->line.change = change != monitor::Change::none;
    stored->line.summary = report.verdict.summary;
    stored->line.remedy = report.pass ? "" : report.verdict.remedy;
    stored->json = exporters::to_json(report);
    exporters::HumanStyle style;
    style.detail = exporters::Detail::full;
    stored->text = exporters::to_text(report, style);
  }
  history_->record(std::move(run), std::move(stored));
  watch_history();
}

/// A line when the disk begins to fail, and one when it works again.
void Daemon::watch_history() {
  const monitor::History::Health health = history_->health();
  if (health.last_error == history_error_) return;
  history_error_ = health.last_error;
  if (history_error_.empty()) {
    log_.write(LogLevel::info, "the history is written again", {});
  } else {
    log_.write(LogLevel::error, "the history cannot be written", {{"error", history_error_}});
  }
}

void Daemon::log_change(const monitor::ScenarioState& state, const Report& report) const {
  const Verdict& verdict = report.verdict;
  log_.write(report.pass ? LogLevel::info : LogLevel::warn, report.pass ? "scenario passes" : "scenario fails",
             {{"scenario", report.scenario},
              {"target", state.scenario->edge.display()},
              {"emitter", std::string(name(verdict.emitter))},
              {"fault", std::string(name(verdict.fault))},
              {"cause", std::string(name(verdict.cause))},
              {"summary", verdict.summary}});
}

}  // namespace wsprobe::app
