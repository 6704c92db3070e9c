// Whoever is asked passes the question on. As long as the answer stays the same on the way in, the one who gives it is
// further in, or is the one just asked. The last hop that still answers as the edge does, while the next one does not,
// is where the edge's answer is made: what listens there got the other answer, or would have, and did not pass it on.
#include "attribution/hops.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attribution/answer.hpp"

namespace wsprobe::attribution {
namespace {

struct Hop {
  std::string where;  ///< "10.0.0.5:8080"
  const StepReport* step = nullptr;
};

std::string authority_of(const RequestFacts& request) {
  const std::size_t scheme = request.url.find("://");
  if (scheme == std::string::npos) return request.host;
  const std::size_t begin = scheme + 3;
  return request.url.substr(begin, request.url.find_first_of("/?#", begin) - begin);
}

/// It was never asked: no connection to it came about.
bool out_of_reach(const StepReport& step) {
  const Error* error = failure_of(&step);
  return error != nullptr &&
         (error->phase == Phase::resolve || error->phase == Phase::connect || error->phase == Phase::tls);
}

std::string answer_of(const StepReport& step) {
  if (const Error* error = failure_of(&step)) return std::string(name(error->reason));
  if (accepted(&step)) return "accepted";
  if (closed_after_accept(&step)) {
    const auto& session = step.evidence.session;
    const bool coded = session && session->close && session->close->code;
    return coded ? fmt::format("accepted, then closed with {}", *session->close->code) : "accepted, then closed";
  }
  return fmt::format("{}", status_of(&step));
}

/// From the edge inwards.
std::vector<Hop> chain_of(const Input& input) {
  std::vector<const StepReport*> between;
  const StepReport* direct = nullptr;
  for (const StepReport& made : input.experiments) {
    if (made.experiment == ExperimentKind::hop_valid && made.hop) between.push_back(&made);
    if (made.experiment == ExperimentKind::direct_valid) direct = &made;
  }
  if (between.empty()) return {};
  std::stable_sort(between.begin(), between.end(),
                   [](const StepReport* left, const StepReport* right) { return *left->hop < *right->hop; });
  if (direct != nullptr) between.push_back(direct);
  const auto edge = std::find_if(input.steps.begin(), input.steps.end(), [&](const StepReport& step) {
    return step.kind == StepKind::upgrade && step.credential == between.front()->credential;
  });
  if (edge == input.steps.end()) return {};
  std::vector<Hop> chain{{"the edge", &*edge}};
  for (const StepReport* step : between) chain.push_back({authority_of(step->evidence.request), step});
  return chain;
}

}  // namespace

void name_hops(const Input& input, Attribution& attribution) {
  const std::vector<Hop> chain = chain_of(input);
  if (chain.empty() || accepted(chain.front().step)) return;
  std::vector<std::string> answers;
  std::vector<Hop> heard;
  for (const Hop& hop : chain) {
    const bool unheard = hop.step != chain.front().step && out_of_reach(*hop.step);
    answers.push_back(fmt::format("{} {}", hop.where, unheard ? "out of reach from here" : answer_of(*hop.step)));
    if (!unheard) heard.push_back(hop);
  }
  Verdict& overall = attribution.overall;
  std::vector<SupportingFact> facts{
      {fmt::format("the same upgrade at each hop: {}", fmt::join(answers, ", ")), "undetermined", 0}};
  const auto parted = std::adjacent_find(heard.begin(), heard.end(), [](const Hop& outer, const Hop& inner) {
    return answer_of(*outer.step) != answer_of(*inner.step);
  });
  if (parted != heard.end()) {
    const Hop& outer = *parted;
    const Hop& inner = *std::next(parted);
    const std::string sentence = fmt::format("the answers part between {} ({}) and {} ({})", outer.where,
                                             answer_of(*outer.step), inner.where, answer_of(*inner.step));
    facts.push_back({sentence, "undetermined", 0});
    const bool gap = heard.size() != chain.size();
    overall.summary += fmt::format(" Hop by hop, {}: look at what listens at {}{}.", sentence, outer.where,
                                   gap ? ", or at a hop that could not be reached from here" : "");
  } else if (heard.size() > 1) {
    facts.push_back({"every hop that could be asked answers as the edge does", "undetermined", 0});
    overall.summary += fmt::format(" Every hop down to {} answers alike.", heard.back().where);
  }
  overall.reasons.insert(overall.reasons.begin(), facts.begin(), facts.end());
}

}  // namespace wsprobe::attribution
