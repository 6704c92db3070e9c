// The same question, changed in one thing.
//
// How often the changed request got the same status again, over refusals of the valid credential (44 of applications,
// 74 of proxies; measured before this code was written, and not among the answers that the tests replay):
//   Sec-WebSocket-Version 99     59 %   97 %
//   without the Upgrade headers  55 %   92 %
//   an unknown method            16 %   78 %   (applications that check credentials before anything else: the same)
// So a different answer to version 99 is near proof that something behind the proxy reads the handshake, and the same
// answer proves little. A proxy that denies upgrades only lets the plain GET through, which is why that difference
// stays weak.
#include "attribution/lines.hpp"

namespace wsprobe::attribution {
namespace {

bool answered(const StepReport* step) { return response_of(step) != nullptr; }

}  // namespace

Findings differences(const Pattern& pattern) {
  Findings findings;
  const auto add = [&](double weight, std::string sentence) {
    findings.push_back({Line::differences, weight, std::move(sentence)});
  };
  const int status = status_of(pattern.subject);
  if (const StepReport* twin = pattern.version_twin(); answered(twin)) {
    if (status_of(twin) != status) {
      add(2.6,
          "Sec-WebSocket-Version 99 gets another answer: the handshake is read, which applications do");  // ln(.41/.03)
    } else {
      add(-0.5, "Sec-WebSocket-Version 99 gets the same status: nobody seems to read the handshake");
    }
  }
  if (const StepReport* twin = pattern.plain_twin(); answered(twin)) {
    const StepReport* control = pattern.experiment(ExperimentKind::control_path);
    const bool any_upgrade = control == nullptr || status_of(control) == status;
    if (status_of(twin) != status && any_upgrade) {
      add(0.5, "without the Upgrade headers the answer is another, as it is where all upgrades are denied");
    } else if (status_of(twin) != status) {
      add(1.3, "without the Upgrade headers the answer is another");
    } else if (same_answer(twin, pattern.subject)) {
      add(-0.5, "without the Upgrade headers the answer is the same");
    }
  }
  const StepReport* method = pattern.experiment(ExperimentKind::unknown_method);
  if (pattern.judges_valid() && answered(method)) {
    if (status_of(method) == status) {
      add(-1.0, "an unknown method on the same URL gets the same status");
    } else if (status_of(method) == 400 || status_of(method) == 405 || status_of(method) == 501) {
      add(0, "an unknown method is refused as such, perhaps before any rule is looked at");
    } else {
      add(1.3, "an unknown method on the same URL gets another status");
    }
  }
  return findings;
}

Findings direct_path(const Pattern& pattern) {
  Findings findings;
  const ExperimentKind kind = pattern.judges_valid() ? ExperimentKind::direct_valid : ExperimentKind::direct_invalid;
  const StepReport* direct = pattern.experiment(kind);
  if (direct == nullptr) return findings;
  if (refused_by_response(direct) && status_of(direct) == status_of(pattern.subject)) {
    findings.push_back({Line::direct, 3.0, "asked past the proxy, the application refuses with the same status"});
  } else if (accepted(direct)) {
    findings.push_back({Line::direct, 0, "asked past the proxy, the application accepts the same upgrade"});
  }
  return findings;
}

}  // namespace wsprobe::attribution
