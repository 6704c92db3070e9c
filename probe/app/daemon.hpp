// The daemon: the monitor's observer, and what its endpoints tell of.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/live_feed.hpp"
#include "app/log.hpp"
#include "app/serve_inputs.hpp"
#include "app/web_guard.hpp"
#include "exporters/scenario_metrics.hpp"
#include "exporters/status_page.hpp"
#include "monitor/history.hpp"
#include "monitor/monitor.hpp"
#include "net/service_manager.hpp"
#include "web/router.hpp"

namespace wsprobe::app {

class Daemon final : public monitor::Observer {
 public:
  Daemon(asio::io_context& context, const ServeOptions& options, ServeInputs inputs,
         std::unique_ptr<monitor::History> history);
  ~Daemon() override;

  /// Opens the addresses. The error is in words.
  tl::expected<void, std::string> listen();
  /// Runs until stop().
  net::awaitable<void> run();
  /// Reads everything again; what cannot be used changes nothing. True: it is used.
  bool reload();
  /// Ends run() when what is running has ended. A second call ends it at once.
  void stop();

  void began(Duration lag) override;
  void ended(const monitor::ScenarioState& state, const Report& report, monitor::Change change) override;

 private:
  friend class Endpoints;
  friend class PageEndpoints;

  void take(ServeInputs inputs);
  void record(const Report& report, monitor::Change change);
  void watch_history();
  void remember(const std::string& scenario, const exporters::PageRun& run);
  net::awaitable<void> read_history();
  void log_change(const monitor::ScenarioState& state, const Report& report) const;
  net::awaitable<void> drain();
  net::awaitable<void> keep_looking(Duration interval);
  net::awaitable<void> keep_telling();
  [[nodiscard]] std::string stamp() const;

  asio::io_context& context_;
  const ServeOptions& options_;
  Log log_;
  net::ServiceManager service_manager_;
  std::unique_ptr<monitor::History> history_;
  monitor::Config config_;
  std::vector<std::string> files_;
  std::string stamp_;
  monitor::Monitor monitor_;
  std::map<std::string, std::unique_ptr<exporters::ScenarioMetrics>> metrics_;
  std::map<std::string, exporters::SeriesScenario> series_;
  exporters::DaemonMetrics daemon_metrics_;
  LiveFeed feed_;
  WebGuard guard_;
  web::Router router_;
  std::map<std::string, std::deque<exporters::PageRun>> recent_;  // oldest first
  std::unique_ptr<class Endpoints> endpoints_;
  std::unique_ptr<class PageEndpoints> page_endpoints_;
  std::unique_ptr<web::Server> server_;
  net::Event stopped_;
  bool draining_ = false;
  std::size_t probes_ = 0;
  std::string history_error_;  // as it was last logged
};

}  // namespace wsprobe::app
