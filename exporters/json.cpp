// Only facts that happened are written as numbers; what did not happen is null or absent, never zero. Durations are
// decimal seconds; those of the phases and `unattributed` sum to `total_seconds`.
#include "exporters/json.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "exporters/exact_texts.hpp"
#include "exporters/json_lint.hpp"
#include "exporters/replay.hpp"
#include "exporters/timestamp.hpp"

namespace wsprobe::exporters {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json date_or_null(const std::optional<WallTime>& time) { return time ? Json(iso_timestamp(*time)) : Json(nullptr); }

Json fields_json(const std::vector<HeaderField>& fields) {
  Json out = Json::array();
  for (const HeaderField& field : fields) out.push_back(Json::array({field.name, field.value}));
  return out;
}

Json verdict_json(const Verdict& verdict) {
  Json reasons = Json::array();
  for (const SupportingFact& reason : verdict.reasons) {
    reasons.push_back({{"fact", reason.fact}, {"supports", reason.supports}, {"weight", reason.weight}});
  }
  return {{"emitter", name(verdict.emitter)}, {"fault", name(verdict.fault)},  {"cause", name(verdict.cause)},
          {"confidence", verdict.confidence}, {"summary", verdict.summary},    {"remedy", verdict.remedy},
          {"reasons", std::move(reasons)},    {"reproduce", verdict.reproduce}};
}

Json error_json(const Error& error) {
  std::string detail(sentence(error.reason));
  if (!error.detail.empty()) detail += " (" + error.detail + ")";
  return {{"phase", name(error.phase)},
          {"kind", name(kind_of(error.reason))},
          {"origin", name(error.origin)},
          {"reason", name(error.reason)},
          {"detail", detail}};
}

Json failure_json(const Outcome& outcome) {
  const auto* failed = std::get_if<Failed>(&outcome);
  return failed != nullptr ? error_json(failed->error) : Json(nullptr);
}

Json phases_json(const Timeline& times) {
  Json phases = Json::object();
  for (std::size_t index = 0; index < phase_count; ++index) {
    const auto phase = static_cast<Phase>(index);
    if (const auto duration = times.duration(phase)) phases[std::string(name(phase))] = to_seconds(*duration);
  }
  phases["unattributed"] = to_seconds(times.unattributed());
  return phases;
}

/// Where on the way from the beginning to the end of the exchange each phase began.
Json begins_json(const Timeline& times) {
  Json begins = Json::object();
  for (std::size_t index = 0; index < phase_count; ++index) {
    const auto phase = static_cast<Phase>(index);
    if (times.duration(phase)) {
      begins[std::string(name(phase))] = to_seconds(*times.span(phase).begin - times.started());
    }
  }
  return begins;
}

/// How a refusal came: an answer other than 101, or a close after it.
Json refusal_json(const Outcome& outcome) {
  const auto* rejected = std::get_if<Rejected>(&outcome);
  if (rejected == nullptr) return nullptr;
  return rejected->how == Rejected::How::response ? "response" : "close";
}

Json request_json(const RequestFacts& request) {
  return {{"method", request.method}, {"url", request.url},         {"host", request.host},
          {"path", request.path},     {"upgrade", request.upgrade}, {"headers", fields_json(request.fields)}};
}

Json attempts_json(const std::vector<ConnectAttempt>& attempts) {
  Json out = Json::array();
  for (const ConnectAttempt& attempt : attempts) {
    out.push_back({{"address", attempt.address}, {"failure", error_json(attempt.error)}});
  }
  return out;
}

Json tls_json(const TlsFacts& tls) {
  return {{"version", or_null(tls.version)},
          {"cipher", or_null(tls.cipher)},
          {"alpn", or_null(tls.alpn)},
          {"server_name", or_null(tls.server_name)},
          {"verified", tls.verified},
          {"verify_error", or_null(tls.verify_error)},
          {"subject", or_null(tls.subject)},
          {"issuer", or_null(tls.issuer)},
          {"names", tls.names},
          {"not_before", date_or_null(tls.not_before)},
          {"not_after", date_or_null(tls.not_after)},
          {"earliest_not_after", date_or_null(tls.earliest_not_after)},
          {"serial", or_null(tls.serial)},
          {"fingerprint_sha256", or_null(tls.fingerprint_sha256)},
          {"chain_length", tls.chain_length},
          {"ocsp", or_null(tls.ocsp)}};
}

Json response_json(const Response& response) {
  return {{"status_line", response.head.status_line()},
          {"version", response.head.version},
          {"reason_phrase", response.head.reason_phrase},
          {"headers", fields_json(response.head.fields)},
          {"body_excerpt", response.body.substr(0, body_excerpt_bytes)},
          {"body_bytes", response.body_size},
          {"body_complete", response.body_complete},
          {"framing", name(response.framing)},
          {"interim_statuses", response.interim_statuses},
          {"extra_bytes", response.extra_bytes}};
}

Json session_json(const SessionFacts& session) {
  Json round_trips = Json::array();
  for (const Duration round_trip : session.ping_round_trips) round_trips.push_back(to_seconds(round_trip));
  Json messages = Json::array();
  for (const MessageFacts& message : session.messages) {
    messages.push_back({{"sent", or_null(message.sent)},
                        {"received", or_null(message.received)},
                        {"matched", message.matched},
                        {"round_trip_seconds", to_seconds(message.round_trip)}});
  }
  Json close = nullptr;
  if (session.close) {
    close = {{"first", name(session.close->first)},
             {"code", or_null(session.close->code)},
             {"reason", or_null(session.close->reason)},
             {"echoed", session.close->echoed}};
  }
  return {{"subprotocol", or_null(session.subprotocol)},
          {"extensions", or_null(session.extensions)},
          {"open_seconds", to_seconds(session.open_for)},
          {"pings_sent", session.pings_sent},
          {"ping_seconds", std::move(round_trips)},
          {"messages", std::move(messages)},
          {"frames_received", session.frames_received},
          {"bytes_received", session.bytes_received},
          {"close", std::move(close)}};
}

Json health_json(const HealthFacts& health) {
  return {{"is_json", health.is_json},
          {"problem", or_null(health.problem)},
          {"status", or_null(health.status)},
          {"ws_available", or_null(health.ws_available)},
          {"active_connections", or_null(health.active_connections)},
          {"topics", or_null(health.topics)}};
}

/// By name; null where the document does not say.
Json values_json(const std::vector<NamedValue>& values) {
  Json out = Json::object();
  for (const NamedValue& value : values) out[value.name] = or_null(value.value);
  return out;
}

Json http2_json(const Http2Facts& http2) {
  return {{"settings", http2.settings},
          {"connect_protocol", http2.connect_protocol},
          {"reset", or_null(http2.reset)},
          {"goaway", or_null(http2.goaway)}};
}

Json attempt_json(const FrontendAttempt& attempt) {
  return {{"with_credential", attempt.with_credential},
          {"accepted", attempt.accepted},
          {"status", attempt.status == 0 ? Json(nullptr) : Json(attempt.status)},
          {"failure", attempt.failure ? error_json(*attempt.failure) : Json(nullptr)}};
}

Json frontend_json(const FrontendFacts& facts) {
  Json policies = Json::array();
  for (const FrontendPolicy& policy : facts.policies) {
    policies.push_back({{"text", policy.text},
                        {"delivery", policy.in_page ? "meta" : "header"},
                        {"disposition", policy.reports_only ? "report" : "enforce"},
                        {"line", policy.line}});
  }
  Json scripts = Json::array();
  for (const FrontendScript& script : facts.scripts) {
    scripts.push_back({{"address", or_null(script.address)},
                       {"line", script.line},
                       {"end", script.end},
                       {"detail", or_null(script.detail)},
                       {"at_line", script.at_line}});
  }
  return {{"page", facts.page},
          {"redirects", facts.redirects},
          {"policies", std::move(policies)},
          {"scripts", std::move(scripts)},
          {"variable", facts.variable},
          {"problem", or_null(facts.problem)},
          {"value", or_null(facts.value)},
          {"from", or_null(facts.from)},
          {"place", or_null(facts.place)},
          {"literals", facts.literals},
          {"url", or_null(facts.url)},
          {"wanted", facts.wanted},
          {"same_origin", facts.same_origin},
          {"same_path", facts.same_path},
          {"wanted_is_allowed", facts.wanted_is_allowed},
          {"browser",
           {{"answer", name(facts.answer)},
            {"why", name(facts.obstacle)},
            {"directive", or_null(facts.directive)},
            {"sentence", or_null(facts.sentence)}}},
          {"attempt", facts.attempt ? attempt_json(*facts.attempt) : Json(nullptr)},
          {"notes", facts.notes}};
}

Json witness_json(const ConnectionWitness& witness) {
  return {{"before", or_null(witness.before)}, {"during", or_null(witness.during)}, {"after", or_null(witness.after)}};
}

Json logged_json(const std::vector<LogRecord>& records) {
  Json out = Json::array();
  for (const LogRecord& record : records) {
    out.push_back({{"source", record.source},
                   {"owner", name(record.owner)},
                   {"format", record.format},
                   {"method", or_null(record.method)},
                   {"target", or_null(record.target)},
                   {"status", record.status == 0 ? Json(nullptr) : Json(record.status)},
                   {"upstream_status", or_null(record.upstream_status)},
                   {"flags", or_null(record.flags)},
                   {"upgrade", record.upgrade},
                   {"marked", record.marked},
                   {"line", record.line}});
  }
  return out;
}

Json witnesses_json(const std::vector<WitnessReport>& witnesses) {
  Json out = Json::array();
  for (const WitnessReport& witness : witnesses) {
    out.push_back({{"source", witness.source},
                   {"owner", name(witness.owner)},
                   {"format", or_null(witness.format)},
                   {"problem", or_null(witness.problem)},
                   {"bytes_read", witness.bytes_read},
                   {"lines_read", witness.lines_read},
                   {"lines_ours", witness.lines_ours}});
  }
  return out;
}

/// Of a std::optional or a Boxed.
template <typename Maybe, typename T>
Json object_or_null(const Maybe& value, Json (*write)(const T&)) {
  return value ? write(*value) : Json(nullptr);
}

Json step_json(const StepReport& step) {
  const Evidence& evidence = step.evidence;
  return {{"name", step.name},
          {"kind", name(step.kind)},
          {"credential", name(step.credential)},
          {"experiment", step.experiment ? Json(name(*step.experiment)) : Json(nullptr)},
          {"expected", name(step.expected)},
          {"outcome", name(step.outcome)},
          {"refusal", refusal_json(step.outcome)},
          {"as_expected", step.as_expected},
          {"unmet", step.unmet},
          {"status", evidence.response ? Json(evidence.response->head.status) : Json(nullptr)},
          {"verdict", object_or_null(step.verdict, verdict_json)},
          {"phases", phases_json(evidence.times)},
          {"begins", begins_json(evidence.times)},
          {"total_seconds", to_seconds(evidence.times.total())},
          {"failure", failure_json(step.outcome)},
          {"request", request_json(evidence.request)},
          {"resolved", evidence.resolved},
          {"attempts", attempts_json(evidence.attempts)},
          {"address", or_null(evidence.address)},
          {"tls", object_or_null(evidence.tls, tls_json)},
          {"response", object_or_null(evidence.response, response_json)},
          {"http2", object_or_null(evidence.http2, http2_json)},
          {"unparsed", or_null(evidence.unparsed)},
          {"session", object_or_null(evidence.session, session_json)},
          {"health", object_or_null(step.health, health_json)},
          {"values", values_json(step.values)},
          {"frontend", object_or_null(step.frontend, frontend_json)},
          {"witness", object_or_null(step.witness, witness_json)},
          {"logged", logged_json(step.logged)},
          {"hop", or_null(step.hop)},
          {"exact", exact_texts(step)}};
}

Json steps_json(const std::vector<StepReport>& steps) {
  Json out = Json::array();
  for (const StepReport& step : steps) out.push_back(step_json(step));
  return out;
}

/// Of a replay: the verdicts alone.
Json verdicts_json(const std::vector<StepReport>& steps) {
  Json out = Json::array();
  for (const StepReport& step : steps) {
    out.push_back({{"name", step.name}, {"verdict", object_or_null(step.verdict, verdict_json)}});
  }
  return out;
}

Json report_json(const Report& report) {
  return {{"schema", "wsprobe.report/1"},
          {"scenario", report.scenario},
          {"target", report.target},
          {"labels", report.labels},
          {"started_at", iso_timestamp(report.started_at)},
          {"duration_seconds", to_seconds(report.duration)},
          {"outcome", report.pass ? "pass" : "fail"},
          {"interrupted", report.interrupted},
          {"verdict", verdict_json(report.verdict)},
          {"steps", steps_json(report.steps)},
          {"experiments", steps_json(report.experiments)},
          {"witnesses", witnesses_json(report.witnesses)},
          {"configuration", object_or_null(report.configuration, configuration_json)},
          {"upstream", or_null(report.upstream)},
          {"notes", report.notes}};
}

std::string dump(const Json& json) {
  constexpr int indent = 2;
  constexpr bool ascii_only = true;
  return json.dump(indent, ' ', ascii_only, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_json(const Report& report) { return dump(report_json(report)); }

std::string to_json(std::span<const Report> reports) {
  Json all = Json::array();
  for (const Report& report : reports) all.push_back(report_json(report));
  return dump(all);
}

std::string to_json(std::span<const Replay> replays) {
  Json all = Json::array();
  for (const Replay& replay : replays) {
    Json changes = Json::array();
    for (const VerdictChange& change : replay.changes) {
      changes.push_back({{"exchange", or_null(change.exchange)},
                         {"part", change.part},
                         {"was", or_null(change.was)},
                         {"is", or_null(change.is)}});
    }
    all.push_back({{"file", replay.file},
                   {"scenario", replay.report.scenario},
                   {"target", replay.report.target},
                   {"equal", replay.changes.empty()},
                   {"changes", std::move(changes)},
                   {"verdict", verdict_json(replay.report.verdict)},
                   {"steps", verdicts_json(replay.report.steps)},
                   {"experiments", verdicts_json(replay.report.experiments)}});
  }
  return dump({{"schema", "wsprobe.replay/1"}, {"replays", std::move(all)}});
}

}  // namespace wsprobe::exporters
