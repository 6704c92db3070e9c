// The pattern of answers around one exchange: everything the deployment was asked, by the role it plays.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "attribution/answer.hpp"
#include "attribution/attribution.hpp"

namespace wsprobe::attribution {

inline constexpr std::array all_experiments{
#define WSPROBE_ROW(name, what) ExperimentKind::name,
    WSPROBE_EXPERIMENTS(WSPROBE_ROW)
#undef WSPROBE_ROW
};

/// Whether the proxy assembles answers as Go's HTTP server does: what was set before (copied from upstream, sorted by
/// name) first, its own Date and Content-Length last. `perhaps` where only the copying was seen: another program that
/// sorts would look the same.
enum class GoProxy : std::uint8_t { no, perhaps, yes };

/// Pointers into the Input; null where something was not asked.
struct Pattern {
  const StepReport* subject = nullptr;  ///< what is being judged
  const StepReport* health = nullptr;
  const StepReport* valid = nullptr;  ///< the upgrade that ought to work: valid credential, or none where none is used
  const StepReport* invalid = nullptr;  ///< the upgrade with an invalid credential
  const StepReport* none = nullptr;     ///< the upgrade without a credential
  std::array<const StepReport*, all_experiments.size()> experiments{};
  std::span<const WitnessReport> witnesses{};
  const Knowledge* knowledge = nullptr;  ///< null: every product's habits are known
  const Response* sample = nullptr;      ///< of the application, see application_sample(); null where there is none
  GoProxy go = GoProxy::no;              ///< see go_proxy()

  [[nodiscard]] const StepReport* experiment(ExperimentKind kind) const {
    return experiments[static_cast<std::size_t>(kind)];
  }
  /// The subject's own request without the Upgrade headers.
  [[nodiscard]] const StepReport* plain_twin() const;
  /// The subject's own request with Sec-WebSocket-Version 99.
  [[nodiscard]] const StepReport* version_twin() const;
  /// Every exchange through the edge, the subject aside.
  [[nodiscard]] std::vector<const StepReport*> others() const;
  /// The subject carries the same credential as the upgrade that ought to work, or is answered exactly as it.
  [[nodiscard]] bool judges_valid() const;
};

/// The pattern around `subject`. Steps of the same path are preferred; experiments count for the path they were made
/// on.
[[nodiscard]] Pattern pattern_around(const StepReport& subject, const Input& input);

}  // namespace wsprobe::attribution
