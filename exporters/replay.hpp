// A saved report whose verdict was reached again from its evidence: for a person and for programs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/report.hpp"
#include "exporters/human.hpp"

namespace wsprobe::exporters {

/// One thing in which the verdict of now is not the verdict in the file.
struct VerdictChange {
  std::string exchange;  ///< name of the step or experiment; empty: the verdict of the whole
  std::string part;      ///< the key in the JSON report: "cause", "reasons"
  std::string was;       ///< in the file
  std::string is;        ///< now
};

struct Replay {
  std::string file;
  Report report;  ///< with the verdicts of now
  std::vector<VerdictChange> changes;
};

/// The verdict of now, then whether it is the one in the file; where it is not, what changed.
[[nodiscard]] std::string to_text(const Replay& replay, const HumanStyle& style);

/// {"schema": "wsprobe.replay/1", "replays": [{file, scenario, target, equal, changes, verdict, steps: [{name,
/// verdict}], experiments}]}
[[nodiscard]] std::string to_json(std::span<const Replay> replays);

}  // namespace wsprobe::exporters
