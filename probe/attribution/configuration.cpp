#include "attribution/configuration.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"

namespace wsprobe::attribution {
namespace {

constexpr double sure_of_author = 0.9;

/// Where the finding is right, the proxy itself answers, or ends the connection: the application never hears of it.
bool keeps_from_application(CauseId cause) {
  constexpr std::array causes{CauseId::proxy_denied,       CauseId::proxy_auth_required, CauseId::spa_fallback,
                              CauseId::redirected,         CauseId::route_missing,       CauseId::upstream_unreachable,
                              CauseId::connection_aborted, CauseId::rate_limited};
  return std::find(causes.begin(), causes.end(), cause) != causes.end();
}

bool is_edge_upgrade(const StepReport& step) { return step.kind == StepKind::upgrade && !step.hop; }

int status_of(const StepReport& step) { return step.evidence.response ? step.evidence.response->head.status : 0; }

bool carries_credentials_of_its_own(const StepReport& step) {
  const auto& fields = step.evidence.request.fields;
  return std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return equals_ignoring_case(field.name, "Authorization") || equals_ignoring_case(field.name, "Cookie");
  });
}

/// What the run saw, as far as findings are concerned.
struct Seen {
  const StepReport* upgrade = nullptr;   ///< the one that ought to be accepted; null where there is none
  const StepReport* accepted = nullptr;  ///< one that came back with 101
  bool refused_at_other_address = false;
  std::vector<const Verdict*> verdicts;  ///< of the upgrade, then of the whole
};

Seen seen_in(const Report& report) {
  Seen seen;
  for (const StepReport& step : report.steps) {
    if (!is_edge_upgrade(step)) continue;
    const bool opened = status_of(step) == 101 && !std::holds_alternative<Failed>(step.outcome);
    if (opened && seen.accepted == nullptr) seen.accepted = &step;
    if (step.credential != CredentialUse::invalid && seen.upgrade == nullptr) seen.upgrade = &step;
  }
  seen.refused_at_other_address =
      std::any_of(report.experiments.begin(), report.experiments.end(), [](const StepReport& step) {
        return step.experiment == ExperimentKind::other_address && status_of(step) != 101;
      });
  if (seen.upgrade != nullptr && seen.upgrade->verdict) seen.verdicts.push_back(&*seen.upgrade->verdict);
  // Where the WebSocket is as it should be, the whole's verdict is about something else: the health document, the page.
  const bool whole = seen.upgrade == nullptr || !seen.upgrade->as_expected;
  if (whole || seen.verdicts.empty()) seen.verdicts.push_back(&report.verdict);
  return seen;
}

struct Judgement {
  FindingState state = FindingState::undecided;
  std::string evidence;
};

/// The verdict that came to what the finding foretells; null where none did. What a CDN writes is not this proxy's.
const Verdict* foretold(const ConfigurationFinding& finding, const Seen& seen) {
  if (finding.cause == CauseId::undetermined) return nullptr;
  const auto found = std::find_if(seen.verdicts.begin(), seen.verdicts.end(), [&](const Verdict* verdict) {
    return verdict->cause.id == finding.cause && verdict->emitter != Emitter::cdn;
  });
  return found == seen.verdicts.end() ? nullptr : *found;
}

std::string percent(double confidence) {
  const int value = static_cast<int>(confidence * 100 + 0.5);
  return value >= 100 ? "over 99 %" : fmt::format("{} %", value);
}

/// Why an accepted WebSocket does not clear the finding; empty where it does.
std::string not_told_by_acceptance(const ConfigurationFinding& finding, const Seen& seen) {
  if (seen.refused_at_other_address) return "the WebSocket opened, but not at every address of the name";
  if (finding.cause == CauseId::rate_limited) return "the WebSocket opened; so few requests do not come to a limit";
  if (finding.cause == CauseId::idle_timeout) {
    return "the WebSocket opened; it was not left idle for long enough to tell";
  }
  if (finding.cause == CauseId::undetermined) {
    return "the WebSocket opened; which of the definitions the proxy runs was not seen";
  }
  if (finding.cause == CauseId::proxy_auth_required && carries_credentials_of_its_own(*seen.accepted)) {
    return "the WebSocket opened, with an Authorization or Cookie field that other clients may not send";
  }
  if (finding.cause == CauseId::proxy_denied && !finding.only_if.empty()) {
    return "the WebSocket opened from this address; what others get cannot be seen from here";
  }
  return {};
}

Judgement when_accepted(const ConfigurationFinding& finding, const Seen& seen, bool running) {
  if (std::string why = not_told_by_acceptance(finding, seen); !why.empty()) {
    return {FindingState::undecided, std::move(why)};
  }
  std::string what = "the proxy does not run this text, or does what this reading of it misses";
  if (running) what = "its request does not come to harm here";
  if (!finding.only_if.empty()) what = "it does no harm as things are now";
  return {FindingState::cleared, fmt::format("the WebSocket opened (101): {}", what)};
}

Judgement when_not_accepted(const ConfigurationFinding& finding, const Seen& seen) {
  const Verdict& verdict = *seen.verdicts.front();
  if (seen.upgrade != nullptr && verdict.emitter == Emitter::backend && verdict.confidence >= sure_of_author &&
      keeps_from_application(finding.cause)) {
    return {FindingState::cleared, fmt::format("the application itself answered ({} sure), so the request came past it",
                                               percent(verdict.confidence))};
  }
  if (verdict.cause.id == CauseId::transport) {
    return {FindingState::undecided,
            fmt::format("no answer came ({}), so nothing was seen of it", name(verdict.cause))};
  }
  if (verdict.cause.id != CauseId::undetermined) {
    return {FindingState::undecided,
            fmt::format("the probe found {} instead; this may still stand behind it", name(verdict.cause))};
  }
  const bool spoken_for =
      std::any_of(verdict.reasons.begin(), verdict.reasons.end(), [&](const SupportingFact& reason) {
        return reason.supports == name(finding.cause) || reason.fact.find(name(finding.cause)) != std::string::npos;
      });
  if (spoken_for) {
    return {FindingState::fits,
            fmt::format("{} is among what it can be; from outside it is not proved", name(finding.cause))};
  }
  return {FindingState::undecided, "what was seen from outside does not tell the cause"};
}

}  // namespace

void hold_against(Configuration& configuration, const Report& report) {
  const Seen seen = seen_in(report);
  const bool explained =
      std::any_of(configuration.findings.begin(), configuration.findings.end(), [&](const ConfigurationFinding& each) {
        return each.severity == FindingSeverity::error && each.only_if.empty() && foretold(each, seen) != nullptr;
      });
  for (ConfigurationFinding& finding : configuration.findings) {
    Judgement judgement;
    if (const Verdict* verdict = foretold(finding, seen)) {
      const bool certain = finding.only_if.empty() && finding.severity == FindingSeverity::error;
      if (explained && !certain) {
        judgement = {FindingState::undecided, "what was seen is what another finding foretells for certain"};
      } else {
        judgement = {FindingState::confirmed,
                     fmt::format("the probe found {} ({} sure)", name(verdict->cause), percent(verdict->confidence))};
      }
    } else if (seen.accepted != nullptr) {
      const bool running = std::any_of(
          configuration.sources.begin(), configuration.sources.end(), [&](const ConfigurationSource& source) {
            return source.name == finding.at.file && source.from == ConfigurationSource::From::running;
          });
      judgement = when_accepted(finding, seen, running);
    } else {
      judgement = when_not_accepted(finding, seen);
    }
    finding.state = judgement.state;
    finding.evidence = std::move(judgement.evidence);
  }
}

}  // namespace wsprobe::attribution
