#include "attribution/answer.hpp"
#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace wsprobe::attribution {
namespace {

/// Fields whose value differs between two answers of one author.
bool is_volatile(std::string_view name) {
  static constexpr std::array<std::string_view, 14> exact{
      "date",        "etag", "last-modified",    "set-cookie", "content-length", "location", "age",
      "retry-after", "vary", "content-encoding", "alt-svc",    "expires",        "cf-ray",   "server-timing"};
  if (std::find(exact.begin(), exact.end(), name) != exact.end()) return true;
  return name.find("request-id") != std::string_view::npos || name.find("trace") != std::string_view::npos ||
         name.find("-time") != std::string_view::npos || name.find("latency") != std::string_view::npos ||
         name.find("correlation") != std::string_view::npos || name.find("-id") != std::string_view::npos;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// "[redacted:valid]" and "[redacted:invalid]" are the same reflection.
void drop_redactions(std::string& text) {
  constexpr std::string_view open = "[redacted:";
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
    const std::size_t end = text.find(']', at);
    if (end == std::string::npos) return;
    text.replace(at, end - at + 1, "*");
  }
}

std::string body_without_reflections(const StepReport& step, const Response& response) {
  std::string body = response.body;
  drop_redactions(body);
  if (step.evidence.request.path.size() > 1) replace_all(body, step.evidence.request.path, "{path}");
  return body;
}

std::vector<std::pair<std::string, std::string>> stable_fields(const ResponseHead& head) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const HeaderField& field : head.fields) {
    std::string field_name = lower_case(field.name);
    std::string value = is_volatile(field_name) ? std::string() : field.value;
    fields.emplace_back(std::move(field_name), std::move(value));
  }
  return fields;
}

const CloseFacts* close_of(const StepReport& step) {
  const auto& session = step.evidence.session;
  return session && session->close ? &*session->close : nullptr;
}

}  // namespace

const Response* response_of(const StepReport* step) {
  return step != nullptr && step->evidence.response ? &*step->evidence.response : nullptr;
}

int status_of(const StepReport* step) {
  const Response* response = response_of(step);
  return response != nullptr ? response->head.status : 0;
}

const Error* failure_of(const StepReport* step) {
  if (step == nullptr) return nullptr;
  const auto* failed = std::get_if<Failed>(&step->outcome);
  return failed != nullptr ? &failed->error : nullptr;
}

bool closed_after_accept(const StepReport* step) {
  if (step == nullptr) return false;
  const auto* rejected = std::get_if<Rejected>(&step->outcome);
  return rejected != nullptr && rejected->how == Rejected::How::close_after_101;
}

bool refused(const StepReport* step) {
  return step != nullptr && std::holds_alternative<Rejected>(step->outcome) &&
         (closed_after_accept(step) || response_of(step) != nullptr);
}

bool refused_by_response(const StepReport* step) { return refused(step) && !closed_after_accept(step); }

bool accepted(const StepReport* step) {
  if (step == nullptr || step->kind != StepKind::upgrade || refused(step)) return false;
  const bool over_http2 = step->evidence.http2 && step->evidence.session;  // there an acceptance is a 200
  if (std::holds_alternative<Completed>(step->outcome)) return status_of(step) == 101 || over_http2;
  const Error* failure = failure_of(step);
  return failure != nullptr && step->evidence.session &&
         (failure->phase == Phase::message || failure->phase == Phase::close);
}

std::string behaviour_of(const StepReport& step) {
  if (const Error* error = failure_of(&step))
    return fmt::format("fails ({}: {})", name(error->phase), sentence(error->reason));
  if (accepted(&step)) return "accepts the upgrade";
  if (closed_after_accept(&step)) {
    const auto& session = step.evidence.session;
    const bool coded = session && session->close && session->close->code;
    return coded ? fmt::format("accepts the upgrade and closes it with {}", *session->close->code)
                 : "accepts the upgrade and closes it";
  }
  return fmt::format("answers the upgrade with {}", status_of(&step));
}

bool works(const StepReport* step) { return accepted(step) && std::holds_alternative<Completed>(step->outcome); }

SessionProof proof_of(const StepReport& step) {
  SessionProof proof;
  if (step.evidence.session) {
    proof.ping = !step.evidence.session->ping_round_trips.empty();
    const auto& messages = step.evidence.session->messages;
    proof.message = std::any_of(messages.begin(), messages.end(), [](const MessageFacts& message) {
      return message.matched || !message.received.empty();
    });
  }
  if (step.witness && step.witness->before && step.witness->during) {
    proof.counter = *step.witness->during > *step.witness->before;
  }
  return proof;
}

std::vector<std::string> names_of(const ResponseHead& head) {
  std::vector<std::string> names;
  for (const HeaderField& field : head.fields) names.push_back(lower_case(field.name));
  return names;
}

int position_of(const ResponseHead& head, std::string_view name) {
  for (std::size_t at = 0; at < head.fields.size(); ++at) {
    if (equals_ignoring_case(head.fields[at].name, name)) return static_cast<int>(at);
  }
  return -1;
}

std::vector<std::string> servers_of(const ResponseHead& head) {
  std::vector<std::string> servers;
  for (const HeaderField& field : head.fields) {
    if (equals_ignoring_case(field.name, "server")) servers.push_back(field.value);
  }
  std::sort(servers.begin(), servers.end());
  return servers;
}

std::string content_type_of(const Response& response) {
  const std::string* value = response.head.find("content-type");
  if (value == nullptr) return {};
  const std::string type = lower_case(std::string_view(*value).substr(0, value->find(';')));
  return type.substr(0, type.find_last_not_of(" \t") + 1);
}

bool is_html(const Response& response) {
  const std::string type = content_type_of(response);
  if (!type.empty() && type.find("html") == std::string::npos) return false;
  const std::string start = lower_case(std::string_view(response.body).substr(0, 256));
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return false;
  const std::string_view text = std::string_view(start).substr(first);
  return text.rfind("<!doctype", 0) == 0 || text.rfind("<html", 0) == 0 ||
         text.find("<html") != std::string_view::npos || text.find("<head") != std::string_view::npos ||
         text.find("<body") != std::string_view::npos;
}

bool is_json(const Response& response) {
  const std::size_t first = response.body.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return false;
  const char start = response.body[first];
  return (start == '{' || start == '[') && content_type_of(response).find("html") == std::string::npos;
}

bool has_empty_body(const Response& response) { return response.body_size == 0; }

bool same_answer(const StepReport* left, const StepReport* right) {
  if (left == nullptr || right == nullptr) return false;
  const Response* a = response_of(left);
  const Response* b = response_of(right);
  if (a == nullptr || b == nullptr) {
    const Error* first = failure_of(left);
    const Error* second = failure_of(right);
    return a == nullptr && b == nullptr && first != nullptr && second != nullptr && first->reason == second->reason;
  }
  if (closed_after_accept(left) || closed_after_accept(right)) {
    if (!closed_after_accept(left) || !closed_after_accept(right)) return false;
    const CloseFacts* first = close_of(*left);
    const CloseFacts* second = close_of(*right);
    return first != nullptr && second != nullptr && first->code == second->code;
  }
  return a->head.status == b->head.status && a->head.reason_phrase == b->head.reason_phrase &&
         a->framing == b->framing && stable_fields(a->head) == stable_fields(b->head) &&
         body_without_reflections(*left, *a) == body_without_reflections(*right, *b);
}

bool is_health_document(const StepReport* health) {
  const Response* response = response_of(health);
  if (response == nullptr || response->head.status < 200 || response->head.status >= 600) return false;
  if (!is_json(*response)) return false;
  if (health->health && health->health->is_json) {
    return response->head.status == 200 || health->health->status || health->health->ws_available;
  }
  return response->head.status == 200;
}

bool health_is_green(const StepReport* health) {
  if (health == nullptr || status_of(health) != 200 || !is_health_document(health)) return false;
  if (health->kind == StepKind::health && !health->as_expected) return false;
  return !health->health || health->health->ws_available.value_or(true);
}

}  // namespace wsprobe::attribution
