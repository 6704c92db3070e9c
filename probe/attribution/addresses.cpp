#include "attribution/addresses.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attribution/answer.hpp"

namespace wsprobe::attribution {
namespace {

/// The upgrade at one address, and who answered there as far as that was found out.
struct Node {
  std::string address;
  const StepReport* step = nullptr;
  Emitter emitter = Emitter::undetermined;
};

/// Where it was connected to, or to what it tried to connect.
std::string address_of(const StepReport& step) {
  if (!step.evidence.address.empty()) return step.evidence.address;
  return step.evidence.resolved.empty() ? "an unknown address" : step.evidence.resolved.front();
}

Emitter emitter_of(const std::optional<Verdict>& verdict) { return verdict ? verdict->emitter : Emitter::undetermined; }

bool differs_in_author(const Node& one, const Node& other) {
  return one.emitter != Emitter::undetermined && other.emitter != Emitter::undetermined && one.emitter != other.emitter;
}

bool differs_in_certificate(const StepReport& one, const StepReport& other) {
  const auto& left = one.evidence.tls;
  const auto& right = other.evidence.tls;
  if (!left || !right || left->fingerprint_sha256.empty() || right->fingerprint_sha256.empty()) return false;
  return left->fingerprint_sha256 != right->fingerprint_sha256;
}

/// In what `other` differs from `usual`, in words; empty where they behave alike.
std::vector<std::string> differences_of(const Node& usual, const Node& other) {
  std::vector<std::string> found;
  if (behaviour_of(*usual.step) != behaviour_of(*other.step)) {
    found.push_back(fmt::format("{} {}, {} {}", other.address, behaviour_of(*other.step), usual.address,
                                behaviour_of(*usual.step)));
  } else if (differs_in_author(usual, other)) {
    found.push_back(fmt::format("at {} the answer is the {}'s, at {} the {}'s", other.address, name(other.emitter),
                                usual.address, name(usual.emitter)));
  }
  if (differs_in_certificate(*usual.step, *other.step)) {
    const TlsFacts& tls = *other.step->evidence.tls;
    found.push_back(fmt::format("{} presents another certificate than {} (serial {}{})", other.address, usual.address,
                                tls.serial, tls.verified ? "" : "; it does not verify: " + tls.verify_error));
  }
  return found;
}

/// The step that the other addresses repeat: the first upgrade with the same credential.
std::optional<Node> usual_node(const Input& input, const Attribution& attribution, CredentialUse credential) {
  for (std::size_t at = 0; at < input.steps.size(); ++at) {
    const StepReport& step = input.steps[at];
    if (step.kind == StepKind::upgrade && step.credential == credential) {
      return Node{address_of(step), &step, emitter_of(attribution.of_steps[at])};
    }
  }
  return std::nullopt;
}

std::vector<Node> other_nodes(const Input& input, const Attribution& attribution) {
  std::vector<Node> nodes;
  for (std::size_t at = 0; at < input.experiments.size(); ++at) {
    const StepReport& made = input.experiments[at];
    if (made.experiment != ExperimentKind::other_address) continue;
    nodes.push_back({address_of(made), &made, emitter_of(attribution.of_experiments[at])});
  }
  return nodes;
}

/// What is to be said of that address alone; what was asked elsewhere says nothing about it.
Verdict verdict_alone(const Node& node, const Input& input) {
  std::vector<StepReport> alone{*node.step};
  alone.front().experiment.reset();
  return attribute({alone, {}, input.upstream, {}, input.knowledge}).overall;
}

}  // namespace

void name_addresses(const Input& input, Attribution& attribution) {
  const std::vector<Node> others = other_nodes(input, attribution);
  if (others.empty()) return;
  const std::optional<Node> usual = usual_node(input, attribution, others.front().step->credential);
  if (!usual) return;
  std::vector<SupportingFact> facts;
  std::vector<std::string> failing;
  std::vector<std::string> sentences;
  const Node* first_failing = nullptr;
  for (const Node& other : others) {
    for (std::string& difference : differences_of(*usual, other)) {
      facts.push_back({difference, "undetermined", 0});
      sentences.push_back(std::move(difference));
    }
    if (!accepted(usual->step) || accepted(other.step)) continue;
    failing.push_back(other.address);
    if (first_failing == nullptr) first_failing = &other;
  }
  Verdict& overall = attribution.overall;
  const std::size_t count = others.size() + 1;
  if (facts.empty()) {
    overall.reasons.push_back({fmt::format("all {} addresses of the name answer alike", count), "undetermined", 0});
    return;
  }
  // That some users are shut out is more urgent than all but this.
  if (first_failing != nullptr && overall.cause.id != CauseId::auth_bypass) {
    overall = verdict_alone(*first_failing, input);
    overall.summary = fmt::format("{} of {} addresses of the name {} ({}); the others accept the upgrade. At {}: {}",
                                  failing.size(), count, failing.size() == 1 ? "fails" : "fail",
                                  fmt::join(failing, ", "), first_failing->address, overall.summary);
  } else {
    overall.summary += fmt::format(" The addresses of the name do not behave alike: {}.", fmt::join(sentences, "; "));
  }
  overall.reasons.insert(overall.reasons.begin(), facts.begin(), facts.end());
}

}  // namespace wsprobe::attribution
