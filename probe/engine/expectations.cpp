#include "engine/expectations.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/text.hpp"
#include "wire/json_document.hpp"

namespace wsprobe::engine {
namespace {

using Sentences = std::vector<std::string>;

bool contains(const std::vector<int>& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Sentences unmet_json(const Response& response, const std::vector<scenario::JsonExpectation>& expected) {
  if (expected.empty()) return {};
  if (!response.body_kept_whole()) return {"the body is too large to be read as JSON"};
  const auto document = wire::JsonDocument::parse(response.body);
  if (!document) return {fmt::format("the body is not the JSON document that was expected: {}", document.error())};
  Sentences unmet;
  for (const auto& [pointer, value] : expected) {
    const auto found = document->typed_scalar_at(pointer);
    if (found == value) continue;
    const auto shown = document->text_at(pointer);
    unmet.push_back(shown ? fmt::format("{} is {}, expected {}", pointer, escape_for_display(*shown), value)
                          : fmt::format("{} is missing, expected {}", pointer, value));
  }
  return unmet;
}

/// The status of a refusal, or the code with which an accepted socket was closed.
std::optional<int> refusal_code(const StepReport& report) {
  const auto& rejected = std::get<Rejected>(report.outcome);
  if (rejected.how == Rejected::How::close_after_101) {
    const auto& session = report.evidence.session;
    return session && session->close ? session->close->code : std::nullopt;
  }
  return report.evidence.response ? std::optional(report.evidence.response->head.status) : std::nullopt;
}

Sentences unmet_code(const StepReport& report, const std::vector<int>& statuses) {
  if (statuses.empty()) return {};
  const bool closed = std::get<Rejected>(report.outcome).how == Rejected::How::close_after_101;
  // A list of HTTP statuses says nothing of an application that refuses by a close; a list with close codes does.
  if (closed && std::none_of(statuses.begin(), statuses.end(), [](int status) { return status >= 1000; })) return {};
  const auto code = refusal_code(report);
  if (code && contains(statuses, *code)) return {};
  return {fmt::format("refused with {} {}, expected {}", closed ? "close code" : "status",
                      code ? fmt::to_string(*code) : "none", fmt::join(statuses, " or "))};
}

Sentences unmet_emitter(const StepReport& report, Expected expected) {
  if (expected == Expected::rejected) return {};
  const Emitter wanted = expected == Expected::rejected_by_proxy ? Emitter::proxy : Emitter::backend;
  const Emitter found = report.verdict ? report.verdict->emitter : Emitter::undetermined;
  if (found == wanted) return {};
  if (found == Emitter::undetermined) {
    return {fmt::format("the refusal was to come from the {}; who wrote it could not be determined", name(wanted))};
  }
  return {fmt::format("the refusal was to come from the {}; it was written by the {}", name(wanted), name(found))};
}

std::string refusal_sentence(const StepReport& report) {
  const auto code = refusal_code(report);
  const std::string shown = code ? fmt::to_string(*code) : "no code";
  if (std::get<Rejected>(report.outcome).how == Rejected::How::close_after_101) {
    return fmt::format("expected the upgrade to be accepted; it was accepted and then closed with {}", shown);
  }
  return fmt::format("expected the upgrade to be accepted; it was refused with status {}", shown);
}

}  // namespace

Sentences unmet_by(const StepReport& report, const scenario::ResponseExpectation& expect) {
  if (const auto* failed = std::get_if<Failed>(&report.outcome)) return {describe(failed->error)};
  if (!report.evidence.response) return {"there was no response"};
  const Response& response = *report.evidence.response;
  Sentences unmet;
  if (!contains(expect.statuses, response.head.status)) {
    unmet.push_back(fmt::format("status {}, expected {}", response.head.status, fmt::join(expect.statuses, " or ")));
  }
  if (!response.body_complete) unmet.emplace_back("the body did not end within the limit that is read");
  if (expect.body_contains && response.body.find(*expect.body_contains) == std::string::npos) {
    unmet.push_back(fmt::format("the body does not contain \"{}\"", escape_for_display(*expect.body_contains)));
  }
  Sentences json = unmet_json(response, expect.json);
  std::move(json.begin(), json.end(), std::back_inserter(unmet));
  return unmet;
}

Sentences unmet_by_health(const StepReport& report, const scenario::ResponseExpectation& expect) {
  static constexpr std::string_view pointer = "/ws/available";
  Sentences unmet = unmet_by(report, expect);
  const bool is_said = std::any_of(expect.json.begin(), expect.json.end(),
                                   [](const scenario::JsonExpectation& json) { return json.pointer == pointer; });
  if (!is_said && report.health && report.health->ws_available == false) {
    unmet.push_back(fmt::format("{} is false: the application says that its WebSocket side is not available", pointer));
  }
  return unmet;
}

Sentences unmet_by(const StepReport& report, const scenario::UpgradeExpectation& expect) {
  if (const auto* failed = std::get_if<Failed>(&report.outcome)) return {describe(failed->error)};
  if (expect.answer == Expected::anything) return {};
  const bool accepted = std::holds_alternative<Completed>(report.outcome);
  if (expect.answer == Expected::accepted) return accepted ? Sentences{} : Sentences{refusal_sentence(report)};
  if (accepted) return {"expected a refusal; the upgrade was accepted"};
  Sentences unmet = unmet_code(report, expect.statuses);
  Sentences emitter = unmet_emitter(report, expect.answer);
  std::move(emitter.begin(), emitter.end(), std::back_inserter(unmet));
  return unmet;
}

scenario::UpgradeExpectation before_verdict(scenario::UpgradeExpectation expect) {
  const bool by_somebody =
      expect.answer == Expected::rejected_by_backend || expect.answer == Expected::rejected_by_proxy;
  if (by_somebody) expect.answer = Expected::rejected;
  return expect;
}

}  // namespace wsprobe::engine
