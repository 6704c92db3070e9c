#include "scenario/mark.hpp"

namespace wsprobe::scenario {
namespace {

constexpr std::string_view mark_prefix = "wsprobe-invalid-";

class Replacement {
 public:
  Replacement(std::string from, const std::string& to) : from_(std::move(from)), to_(to) {}

  void operator()(Text& text) const {
    Text replaced;
    for (const Text::Part& part : text.parts()) {
      if (part.secret) {
        replaced.append(part.secret);
      } else {
        replaced.append(with_mark(part.literal));
      }
    }
    text = std::move(replaced);
  }

  void operator()(Query& query) const {
    for (auto& [name, value] : query) (*this)(value);
  }

  void operator()(HealthStep& step) const {
    (*this)(step.query);
    (*this)(step.headers);
  }

  void operator()(HttpStep& step) const {
    (*this)(step.query);
    (*this)(step.headers);
    (*this)(step.body);
  }

  void operator()(FrontendStep& /*it sends no credential of its own*/) const {}

  void operator()(UpgradeStep& step) const {
    (*this)(step.query);
    (*this)(step.headers);
    for (Text& protocol : step.subprotocols) (*this)(protocol);
    for (Message& message : step.messages) {
      if (message.send) (*this)(*message.send);
    }
  }

 private:
  [[nodiscard]] std::string with_mark(std::string text) const {
    for (std::size_t at = text.find(from_); at != std::string::npos; at = text.find(from_, at + to_.size())) {
      text.replace(at, from_.size(), to_);
    }
    return text;
  }

  std::string from_;
  const std::string& to_;
};

}  // namespace

Scenario with_mark(const Scenario& scenario, const std::string& mark) {
  Scenario renewed = scenario;
  const std::string old = scenario.invalid.redacted();
  if (scenario.invalid.has_secret() || !old.starts_with(mark_prefix)) return renewed;
  const Replacement replace(old, mark);
  replace(renewed.invalid);
  for (Step& step : renewed.steps) std::visit(replace, step);
  return renewed;
}

}  // namespace wsprobe::scenario
