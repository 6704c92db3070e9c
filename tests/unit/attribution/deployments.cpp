#include "unit/attribution/deployments.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace wsprobe::attribution::test {
namespace {

using nlohmann::json;

/// JSON text carries latin-1 bytes as the code points of the same number.
std::string latin1(const std::string& utf8) {
  std::string bytes;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    const auto byte = static_cast<unsigned char>(utf8[at]);
    if (byte < 0x80) {
      bytes += utf8[at];
    } else {
      const auto next = static_cast<unsigned char>(utf8.at(++at));
      bytes += static_cast<char>(((byte & 0x03U) << 6U) | (next & 0x3FU));
    }
  }
  return bytes;
}

HealthFacts read_health(const Response& response) {
  HealthFacts facts;
  const json document = json::parse(response.body, nullptr, false);
  if (document.is_discarded()) return facts;
  facts.is_json = true;
  if (document.is_object() && document.contains("status") && document["status"].is_string())
    facts.status = document["status"];
  if (document.is_object() && document.contains("ws")) facts.ws_available = document["ws"].value("available", true);
  return facts;
}

std::string path_of(const std::string& name) {
  if (name == "health") return "/api/system/health";
  if (name == "plain_unknown" || name == "ws_unknown") return "/wslab-unknown";
  return name == "plain_root" ? "/" : "/api/ws";
}

StepReport step_from(const json& row, const std::string& name, StepKind kind, CredentialUse credential) {
  const json& captured = row.at(name);
  StepReport step = step_from_bytes(name, latin1(captured.at("raw")), kind, credential, captured.at("end"));
  step.evidence.request.path = path_of(name);
  step.evidence.request.url = "ws://127.0.0.1:8080" + step.evidence.request.path;
  if (credential == CredentialUse::valid) step.evidence.request.url += "?token=${valid}";
  if (credential == CredentialUse::invalid) step.evidence.request.url += "?token=${invalid}";
  if (captured.contains("close")) {
    step.evidence.session.emplace();
    step.evidence.session->close = CloseFacts{CloseFacts::By::peer, captured["close"].get<int>(), "", true};
    step.outcome = Rejected{Rejected::How::close_after_101};
  }
  if (kind == StepKind::health && step.evidence.response) {
    step.health = read_health(*step.evidence.response);
    step.as_expected = step.evidence.response->head.status == 200 && step.health->is_json;
  }
  return step;
}

Truth truth_from(const json& row, const char* which) {
  const json& truth = row.at("truth").at(which);
  return {truth.at("outcome"), truth.at("emitter"), truth.at("causes"), std::string(which) == "invalid"};
}

Deployment deployment_from(const json& row) {
  Deployment deployment;
  deployment.name = row.at("case");
  deployment.steps.push_back(step_from(row, "health", StepKind::health, CredentialUse::none));
  deployment.steps.push_back(step_from(row, "valid", StepKind::upgrade, CredentialUse::valid));
  deployment.steps.push_back(step_from(row, "invalid", StepKind::upgrade, CredentialUse::invalid));
  deployment.steps[1].expected = Expected::accepted;
  deployment.steps[2].expected = Expected::rejected_by_backend;
  for (const char* name : {"health", "valid", "invalid"})
    deployment.step_authors.push_back(row.at(name).value("author", "none"));
  const auto add = [&](const char* name, ExperimentKind kind, StepKind step_kind, CredentialUse credential) {
    deployment.experiment_authors.push_back(row.at(name).value("author", "none"));
    deployment.experiments.push_back(step_from(row, name, step_kind, credential));
    deployment.experiments.back().experiment = kind;
  };
  add("plain_valid", ExperimentKind::plain_get, StepKind::http, CredentialUse::valid);
  add("plain_invalid", ExperimentKind::plain_get_invalid, StepKind::http, CredentialUse::invalid);
  add("plain_unknown", ExperimentKind::plain_control_path, StepKind::http, CredentialUse::none);
  add("ws_unknown", ExperimentKind::control_path, StepKind::upgrade, CredentialUse::none);
  add("plain_root", ExperimentKind::plain_root, StepKind::http, CredentialUse::none);
  deployment.valid = truth_from(row, "valid");
  deployment.invalid = truth_from(row, "invalid");
  return deployment;
}

/// Whose fault a cause can be: docs/glossary.md.
std::set<std::string> faults_of(const std::string& cause, const Truth& truth) {
  if (cause == "healthy") return {"none"};
  if (cause == "auth_rejected")
    return truth.invalid ? std::set<std::string>{"none"} : std::set<std::string>{"backend", "client"};
  if (cause == "auth_bypass" || cause == "backend_error" || cause == "upstream_timeout") return {"backend"};
  if (cause == "route_missing") return {truth.emitter};
  if (cause == "origin_rejected") return {"backend", "client"};
  if (cause == "rate_limited") return {"client"};
  if (cause == "redirected") return {"proxy", "client"};
  if (cause == "upstream_unreachable") return {"proxy", "backend"};
  if (cause == "connection_aborted") return {"proxy", "network"};
  return {"proxy"};
}

bool has(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_no_answer(const Truth& truth) { return truth.outcome == "aborted" || truth.outcome == "no_response"; }

Score score_emitter(const Verdict& verdict, const Truth& truth) {
  if (is_no_answer(truth)) return verdict.emitter == Emitter::none ? Score::correct : Score::wrong;
  if (verdict.emitter == Emitter::undetermined) return Score::undetermined;
  if (truth.outcome == "accepted" || truth.outcome == "accepted_cut") return Score::correct;
  return name(verdict.emitter) == truth.emitter ? Score::correct : Score::wrong;
}

Score score_fault(const Verdict& verdict, const Truth& truth) {
  if (verdict.fault == Fault::undetermined) return Score::undetermined;
  std::set<std::string> right = faults_of(truth.causes.front(), truth);
  // The proxy that says "TLS is spoken here" is right, and the URL is wrong.
  if (truth.causes.front() == "proxy_denied" && has(truth.causes, "redirected")) right.insert("client");
  if (truth.outcome == "accepted_cut") right.insert("none");
  return right.count(std::string(name(verdict.fault))) > 0 ? Score::correct : Score::wrong;
}

Score score_cause(const Verdict& verdict, const Truth& truth) {
  if (verdict.cause.id == CauseId::undetermined) return Score::undetermined;
  const std::string cause(name(verdict.cause));
  if (has(truth.causes, cause)) return Score::correct;
  // Silence is called by its phase, and an end without an answer is one whatever stands behind it.
  if (truth.outcome == "no_response" && cause == "timeout_first_byte") return Score::correct;
  if (truth.outcome == "aborted" && cause == "connection_aborted") return Score::correct;
  // The cut came after what was captured.
  if (truth.outcome == "accepted_cut" && cause == "healthy") return Score::correct;
  return Score::wrong;
}

}  // namespace

std::vector<Deployment> load_deployments(const std::string& proxy) {
  std::ifstream file(std::string(WSPROBE_SOURCE_DIR "/tests/data/deployments/") + proxy + ".jsonl");
  if (!file) throw std::runtime_error("no deployments of " + proxy);
  std::vector<Deployment> deployments;
  for (std::string line; std::getline(file, line);) deployments.push_back(deployment_from(json::parse(line)));
  return deployments;
}

std::vector<Deployment> load_all_deployments() {
  std::vector<Deployment> all;
  for (const char* proxy : {"caddy", "nginx", "haproxy", "apache"}) {
    for (Deployment& deployment : load_deployments(proxy)) all.push_back(std::move(deployment));
  }
  return all;
}

Scores score(const Verdict& verdict, const Truth& truth) {
  return {score_emitter(verdict, truth), score_fault(verdict, truth), score_cause(verdict, truth)};
}

}  // namespace wsprobe::attribution::test
