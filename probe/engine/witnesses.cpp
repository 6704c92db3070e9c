#include "engine/witnesses.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "net/tasks.hpp"

namespace wsprobe::engine {
namespace {

constexpr auto most_share = std::chrono::seconds(3);
constexpr auto poll_interval = std::chrono::milliseconds(10);
/// How long a line may take from the end of an exchange to its log. Programs that buffer their logs for longer are not
/// waited for: what is not there says nothing about them.
constexpr auto settling_time = std::chrono::milliseconds(300);

/// Only the token that the loader made up is like no other; what somebody writes into a file may be in any log.
std::string random_invalid(const scenario::Scenario& scenario) {
  constexpr std::string_view beginning = "wsprobe-invalid-";
  if (scenario.invalid.has_secret()) return {};
  std::string text = scenario.invalid.redacted();
  return text.starts_with(beginning) && text.size() >= beginning.size() + 16 ? text : std::string();
}

std::vector<StepReport*> exchanges_of(Report& report) {
  std::vector<StepReport*> made;
  for (auto* reports : {&report.steps, &report.experiments}) {
    for (StepReport& step : *reports) {
      if (!step.evidence.request.method.empty()) made.push_back(&step);
    }
  }
  std::stable_sort(made.begin(), made.end(), [](const StepReport* left, const StepReport* right) {
    return left->evidence.times.started() < right->evidence.times.started();
  });
  return made;
}

/// The same in every report of one exchange.
std::string key_of(const StepReport& exchange) {
  const auto began = exchange.evidence.times.started().time_since_epoch().count();
  return fmt::format("{} {} {}", exchange.name, exchange.evidence.request.url, began);
}

}  // namespace

Witnesses::Witnesses(const scenario::Scenario& scenario, const std::string& run_mark, const std::string& control,
                     const Redactor& redactor) {
  if (scenario.witnesses.empty()) return;
  share_ = std::min<Duration>(scenario.timeout / 4, most_share);
  const witness::Marks marks{run_mark, control, random_invalid(scenario)};
  for (const scenario::WitnessSource& source : scenario.witnesses) {
    sources_.push_back(source.argv.empty() ? witness::Source::of_file(source.file, source.owner, marks, redactor)
                                           : witness::Source::of_command(source.argv, source.owner, marks, redactor));
  }
}

net::awaitable<void> Witnesses::open(Deadline deadline) {
  deadline = std::min(deadline, SteadyClock::now() + share_);
  for (const auto& source : sources_) source->open();
  for (;;) {
    const TimePoint now = SteadyClock::now();
    bool all_open = true;
    for (const auto& source : sources_) all_open = source->is_open(now) && all_open;
    if (all_open || now >= deadline) break;
    co_await net::wait_until(now + poll_interval);
  }
  for (const auto& source : sources_) source->stop_waiting(SteadyClock::now());
}

net::awaitable<void> Witnesses::collect(Report& report, Deadline deadline) {
  const std::vector<StepReport*> exchanges = exchanges_of(report);
  for (StepReport* exchange : exchanges) exchange->logged = found_[key_of(*exchange)];
  const TimePoint began = SteadyClock::now();
  deadline = std::min(deadline, began + share_);
  for (;;) {
    const TimePoint now = SteadyClock::now();
    bool all_found = true;
    bool all_read = true;
    for (const auto& source : sources_) {
      all_found = source->poll(exchanges, now) && all_found;
      all_read = source->was_read() && all_read;
    }
    const bool settled = all_read && now >= began + settling_time;
    if (all_found || settled || now >= deadline) break;
    co_await net::wait_until(now + poll_interval);
  }
  report.witnesses.clear();
  for (const auto& source : sources_) {
    source->settle(exchanges);
    report.witnesses.push_back(source->report());
  }
  for (const StepReport* exchange : exchanges) found_[key_of(*exchange)] = exchange->logged;
}

}  // namespace wsprobe::engine
