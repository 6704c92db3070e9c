#include "sample_reports.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <utility>

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;

WallTime moment(int year, unsigned month, unsigned day, Duration since_midnight = {}) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)) +
         since_midnight;
}

/// Phases one after the other, with a gap of 10 us before each, which nothing accounts for.
Timeline timeline(std::initializer_list<std::pair<Phase, Duration>> phases) {
  Timeline times;
  TimePoint now{};
  times.start(now);
  for (const auto& [phase, length] : phases) {
    now += 10us;
    times.begin(phase, now);
    now += length;
    times.end(phase, now);
  }
  times.finish(now);
  return times;
}

Response response(const std::string& status_line, int status, const std::string& phrase,
                  std::vector<HeaderField> fields, const std::string& body = {}) {
  Response out;
  out.head.raw = status_line + "\r\n";
  for (const HeaderField& field : fields) out.head.raw += field.name + ": " + field.value + "\r\n";
  out.head.raw += "\r\n";
  out.head.version = "1.1";
  out.head.status = status;
  out.head.reason_phrase = phrase;
  out.head.fields = std::move(fields);
  out.framing = Framing::content_length;
  out.body = body;
  out.body_size = body.size();
  out.body_complete = true;
  return out;
}

TlsFacts certificate() {
  TlsFacts tls;
  tls.version = "TLSv1.3";
  tls.cipher = "TLS_AES_128_GCM_SHA256";
  tls.alpn = "http/1.1";
  tls.server_name = "api.example.com";
  tls.subject = "CN=api.example.com";
  tls.issuer = "CN=R11,O=Let's Encrypt,C=US";
  tls.names = {"api.example.com"};
  tls.not_before = moment(2026, 10, 5);
  tls.not_after = moment(2027, 1, 3);
  tls.serial = "04a1";
  tls.fingerprint_sha256 = "9f86d081";
  tls.chain_length = 2;
  tls.verified = true;
  return tls;
}

StepReport step(const std::string& name, StepKind kind, CredentialUse credential, Expected expected) {
  StepReport out;
  out.name = name;
  out.kind = kind;
  out.credential = credential;
  out.expected = expected;
  out.as_expected = true;
  out.evidence.request.method = "GET";
  out.evidence.request.host = "api.example.com";
  out.evidence.request.path = kind == StepKind::health ? "/api/system/health" : "/api/ws";
  out.evidence.request.url = "wss://api.example.com" + out.evidence.request.path;
  out.evidence.request.upgrade = kind == StepKind::upgrade;
  out.evidence.resolved = {"192.0.2.7"};
  out.evidence.address = "192.0.2.7:443";
  return out;
}

StepReport health_step() {
  StepReport out = step("health", StepKind::health, CredentialUse::none, Expected::response);
  out.evidence.tls = certificate();
  out.evidence.times = timeline({{Phase::resolve, 1200us},
                                 {Phase::connect, 2300us},
                                 {Phase::tls, 18400us},
                                 {Phase::request, 80us},
                                 {Phase::first_byte, 9100us},
                                 {Phase::response, 240us}});
  out.evidence.response = response("HTTP/1.1 200 OK", 200, "OK", {{"Content-Type", "application/json"}},
                                   R"({"status":"ok","ws":{"available":true,"active_connections":3,"topics":2}})");
  out.outcome = Completed{};
  out.health = HealthFacts{true, "", "ok", true, 3, 2};
  return out;
}

Timeline upgrade_times() {
  return timeline({{Phase::resolve, 300us},
                   {Phase::connect, 2200us},
                   {Phase::tls, 11700us},
                   {Phase::request, 90us},
                   {Phase::first_byte, 12300us},
                   {Phase::response, 40us}});
}

StepReport refused(StepReport out) {
  out.evidence.request.url +=
      "?token=${" + std::string(out.credential == CredentialUse::valid ? "valid" : "invalid") + "}";
  out.evidence.tls = certificate();
  out.evidence.times = upgrade_times();
  out.evidence.response =
      response("HTTP/1.1 403 Forbidden", 403, "Forbidden", {{"Content-Length", "0"}, {"Date", "Mon, 23 Nov 2026"}});
  out.outcome = Rejected{Rejected::How::response};
  return out;
}

Verdict verdict(Emitter emitter, Fault fault, Cause cause, double confidence, const std::string& summary) {
  Verdict out;
  out.emitter = emitter;
  out.fault = fault;
  out.cause = cause;
  out.confidence = confidence;
  out.summary = summary;
  out.reasons = {{"The plain answer is enough to tell.", std::string(name(emitter)), 0}};
  return out;
}

Report report(const std::string& scenario) {
  Report out;
  out.scenario = scenario;
  out.target = "wss://api.example.com/api/ws";
  out.started_at = moment(2026, 11, 23, 3h + 4min + 5s + 6ms);
  out.duration = 212ms;
  return out;
}

}  // namespace

Report healthy_report() {
  Report out = report("swarmlet");
  out.pass = true;
  out.verdict = verdict(Emitter::backend, Fault::none, CauseId::healthy, 0.99,
                        "The valid token was accepted and the invalid one refused by the backend.");
  StepReport valid = step("valid-token", StepKind::upgrade, CredentialUse::valid, Expected::accepted);
  valid.evidence.request.url += "?token=${valid}";
  valid.evidence.tls = certificate();
  valid.evidence.times = upgrade_times();
  valid.evidence.response = response("HTTP/1.1 101 Switching Protocols", 101, "Switching Protocols", {});
  valid.evidence.session = SessionFacts{};
  valid.evidence.session->ping_round_trips = {940us, 910us};
  valid.evidence.session->pings_sent = 2;
  valid.outcome = Completed{};
  valid.verdict = out.verdict;
  StepReport invalid = refused(step("invalid-token", StepKind::upgrade, CredentialUse::invalid, Expected::rejected));
  invalid.verdict =
      verdict(Emitter::backend, Fault::none, CauseId::auth_rejected, 0.97, "The backend refused the token.");
  out.steps = {health_step(), valid, invalid};
  return out;
}

Report two_transports_report() {
  Report out = healthy_report();
  out.pass = false;
  out.verdict =
      verdict(Emitter::undetermined, Fault::proxy, CauseId::undetermined, 0,
              "Over HTTP/1.1 the WebSocket is accepted; over HTTP/2, where the edge advertises it (RFC 8441), "
              "it answers the upgrade with 404.");
  out.verdict.remedy = "Let what ends the TLS connection handle extended CONNECT.";
  StepReport over = step("http2_websocket", StepKind::upgrade, CredentialUse::valid, Expected::accepted);
  over.experiment = ExperimentKind::http2_websocket;
  over.evidence.request.method = "CONNECT";
  over.evidence.request.url += "?token=${valid}";
  over.evidence.tls = certificate();
  over.evidence.tls->alpn = "h2";
  over.evidence.http2 = Http2Facts{true, true, {}, {}};
  over.evidence.times = upgrade_times();
  over.evidence.response = response("HTTP/2 404", 404, "", {{"server", "Caddy"}}, "no route");
  over.evidence.response->head.version = "2";
  over.outcome = Rejected{Rejected::How::response};
  over.as_expected = false;
  over.unmet = {"expected the upgrade to be accepted, got 404"};
  out.experiments = {over};
  return out;
}

Report incident_report() {
  Report out = report("swarmlet");
  out.verdict = verdict(Emitter::backend, Fault::proxy, CauseId::proxy_rewrote_path, 0.983,
                        "The proxy changes the path before it forwards the upgrade; the backend refuses a path it does "
                        "not know, whatever the token.");
  out.verdict.reasons = {
      {"Content-Length stands before Date: the proxy copied it from upstream.", "backend", 4.2},
      {"The valid token, the invalid one and a random path beside the real one get the same bytes.",
       "proxy_rewrote_path", 2.9},
      {"The same server time as the health document.", "proxy", 0.4},
      {"The health document is answered by the application's own 404.", "proxy_rewrote_path", 0},
  };
  out.verdict.remedy =
      "Take `try_files` out of the site of api.example.com: it turns /api/ws into /index.html. A clean site is:\n\n"
      "    api.example.com {\n"
      "        encode zstd gzip\n"
      "        reverse_proxy backend:8000\n"
      "    }";
  out.verdict.reproduce = {
      "curl -i -N --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' \\\n"
      "  \"https://api.example.com/api/ws?token=$VALID\""};
  StepReport health = health_step();
  health.evidence.response = response("HTTP/1.1 404 Not Found", 404, "Not Found", {}, R"({"detail":"Not Found"})");
  health.as_expected = false;
  health.unmet = {"expected status 200, got 404", "expected /status to be \"ok\"; the document has none"};
  health.health = HealthFacts{true, "", std::nullopt, std::nullopt, std::nullopt, std::nullopt};
  health.verdict = out.verdict;
  StepReport valid = refused(step("valid-token", StepKind::upgrade, CredentialUse::valid, Expected::accepted));
  valid.as_expected = false;
  valid.unmet = {"expected the upgrade to be accepted, got 403"};
  valid.verdict = out.verdict;
  StepReport invalid = refused(step("invalid-token", StepKind::upgrade, CredentialUse::invalid, Expected::rejected));
  invalid.verdict = out.verdict;
  out.steps = {health, valid, invalid};
  StepReport control = refused(step("control_path", StepKind::upgrade, CredentialUse::valid, Expected::anything));
  control.experiment = ExperimentKind::control_path;
  control.verdict = out.verdict;
  StepReport index = step("plain_index", StepKind::http, CredentialUse::none, Expected::anything);
  index.experiment = ExperimentKind::plain_index;
  index.evidence.response = response("HTTP/1.1 404 Not Found", 404, "Not Found", {});
  index.outcome = Completed{};
  out.experiments = {control, index};
  return out;
}

Report expired_certificate_report() {
  Report out = report("swarmlet");
  out.duration = 24ms;
  out.verdict = verdict(Emitter::none, Fault::proxy, Cause::transport(Reason::tls_expired), 0.99,
                        "The certificate of api.example.com has expired; nothing was asked.");
  out.verdict.remedy = "Renew the certificate of api.example.com and reload the proxy.";
  out.verdict.reasons = {{"The certificate was valid until 2026-11-20.", "tls_expired", 0}};
  for (const char* name : {"health", "valid-token"}) {
    StepReport failed = step(name, name == std::string("health") ? StepKind::health : StepKind::upgrade,
                             CredentialUse::none, Expected::response);
    failed.as_expected = false;
    failed.evidence.tls = certificate();
    failed.evidence.tls->not_after = moment(2026, 11, 20);
    failed.evidence.tls->verified = false;
    failed.evidence.tls->verify_error = "certificate has expired";
    failed.evidence.times = timeline({{Phase::resolve, 1ms}, {Phase::connect, 2ms}, {Phase::tls, 9ms}});
    failed.outcome = Failed{make_error(Phase::tls, Reason::tls_expired, "valid until 2026-11-20T00:00:00Z")};
    failed.unmet = {describe(std::get<Failed>(failed.outcome).error)};
    failed.verdict = out.verdict;
    out.steps.push_back(failed);
  }
  return out;
}

Report undetermined_report() {
  Report out = report("diagnose");
  out.verdict = verdict(Emitter::undetermined, Fault::undetermined, CauseId::undetermined, 0.4,
                        "Both tokens are refused with 403, and nothing that was seen tells who writes it.");
  out.verdict.reasons = {{"The body is a page that the proxy writes itself.", "proxy", 1.9},
                         {"A GET without Upgrade is answered differently.", "backend", 1.4}};
  out.verdict.remedy = "Give --direct, so that the same upgrade can be made past the proxy.";
  StepReport valid = refused(step("valid-token", StepKind::upgrade, CredentialUse::valid, Expected::accepted));
  valid.as_expected = false;
  valid.unmet = {"expected the upgrade to be accepted, got 403"};
  valid.verdict = out.verdict;
  out.steps = {valid};
  return out;
}

Report hostile_report() {
  const std::string poison =
      "\x1b]0;owned\x07\x1b[2J\r\n\xff\xc2\x9b"
      "31m\xe2\x80\xae";
  Report out = undetermined_report();
  out.scenario = poison;
  out.target += poison;
  out.interrupted = true;
  out.verdict.summary += poison;
  out.verdict.remedy += poison;
  out.verdict.reasons = {{"The body is " + poison, "proxy" + poison, 1.9}};
  out.verdict.reproduce = {"curl " + poison};
  StepReport step = out.steps.front();
  step.name = poison;
  step.unmet = {poison};
  step.verdict->summary = poison;
  step.verdict->remedy = "first " + poison;
  step.evidence.request.url += poison;
  step.evidence.request.fields = {{poison, poison}};
  step.evidence.resolved = {poison};
  step.evidence.attempts = {{poison, make_error(Phase::connect, Reason::tcp_refused, poison)}};
  step.evidence.address = poison;
  step.evidence.unparsed = poison;
  step.evidence.tls->names = {poison};
  step.evidence.tls->issuer = poison;
  step.evidence.tls->version = poison;
  step.evidence.tls->verified = false;
  step.evidence.tls->verify_error = poison;
  step.evidence.response = response("HTTP/1.1 403 " + poison, 403, poison, {{poison, poison}}, poison);
  step.evidence.session = SessionFacts{};
  step.evidence.session->subprotocol = poison;
  step.evidence.session->messages = {{poison, poison, false, 1ms}};
  step.evidence.session->close = CloseFacts{CloseFacts::By::peer, 1008, poison, true};
  step.health = HealthFacts{false, poison, poison, false, 1, 2};
  StepReport document = step;
  document.health->is_json = true;
  document.outcome = Failed{make_error(Phase::response, Reason::bad_header, poison)};
  StepReport completed = step;
  completed.evidence.session.reset();
  completed.outcome = Completed{};
  out.steps = {step, document, completed};
  out.experiments = {step};
  return out;
}

Report full_report() {
  Report out = incident_report();
  StepReport step = out.steps.front();
  step.evidence.request.fields = {{"Accept", "*/*"}};
  step.evidence.attempts = {{"[2001:db8::1]:443", make_error(Phase::connect, Reason::tcp_unreachable, "errno 101")}};
  step.evidence.tls->verify_error = "not asked";
  step.evidence.tls->earliest_not_after = moment(2026, 12, 1);
  step.evidence.tls->ocsp = "good";
  step.evidence.response->head.fields = {{"Server", "Caddy"}};
  step.evidence.response->interim_statuses = {103};
  step.evidence.unparsed = "SSH-2.0-OpenSSH_9.2";
  step.evidence.session = SessionFacts{};
  step.evidence.session->subprotocol = "chat";
  step.evidence.session->extensions = "none";
  step.evidence.session->ping_round_trips = {1ms};
  step.evidence.session->pings_sent = 1;
  step.evidence.session->messages = {{"ping", "pong", true, 2ms}};
  step.evidence.session->close = CloseFacts{CloseFacts::By::peer, 4401, "token", true};
  step.evidence.times = timeline({{Phase::resolve, 1ms},
                                  {Phase::connect, 1ms},
                                  {Phase::tls, 1ms},
                                  {Phase::request, 1ms},
                                  {Phase::first_byte, 1ms},
                                  {Phase::response, 1ms},
                                  {Phase::upgrade, 1ms},
                                  {Phase::message, 1ms},
                                  {Phase::close, 1ms}});
  step.health = HealthFacts{true, "none", "ok", true, 3, 2};
  step.values = {{"errors", 12.5}, {"websocket_errors", 3}};
  step.evidence.http2 = Http2Facts{true, true, "REFUSED_STREAM", "NO_ERROR"};
  FrontendFacts& page = step.frontend.emplace();
  page.page = "https://app.example.com/";
  page.redirects = {"http://app.example.com/"};
  page.variable = "window.WS_BASE_URL";
  page.policies = {{"connect-src 'self'", false, true, 3}, {"default-src 'none'", true, false, 0}};
  page.scripts = {{"https://app.example.com/config.js", 4, "completed", "", 0}, {"", 5, "threw", "Error: no", 7}};
  page.problem = "none";
  page.value = "wss://ws.example.com";
  page.from = "window.WS_BASE_URL";
  page.place = "https://app.example.com/config.js:3";
  page.literals = {"wss://ws.example.com (https://app.example.com/config.js:3)"};
  page.url = "wss://ws.example.com/api/ws";
  page.wanted = "wss://api.example.com/api/ws";
  page.same_path = true;
  page.wanted_is_allowed = false;
  page.answer = BrowserAnswer::blocked;
  page.obstacle = BrowserObstacle::csp;
  page.directive = "connect-src 'self'";
  page.sentence = "the policy does not allow it";
  page.attempt = FrontendAttempt{true, true, 403, make_error(Phase::connect, Reason::tcp_refused, "errno 111")};
  page.notes = {"a note"};
  step.witness = ConnectionWitness{3, 4, 3};
  step.experiment = ExperimentKind::health_document;
  step.outcome = Failed{make_error(Phase::response, Reason::closed_in_body, "after 12 bytes")};
  step.logged = {
      {"access.log", LogOwner::proxy, "combined", "GET", "/index.html", 403, 403, "--", true, true, "GET /"}};
  step.hop = 1;
  step.evidence.response->body = "caf\xe9";
  out.steps = {step};
  out.experiments = {step};
  out.witnesses = {{"access.log", LogOwner::proxy, "combined", "", 4096, 20, 3},
                   {"docker logs app", LogOwner::backend, "", "no such container", 0, 0, 0}};
  out.labels = {{"team", "real-time"}};
  out.upstream = "backend:8000";
  Configuration& configuration = out.configuration.emplace();
  configuration.asked = "wss://api.example.com/api/ws";
  configuration.sources = {{"Caddyfile", "caddyfile", ConfigurationSource::From::file},
                           {"http://localhost:2019", "caddy-json", ConfigurationSource::From::running}};
  const SourcePlace place{"Caddyfile", 4, 2, "apps/http", "\ttry_files {path} /index.html"};
  configuration.traces = {
      {"Caddy", "api.example.com", place, {{place, "rewritten"}}, "forwarded", "/index.html", {"app:8000"}}};
  configuration.findings = {{"rewrite-before-proxy",
                             "the path is rewritten before it is forwarded",
                             FindingSeverity::error,
                             CauseId::proxy_rewrote_path,
                             place,
                             "turns it into /index.html",
                             "403",
                             "the file is there",
                             "put it behind",
                             "handle {\n}\n",
                             {{place, "forwarded here"}},
                             FindingState::confirmed,
                             "the probe found proxy_rewrote_path"}};
  configuration.notes = {"a file was not given"};
  out.notes = {"No valid token was given."};
  return out;
}

std::string golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(WSPROBE_SOURCE_DIR) + "/tests/data/reports/" + name;
  if (std::getenv("WSPROBE_UPDATE_GOLDENS") != nullptr) std::ofstream(path, std::ios::binary) << actual;
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace wsprobe::test
