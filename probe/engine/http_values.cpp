#include "engine/http_values.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "exchange/message_expectation.hpp"
#include "wire/json_document.hpp"

namespace wsprobe::engine {
namespace {

using scenario::ValueBounds;
using scenario::ValueCondition;
using scenario::ValueSource;
using wire::JsonDocument;

/// A condition made ready for many elements.
class Condition {
 public:
  static std::optional<Condition> make(const ValueCondition& condition) {
    Condition made(condition);
    if (condition.match == ValueCondition::Match::equal) return made;
    made.pattern_ = std::make_shared<const exchange::MessageExpectation>(exchange::ExpectRegex{condition.text});
    auto matcher = exchange::MessageMatcher::make(*made.pattern_);
    if (!matcher) return std::nullopt;
    made.matcher_ = std::move(*matcher);
    return made;
  }

  [[nodiscard]] bool holds(const JsonDocument& document, const std::string& element) const {
    const std::optional<std::string> found = document.scalar_at(element + condition_->pointer);
    if (!found) return false;
    return matcher_ ? matcher_->matches(*found) : *found == condition_->text;
  }

 private:
  explicit Condition(const ValueCondition& condition) : condition_(&condition) {}

  const ValueCondition* condition_;
  std::shared_ptr<const exchange::MessageExpectation> pattern_;
  std::optional<exchange::MessageMatcher> matcher_;
};

std::optional<double> count(const JsonDocument& document, const ValueSource& source) {
  const std::optional<std::size_t> size = document.array_size_at(source.pointer);
  if (!size) return std::nullopt;
  std::vector<Condition> conditions;
  for (const ValueCondition& condition : source.where) {
    auto made = Condition::make(condition);
    if (!made) return std::nullopt;
    conditions.push_back(std::move(*made));
  }
  std::size_t counted = 0;
  for (std::size_t at = 0; at < *size; ++at) {
    const std::string element = fmt::format("{}/{}", source.pointer, at);
    const auto holds = [&](const Condition& condition) { return condition.holds(document, element); };
    if (std::all_of(conditions.begin(), conditions.end(), holds)) ++counted;
  }
  return static_cast<double>(counted);
}

/// The value, or why there is none.
tl::expected<double, std::string> read_value(const JsonDocument& document, const ValueSource& source) {
  const bool counts = source.kind == ValueSource::Kind::count;
  const auto found = counts ? count(document, source) : document.number_at(source.pointer);
  if (found) return *found;
  const bool missing = !document.has(source.pointer);
  if (missing && source.otherwise) return *source.otherwise;
  return tl::unexpected(fmt::format("the value {} cannot be read: {} {}", source.name,
                                    source.pointer.empty() ? "the document" : source.pointer,
                                    missing  ? "is missing"
                                    : counts ? "is no array"
                                             : "is no number"));
}

}  // namespace

ReadValues read_values(const StepReport& report, std::span<const ValueSource> sources, std::span<const int> statuses) {
  ReadValues read;
  for (const ValueSource& source : sources) read.values.push_back({source.name, std::nullopt});
  const auto& response = report.evidence.response;
  const bool answered = std::holds_alternative<Completed>(report.outcome) && response &&
                        std::find(statuses.begin(), statuses.end(), response->head.status) != statuses.end();
  if (!answered || sources.empty()) return read;
  if (!response->body_complete || !response->body_kept_whole()) {
    read.unmet.emplace_back("the body is too large for values to be read from it");
    return read;
  }
  const auto document = JsonDocument::parse(response->body);
  if (!document) {
    read.unmet.push_back(fmt::format("the body is no JSON document to read values from: {}", document.error()));
    return read;
  }
  for (std::size_t at = 0; at < sources.size(); ++at) {
    auto value = read_value(*document, sources[at]);
    if (value) {
      read.values[at].value = *value;
    } else {
      read.unmet.push_back(std::move(value.error()));
    }
  }
  return read;
}

std::vector<std::string> unmet_by(std::span<const NamedValue> values, std::span<const ValueBounds> bounds) {
  std::vector<std::string> unmet;
  for (const ValueBounds& bound : bounds) {
    const auto named = std::find_if(values.begin(), values.end(),
                                    [&](const NamedValue& candidate) { return candidate.name == bound.name; });
    if (named == values.end() || !named->value) continue;
    const double value = *named->value;
    if (bound.lowest && bound.highest == bound.lowest && value != *bound.lowest) {
      unmet.push_back(fmt::format("{} is {}, expected {}", bound.name, value, *bound.lowest));
    } else if (bound.highest && value > *bound.highest) {
      unmet.push_back(fmt::format("{} is {}, expected at most {}", bound.name, value, *bound.highest));
    } else if (bound.lowest && value < *bound.lowest) {
      unmet.push_back(fmt::format("{} is {}, expected at least {}", bound.name, value, *bound.lowest));
    }
  }
  return unmet;
}

}  // namespace wsprobe::engine
