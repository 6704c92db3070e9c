#include "app/replay.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "attribution/configuration.hpp"
#include "engine/judgement.hpp"
#include "exporters/json.hpp"
#include "exporters/json_reader.hpp"

namespace wsprobe::app {
namespace {

using exporters::VerdictChange;

std::string text_of(const std::vector<SupportingFact>& reasons) {
  std::string text;
  for (const SupportingFact& reason : reasons) {
    text += fmt::format("{}{} ({} {:.2f})", text.empty() ? "" : "; ", reason.fact, reason.supports, reason.weight);
  }
  return text;
}

bool same_reasons(const std::vector<SupportingFact>& left, const std::vector<SupportingFact>& right) {
  if (left.size() != right.size()) return false;
  for (std::size_t at = 0; at < left.size(); ++at) {
    if (left[at].fact != right[at].fact || left[at].supports != right[at].supports ||
        left[at].weight != right[at].weight) {
      return false;
    }
  }
  return true;
}

/// Collects the differences between two verdicts on the same exchange.
class Comparison {
 public:
  explicit Comparison(std::vector<VerdictChange>& changes) : changes_(changes) {}

  void compare(const std::string& exchange, const Verdict& was, const Verdict& is) {
    exchange_ = exchange;
    add("emitter", std::string(name(was.emitter)), std::string(name(is.emitter)));
    add("fault", std::string(name(was.fault)), std::string(name(is.fault)));
    add("cause", std::string(name(was.cause)), std::string(name(is.cause)));
    if (was.confidence != is.confidence) {
      put("confidence", fmt::format("{:.4f}", was.confidence), fmt::format("{:.4f}", is.confidence));
    }
    add("summary", was.summary, is.summary);
    if (!same_reasons(was.reasons, is.reasons)) put("reasons", text_of(was.reasons), text_of(is.reasons));
    add("remedy", was.remedy, is.remedy);
    add("reproduce", fmt::format("{}", fmt::join(was.reproduce, "; ")),
        fmt::format("{}", fmt::join(is.reproduce, "; ")));
  }

  void compare(const std::vector<StepReport>& was, const std::vector<StepReport>& is) {
    for (std::size_t at = 0; at < was.size(); ++at) {
      exchange_ = was[at].name;
      if (was[at].verdict && is[at].verdict) {
        compare(was[at].name, *was[at].verdict, *is[at].verdict);
      } else {
        add("verdict", was[at].verdict ? was[at].verdict->summary : "", is[at].verdict ? is[at].verdict->summary : "");
      }
    }
  }

 private:
  void add(std::string part, const std::string& was, const std::string& is) {
    if (was != is) put(std::move(part), was, is);
  }
  void put(std::string part, std::string was, std::string is) {
    changes_.push_back({exchange_, std::move(part), std::move(was), std::move(is)});
  }

  std::vector<VerdictChange>& changes_;
  std::string exchange_;
};

}  // namespace

exporters::Replay replay(const Report& saved, const attribution::Knowledge& knowledge) {
  Report judged = saved;
  attribution::Attribution found =
      attribution::attribute({saved.steps, saved.experiments, saved.upstream, saved.witnesses, &knowledge});
  engine::give_verdicts(judged, std::move(found));
  if (judged.configuration) attribution::hold_against(*judged.configuration, judged);
  exporters::Replay replay{"", judged, {}};
  // A verdict may quote bytes that JSON replaces; so both sides are compared as JSON has them.
  const auto written = exporters::read_reports(exporters::to_json(judged));
  const Report& now = written ? written->front() : judged;
  Comparison comparison(replay.changes);
  comparison.compare("", saved.verdict, now.verdict);
  comparison.compare(saved.steps, now.steps);
  comparison.compare(saved.experiments, now.experiments);
  return replay;
}

}  // namespace wsprobe::app
