// The witnesses of one run: opened before its first request, asked after its steps and after each round of experiments.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/redactor.hpp"
#include "core/report.hpp"
#include "net/asio.hpp"
#include "scenario/scenario.hpp"
#include "witness/source.hpp"

namespace wsprobe::engine {

class Witnesses {
 public:
  /// `run_mark` is what every User-Agent of the run has in it before "-NN", `control` the part of the paths that nobody
  /// has defined. `redactor` is used as long as this lives.
  Witnesses(const scenario::Scenario& scenario, const std::string& run_mark, const std::string& control,
            const Redactor& redactor);

  [[nodiscard]] bool empty() const { return sources_.empty(); }

  /// How much of the run's timeout its exchanges have to leave to the witnesses; nothing where there are none.
  [[nodiscard]] Duration share() const { return share_; }

  /// Notes what is old in each log. Over by `deadline`, and within share().
  net::awaitable<void> open(Deadline deadline);

  /// Fills in `logged` of the report's steps and experiments, and `witnesses`. Logs are written late, so this waits a
  /// little while lines are missing. Over by `deadline`, and within share().
  net::awaitable<void> collect(Report& report, Deadline deadline);

 private:
  std::vector<std::unique_ptr<witness::Source>> sources_;
  /// What was found so far: the reports of the steps are made anew before each call of collect().
  std::map<std::string, std::vector<LogRecord>> found_;
  Duration share_{};
};

}  // namespace wsprobe::engine
