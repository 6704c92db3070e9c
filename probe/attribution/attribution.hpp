// Attribution: from what was seen to who wrote it, whose fault it is, and why.
//
// A pure function. Two questions, in this order. Who wrote these bytes? Independent lines of evidence (signature of the
// response, comparison with answers of known authors, differences between requests, direct path, witnesses) are summed
// as log-likelihood ratios; inside one line only the strongest counts. What explains the whole pattern of answers? A
// table of causes against the pattern. Below its threshold an answer is `undetermined`, with what would settle it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/report.hpp"

namespace wsprobe::attribution {

/// Which products' signatures are known. All, but where it is to be seen how the rest carries without one of them.
struct Knowledge {
  std::vector<std::string> without;  ///< product names as explain lists them: "nginx"
  [[nodiscard]] bool of(std::string_view product) const;
};

struct Input {
  std::span<const StepReport> steps;
  std::span<const StepReport> experiments;
  /// The backend's own address where the scenario names it ("backend:8000"); used in remedies.
  std::string upstream;
  std::span<const WitnessReport> witnesses{};
  const Knowledge* knowledge = nullptr;  ///< null: everything is known
};

struct Attribution {
  Verdict overall;
  std::vector<std::optional<Verdict>> of_steps;        ///< parallel to Input::steps; as StepReport::verdict says
  std::vector<std::optional<Verdict>> of_experiments;  ///< parallel; only who wrote it, for refused upgrades
  /// What to try next, most telling first; empty when everything is explained or nothing would help.
  std::vector<ExperimentKind> wanted;
};

[[nodiscard]] Attribution attribute(const Input& input);

/// No more extra exchanges than these are ever wanted at once.
inline constexpr std::size_t most_wanted = 12;

/// The experiment sends a credential that is not valid: some services lock out whoever does so often.
[[nodiscard]] bool lockout_prone(ExperimentKind kind);

/// The shell command that repeats an exchange: curl, with secrets as shell variables ("$VALID").
[[nodiscard]] std::string reproduction(const RequestFacts& request);

/// What to do about a cause, filled in with what is known of the deployment.
struct RemedyContext {
  std::string host;      ///< "api.example.com"
  std::string path;      ///< "/api/ws"
  std::string upstream;  ///< "backend:8000" or empty
  std::string product;   ///< the proxy's, as products.hpp calls it: "nginx"; empty where it was not recognised
  std::vector<CauseId> candidates{};  ///< where the cause is undetermined: what it could be
};
[[nodiscard]] std::string remedy(const Cause& cause, Emitter emitter, Fault fault, const RemedyContext& context);

/// What a cause means, one paragraph.
[[nodiscard]] std::string_view meaning(CauseId cause);

}  // namespace wsprobe::attribution
