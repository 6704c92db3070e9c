#include "unit/attribution/scene.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "wire/response_decoder.hpp"

namespace wsprobe::attribution::test {
namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// As the engine does before attribution sees anything.
void redact(std::string& text) {
  replace_all(text, "good-token-for-lab", "[redacted:valid]");
  replace_all(text, "bad-token-for-lab", "[redacted:invalid]");
}

Response decode(const std::string& raw, bool upgrade, bool ended) {
  wire::ResponseDecoder decoder(upgrade ? wire::RequestShape::upgrade : wire::RequestShape::plain);
  if (!decoder.feed(std::as_bytes(std::span(raw.data(), raw.size()))))
    throw std::runtime_error("not a response: " + raw);
  if (ended && !decoder.done()) (void)decoder.end_of_input();
  Response response = decoder.take_response();
  redact(response.body);
  for (HeaderField& field : response.head.fields) redact(field.value);
  return response;
}

void ask_for(StepReport& step, const std::string& path) {
  step.evidence.request.path = path;
  step.evidence.request.url = "ws://api.example.com" + path;
  step.evidence.request.host = "api.example.com";
  if (step.kind != StepKind::upgrade) return;
  if (step.credential == CredentialUse::valid) step.evidence.request.url += "?token=${valid}";
  if (step.credential == CredentialUse::invalid) step.evidence.request.url += "?token=${invalid}";
}

struct Shape {
  StepKind kind;
  CredentialUse credential;
  std::string path;
};

Shape shape_of(ExperimentKind kind) {
  using Kind = ExperimentKind;
  const std::string path = "/api/ws";
  switch (kind) {
    case Kind::no_credential: return {StepKind::upgrade, CredentialUse::none, path};
    case Kind::control_path: return {StepKind::upgrade, CredentialUse::valid, "/api/nobody"};
    case Kind::plain_get: return {StepKind::http, CredentialUse::valid, path};
    case Kind::plain_get_invalid: return {StepKind::http, CredentialUse::invalid, path};
    case Kind::plain_control_path: return {StepKind::http, CredentialUse::none, "/api/nobody"};
    case Kind::plain_root: return {StepKind::http, CredentialUse::none, "/"};
    case Kind::plain_index: return {StepKind::http, CredentialUse::none, "/index.html"};
    case Kind::unknown_method: return {StepKind::http, CredentialUse::valid, path};
    case Kind::edge_error: return {StepKind::http, CredentialUse::none, "/"};
    case Kind::health_document:
    case Kind::direct_health: return {StepKind::http, CredentialUse::none, "/api/system/health"};
    case Kind::doubled_prefix: return {StepKind::http, CredentialUse::none, "/api/api/system/health"};
    case Kind::doubled_path: return {StepKind::upgrade, CredentialUse::valid, "/api/ws/api/ws"};
    case Kind::long_path: return {StepKind::upgrade, CredentialUse::valid, "/api/nobodyxxxxxxxxxxxxxxx"};
    case Kind::long_query: return {StepKind::upgrade, CredentialUse::valid, "/api/nobody"};
    case Kind::websocket_version_invalid:
    case Kind::invalid_again:
    case Kind::direct_invalid: return {StepKind::upgrade, CredentialUse::invalid, path};
    case Kind::websocket_version:
    case Kind::foreign_origin:
    case Kind::same_origin:
    case Kind::hop_valid:
    case Kind::other_address:
    case Kind::http2_websocket:
    case Kind::direct_valid: return {StepKind::upgrade, CredentialUse::valid, path};
  }
  return {StepKind::http, CredentialUse::none, path};
}

}  // namespace

StepReport step_from_bytes(std::string name, const std::string& raw, StepKind kind, CredentialUse credential,
                           const std::string& end) {
  StepReport step;
  step.name = std::move(name);
  step.kind = kind;
  step.credential = credential;
  const bool upgrade = kind == StepKind::upgrade;
  step.evidence.request.method = "GET";
  step.evidence.request.upgrade = upgrade;
  if (raw.empty()) {
    const Reason reason = end == "timeout" ? Reason::timeout_first_byte
                          : end == "reset" ? Reason::reset_before_response
                                           : Reason::closed_before_response;
    step.outcome = Failed{make_error(Phase::first_byte, reason)};
    return step;
  }
  step.evidence.response = decode(raw, upgrade, end == "eof" || end == "reset");
  step.outcome = Completed{};
  if (upgrade && step.evidence.response->head.status != 101) step.outcome = Rejected{};
  return step;
}

void Scene::add(std::vector<StepReport>& list, StepReport step) {
  list.push_back(std::move(step));
  last_ = &list.back();
}

Scene& Scene::health(const std::string& raw) {
  StepReport step = step_from_bytes("health", raw, StepKind::health, CredentialUse::none, "eof");
  ask_for(step, "/api/system/health");
  if (step.evidence.response) {
    const std::string& body = step.evidence.response->body;
    step.health.emplace();
    step.health->is_json = !body.empty() && body.front() == '{';
    if (body.find("\"status\":\"ok\"") != std::string::npos) step.health->status = "ok";
    if (body.find("\"available\":true") != std::string::npos) step.health->ws_available = true;
    if (body.find("\"available\":false") != std::string::npos) step.health->ws_available = false;
    step.as_expected =
        step.evidence.response->head.status == 200 && step.health->is_json && step.health->ws_available != false;
  }
  add(steps_, std::move(step));
  return *this;
}

Scene& Scene::valid(const std::string& raw) {
  StepReport step = step_from_bytes("valid-token", raw, StepKind::upgrade, CredentialUse::valid, "eof");
  ask_for(step, "/api/ws");
  step.expected = Expected::accepted;
  add(steps_, std::move(step));
  return *this;
}

Scene& Scene::invalid(const std::string& raw) {
  StepReport step = step_from_bytes("invalid-token", raw, StepKind::upgrade, CredentialUse::invalid, "eof");
  ask_for(step, "/api/ws");
  step.expected = Expected::rejected_by_backend;
  add(steps_, std::move(step));
  return *this;
}

Scene& Scene::experiment(ExperimentKind kind, const std::string& raw) {
  const Shape shape = shape_of(kind);
  StepReport step = step_from_bytes(std::string(name(kind)), raw, shape.kind, shape.credential, "eof");
  step.experiment = kind;
  ask_for(step, shape.path);
  add(experiments_, std::move(step));
  return *this;
}

Verdict Scene::verdict(std::string_view name) const {
  const Attribution attribution = judge();
  for (std::size_t at = 0; at < steps_.size(); ++at) {
    if (steps_[at].name == name) return attribution.of_steps[at].value();
  }
  throw std::runtime_error("no such step");
}

Pattern Scene::pattern(std::string_view name) const {
  const Input input{steps_, experiments_, ""};
  for (const StepReport& step : steps_) {
    if (step.name == name) return pattern_around(step, input);
  }
  throw std::runtime_error("no such step");
}

std::string answer(std::string_view status_line, std::string_view fields, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status_line, fields, body.size(), body);
}

const std::string date = "Date: Mon, 23 Nov 2026 02:03:46 GMT\r\n";
const std::string accepted_101 =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-Websocket-Accept: x\r\nServer: Caddy\r\nUpgrade: "
    "websocket\r\n\r\n";
const std::string green_health =
    "HTTP/1.1 200 OK\r\nContent-Length: 40\r\nContent-Type: application/json\r\n" + date +
    "Server: Caddy\r\nServer: uvicorn\r\n\r\n{\"status\":\"ok\",\"ws\":{\"available\":true }}";
const std::string plain_404 = "HTTP/1.1 404 Not Found\r\nContent-Length: 22\r\nContent-Type: application/json\r\n" +
                              date + "Server: Caddy\r\nServer: uvicorn\r\n\r\n{\"detail\":\"Not Found\"}";
const std::string health_not_found = plain_404;
const std::string passed_403_w = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nContent-Type: text/plain\r\n" + date +
                                 "Server: Caddy\r\nServer: Python/3.11 websockets/10.4\r\n\r\n";
const std::string passed_403_s = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nServer: Caddy\r\n" + date + "\r\n";
const std::string caddy_403 = "HTTP/1.1 403 Forbidden\r\nServer: Caddy\r\n" + date + "Content-Length: 0\r\n\r\n";
const std::string caddy_403_no_server = "HTTP/1.1 403 Forbidden\r\n" + date + "Content-Length: 0\r\n\r\n";
const std::string go_bad_request =
    "HTTP/1.1 400 Bad Request: too many Host headers\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: "
    "close\r\n\r\n400 Bad Request: too many Host headers";
const std::string caddy_502 = "HTTP/1.1 502 Bad Gateway\r\nServer: Caddy\r\n" + date + "Content-Length: 0\r\n\r\n";

}  // namespace wsprobe::attribution::test
