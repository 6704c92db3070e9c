#include "exporters/json_reader.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "core/base64.hpp"
#include "exporters/exact_texts.hpp"
#include "exporters/json_place.hpp"
#include "exporters/json_position.hpp"
#include "exporters/json_read_frontend.hpp"
#include "exporters/json_read_lint.hpp"
#include "exporters/json_read_parts.hpp"

namespace wsprobe::exporters {
namespace {

// ---- words ----

enum class ReportOutcome : std::uint8_t { pass, fail };
std::string_view name(ReportOutcome outcome) { return outcome == ReportOutcome::pass ? "pass" : "fail"; }
enum class StepOutcome : std::uint8_t { completed, rejected, failed };
std::string_view name(StepOutcome outcome) {
  constexpr std::array<std::string_view, 3> names{"completed", "rejected", "failed"};
  return names[static_cast<std::size_t>(outcome)];
}
enum class Refusal : std::uint8_t { response, close };
std::string_view name(Refusal refusal) { return refusal == Refusal::response ? "response" : "close"; }

constexpr ExperimentKind last_experiment = ExperimentKind::http2_websocket;

Cause read_cause(const Place& place) {
  const std::string found = place.text();
  for (const CauseId cause : all_causes()) {
    if (cause != CauseId::transport && name(cause) == found) return cause;
  }
  for (const Reason reason : all_reasons()) {
    if (name(reason) == found) return Cause::transport(reason);
  }
  place.refuse(fmt::format("{} is not a cause", backquoted(found)), "`wsprobe explain` lists them");
}

// ---- parts of an exchange ----

Verdict read_verdict(const Place& place) {
  Verdict verdict;
  verdict.emitter = read_word<Emitter, Emitter::undetermined>(place.at("emitter"));
  verdict.fault = read_word<Fault, Fault::undetermined>(place.at("fault"));
  verdict.cause = read_cause(place.at("cause"));
  verdict.confidence = place.at("confidence").number();
  verdict.summary = place.at("summary").text();
  verdict.remedy = place.at("remedy").text();
  for (const Place& reason : place.at("reasons").items()) {
    verdict.reasons.push_back({reason.at("fact").text(), reason.at("supports").text(), reason.at("weight").number()});
  }
  verdict.reproduce = read_texts(place.at("reproduce"));
  return verdict;
}

TlsFacts read_tls(const Place& place) {
  TlsFacts tls;
  tls.version = text_or_empty(place, "version");
  tls.cipher = text_or_empty(place, "cipher");
  tls.alpn = text_or_empty(place, "alpn");
  tls.server_name = text_or_empty(place, "server_name");
  tls.verified = place.at("verified").boolean();
  tls.verify_error = text_or_empty(place, "verify_error");
  tls.subject = text_or_empty(place, "subject");
  tls.issuer = text_or_empty(place, "issuer");
  tls.names = read_texts(place.at("names"));
  const auto time = [](const Place& found) { return found.time(); };
  tls.not_before = optional_of<WallTime>(place, "not_before", time);
  tls.not_after = optional_of<WallTime>(place, "not_after", time);
  tls.earliest_not_after = optional_of<WallTime>(place, "earliest_not_after", time);
  tls.serial = text_or_empty(place, "serial");
  tls.fingerprint_sha256 = text_or_empty(place, "fingerprint_sha256");
  tls.chain_length = place.at("chain_length").integer<int>(0);
  tls.ocsp = text_or_empty(place, "ocsp");
  return tls;
}

HealthFacts read_health(const Place& place) {
  const auto integer = [](const Place& found) { return found.integer<std::int64_t>(); };
  HealthFacts health;
  health.is_json = place.at("is_json").boolean();
  health.problem = text_or_empty(place, "problem");
  health.status = optional_of<std::string>(place, "status", [](const Place& found) { return found.text(); });
  health.ws_available = optional_of<bool>(place, "ws_available", [](const Place& found) { return found.boolean(); });
  health.active_connections = optional_of<std::int64_t>(place, "active_connections", integer);
  health.topics = optional_of<std::int64_t>(place, "topics", integer);
  return health;
}

ConnectionWitness read_witness(const Place& place) {
  const auto integer = [](const Place& found) { return found.integer<std::int64_t>(); };
  return {optional_of<std::int64_t>(place, "before", integer), optional_of<std::int64_t>(place, "during", integer),
          optional_of<std::int64_t>(place, "after", integer)};
}

std::vector<NamedValue> read_values(const Place& place) {
  if (!place.value().is_object()) place.refuse_type("an object");
  std::vector<NamedValue> values;
  for (const auto& [name, unused] : place.value().items()) {
    values.push_back(
        {name, optional_of<double>(place, name.c_str(), [](const Place& value) { return value.number(); })});
  }
  return values;
}

Http2Facts read_http2(const Place& place) {
  return {place.at("settings").boolean(), place.at("connect_protocol").boolean(), text_or_empty(place, "reset"),
          text_or_empty(place, "goaway")};
}

Timeline read_times(const Place& exchange) {
  Timeline times;
  const TimePoint start{};
  times.start(start);
  const Place phases = exchange.at("phases");
  const auto begins = exchange.find("begins");
  TimePoint previous_end = start;
  for (const Phase phase : all<Phase, Phase::close>()) {
    const std::string key(name(phase));
    const auto length = phases.find(key.c_str());
    if (!length) continue;
    // A report without `begins` is read as if no time lay between the phases.
    const auto begin = begins ? begins->find(key.c_str()) : std::nullopt;
    const TimePoint from = begin ? start + begin->seconds() : previous_end;
    times.begin(phase, from);
    previous_end = from + length->seconds();
    times.end(phase, previous_end);
  }
  times.finish(start + exchange.at("total_seconds").seconds());
  return times;
}

/// One exchange: the texts that stand elsewhere in their exact form are taken from there.
class ExchangeReader {
 public:
  explicit ExchangeReader(const Place& exchange) : exchange_(exchange) {
    const auto exact = exchange.find("exact");
    if (!exact) return;
    if (!exact->value().is_object()) exact->refuse_type("an object");
    for (const auto& [pointer, text] : exact->value().items()) {
      auto bytes = text.is_string() ? decode_base64(text.get<std::string>()) : std::nullopt;
      if (!bytes) exact->refuse(fmt::format("{} is not base64", backquoted(pointer)));
      exact_.emplace(pointer, std::move(*bytes));
    }
  }

  StepReport read() {
    StepReport step;
    step.name = exchange_.at("name").text();
    step.kind = read_word<StepKind, StepKind::frontend>(exchange_.at("kind"));
    step.credential = read_word<CredentialUse, CredentialUse::invalid>(exchange_.at("credential"));
    step.experiment = optional_of<ExperimentKind>(exchange_, "experiment", read_word<ExperimentKind, last_experiment>);
    step.expected = read_word<Expected, Expected::anything>(exchange_.at("expected"));
    step.as_expected = exchange_.at("as_expected").boolean();
    step.unmet = read_texts(exchange_.at("unmet"));
    step.verdict = optional_of<Verdict>(exchange_, "verdict", read_verdict);
    step.evidence = read_evidence();
    step.outcome = read_outcome(step.evidence);
    step.health = optional_of<HealthFacts>(exchange_, "health", read_health);
    if (const auto values = exchange_.find("values")) step.values = read_values(*values);
    const auto error = [this](const Place& place) { return read_error(place); };
    step.frontend = optional_of<FrontendFacts>(exchange_, "frontend",
                                               [&](const Place& place) { return read_frontend(place, error); });
    step.witness = optional_of<ConnectionWitness>(exchange_, "witness", read_witness);
    if (const auto logged = exchange_.find("logged")) {
      for (const Place& record : logged->items()) step.logged.push_back(read_record(record));
    }
    step.hop = optional_of<std::size_t>(exchange_, "hop", [](const Place& hop) { return hop.integer<std::size_t>(); });
    return step;
  }

 private:
  [[nodiscard]] const std::string* exact(const std::string& pointer) const {
    const auto found = exact_.find(pointer);
    return found == exact_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::string peer_text(const Place& place) const {
    const std::string* bytes = exact(place.pointer().substr(exchange_.pointer().size()));
    return bytes != nullptr ? *bytes : place.text();
  }
  [[nodiscard]] std::string peer_text_or_empty(const Place& object, const char* key) const {
    const auto place = object.find(key);
    return place ? peer_text(*place) : std::string();
  }

  [[nodiscard]] std::vector<HeaderField> read_fields(const Place& list) const {
    std::vector<HeaderField> fields;
    for (const Place& pair : list.items()) {
      const std::vector<Place> parts = pair.items();
      if (parts.size() != 2) pair.refuse("a header is written [\"name\", \"value\"]");
      fields.push_back({peer_text(parts[0]), peer_text(parts[1])});
    }
    return fields;
  }

  [[nodiscard]] RequestFacts read_request(const Place& place) const {
    RequestFacts request;
    request.method = place.at("method").text();
    request.url = place.at("url").text();
    request.host = place.at("host").text();
    request.path = place.at("path").text();
    request.upgrade = place.at("upgrade").boolean();
    request.fields = read_fields(place.at("headers"));
    return request;
  }

  /// `detail` begins with the reason's own sentence; the particulars follow it in parentheses.
  [[nodiscard]] Error read_error(const Place& place) const {
    Error error = make_error(read_word<Phase, Phase::close>(place.at("phase")), place.at("reason").word(all_reasons()));
    error.origin = read_word<Origin, Origin::peer>(place.at("origin"));
    if (const std::string* bytes = exact(place.pointer().substr(exchange_.pointer().size()) + "/detail")) {
      error.detail = *bytes;
      return error;
    }
    const std::string detail = place.at("detail").text();
    const std::string lead = fmt::format("{} (", sentence(error.reason));
    if (detail.starts_with(lead) && detail.ends_with(')')) {
      error.detail = detail.substr(lead.size(), detail.size() - lead.size() - 1);
    } else if (detail != sentence(error.reason)) {
      error.detail = detail;
    }
    return error;
  }

  [[nodiscard]] ResponseHead read_head(const Place& place) const {
    ResponseHead head;
    const std::string status_line = peer_text(place.at("status_line"));
    head.status = exchange_.at("status").integer<int>(100, 999);
    head.fields = read_fields(place.at("headers"));
    const auto version = place.find("version");
    head.version = version ? version->text() : status_line.substr(std::min<std::size_t>(5, status_line.size()), 3);
    const auto phrase = place.find("reason_phrase");
    const std::size_t space = status_line.find(' ', status_line.find(' ') + 1);
    head.reason_phrase = phrase                       ? peer_text(*phrase)
                         : space == std::string::npos ? std::string()
                                                      : status_line.substr(space + 1);
    const std::string* raw = exact("/response/head");
    head.raw = raw != nullptr ? *raw : plain_head(status_line, head.fields);
    return head;
  }

  [[nodiscard]] Response read_response(const Place& place) const {
    Response response;
    response.head = read_head(place);
    response.body = peer_text(place.at("body_excerpt"));
    response.body_size = place.at("body_bytes").integer<std::uint64_t>();
    response.body_complete = place.at("body_complete").boolean();
    response.framing = read_word<Framing, Framing::until_close>(place.at("framing"));
    for (const Place& status : place.at("interim_statuses").items()) {
      response.interim_statuses.push_back(status.integer<int>(100, 199));
    }
    response.extra_bytes = place.at("extra_bytes").boolean();
    return response;
  }

  [[nodiscard]] SessionFacts read_session(const Place& place) const {
    SessionFacts session;
    session.subprotocol = peer_text_or_empty(place, "subprotocol");
    session.extensions = peer_text_or_empty(place, "extensions");
    session.open_for = place.at("open_seconds").seconds();
    session.pings_sent = place.at("pings_sent").integer<int>(0);
    for (const Place& ping : place.at("ping_seconds").items()) session.ping_round_trips.push_back(ping.seconds());
    for (const Place& message : place.at("messages").items()) {
      session.messages.push_back({peer_text_or_empty(message, "sent"), peer_text_or_empty(message, "received"),
                                  message.at("matched").boolean(), message.at("round_trip_seconds").seconds()});
    }
    session.frames_received = place.at("frames_received").integer<std::uint64_t>();
    session.bytes_received = place.at("bytes_received").integer<std::uint64_t>();
    session.close = optional_of<CloseFacts>(place, "close", [this](const Place& close) {
      return CloseFacts{read_word<CloseFacts::By, CloseFacts::By::peer>(close.at("first")),
                        optional_of<int>(close, "code", [](const Place& code) { return code.integer<int>(0, 65535); }),
                        peer_text_or_empty(close, "reason"), close.at("echoed").boolean()};
    });
    return session;
  }

  [[nodiscard]] Evidence read_evidence() const {
    Evidence evidence;
    evidence.request = read_request(exchange_.at("request"));
    evidence.resolved = read_texts(exchange_.at("resolved"));
    for (const Place& attempt : exchange_.at("attempts").items()) {
      evidence.attempts.push_back({attempt.at("address").text(), read_error(attempt.at("failure"))});
    }
    evidence.address = text_or_empty(exchange_, "address");
    evidence.tls = optional_of<TlsFacts>(exchange_, "tls", read_tls);
    evidence.response =
        optional_of<Response>(exchange_, "response", [this](const Place& place) { return read_response(place); });
    evidence.http2 = optional_of<Http2Facts>(exchange_, "http2", read_http2);
    evidence.unparsed = peer_text_or_empty(exchange_, "unparsed");
    evidence.session =
        optional_of<SessionFacts>(exchange_, "session", [this](const Place& place) { return read_session(place); });
    evidence.times = read_times(exchange_);
    return evidence;
  }

  [[nodiscard]] Outcome read_outcome(const Evidence& evidence) const {
    switch (read_word<StepOutcome, StepOutcome::failed>(exchange_.at("outcome"))) {
      case StepOutcome::completed: return Completed{};
      case StepOutcome::failed: return Failed{read_error(exchange_.at("failure"))};
      case StepOutcome::rejected: break;
    }
    if (const auto refusal = exchange_.find("refusal")) {
      const bool by_response = read_word<Refusal, Refusal::close>(*refusal) == Refusal::response;
      return Rejected{by_response ? Rejected::How::response : Rejected::How::close_after_101};
    }
    const bool was_open = evidence.session.has_value();
    return Rejected{was_open ? Rejected::How::close_after_101 : Rejected::How::response};
  }

  [[nodiscard]] LogRecord read_record(const Place& place) const {
    LogRecord record;
    record.source = place.at("source").text();
    record.owner = read_word<LogOwner, LogOwner::backend>(place.at("owner"));
    record.format = place.at("format").text();
    record.method = peer_text_or_empty(place, "method");
    record.target = peer_text_or_empty(place, "target");
    const auto status = [](const Place& found) { return found.integer<int>(-1, 999); };
    record.status = optional_of<int>(place, "status", status).value_or(0);
    record.upstream_status = optional_of<int>(place, "upstream_status", status);
    record.flags = peer_text_or_empty(place, "flags");
    record.upgrade = place.at("upgrade").boolean();
    record.marked = place.at("marked").boolean();
    record.line = peer_text(place.at("line"));
    return record;
  }

  Place exchange_;
  std::map<std::string, std::string> exact_;
};

// ---- the report ----

std::vector<StepReport> read_exchanges(const Place& list) {
  std::vector<StepReport> exchanges;
  for (const Place& exchange : list.items()) exchanges.push_back(ExchangeReader(exchange).read());
  return exchanges;
}

WitnessReport read_witness_report(const Place& place) {
  return {place.at("source").text(),
          read_word<LogOwner, LogOwner::backend>(place.at("owner")),
          text_or_empty(place, "format"),
          text_or_empty(place, "problem"),
          place.at("bytes_read").integer<std::uint64_t>(),
          place.at("lines_read").integer<std::uint64_t>(),
          place.at("lines_ours").integer<std::uint64_t>()};
}

std::map<std::string, std::string> read_labels(const Place& place) {
  if (!place.value().is_object()) place.refuse_type("an object");
  std::map<std::string, std::string> labels;
  for (const auto& [name, unused] : place.value().items()) labels.emplace(name, place.at(name.c_str()).text());
  return labels;
}

Report read_report(const Place& place) {
  const Place schema = place.at("schema");
  if (schema.text() != "wsprobe.report/1") {
    schema.refuse(fmt::format("{} is not a format of this version", backquoted(schema.text())),
                  "allowed: wsprobe.report/1");
  }
  Report report;
  report.scenario = place.at("scenario").text();
  report.target = place.at("target").text();
  if (const auto labels = place.find("labels")) report.labels = read_labels(*labels);
  report.started_at = place.at("started_at").time();
  report.duration = place.at("duration_seconds").seconds();
  report.pass = read_word<ReportOutcome, ReportOutcome::fail>(place.at("outcome")) == ReportOutcome::pass;
  report.interrupted = place.at("interrupted").boolean();
  report.verdict = read_verdict(place.at("verdict"));
  report.steps = read_exchanges(place.at("steps"));
  report.experiments = read_exchanges(place.at("experiments"));
  if (const auto witnesses = place.find("witnesses")) {
    for (const Place& witness : witnesses->items()) report.witnesses.push_back(read_witness_report(witness));
  }
  report.configuration = optional_of<Configuration>(place, "configuration", read_configuration);
  report.upstream = text_or_empty(place, "upstream");
  if (const auto notes = place.find("notes")) report.notes = read_texts(*notes);
  return report;
}

std::vector<Report> read_document(const Json& document) {
  const Place root(document, "");
  if (document.is_object()) return {read_report(root)};
  if (!document.is_array()) root.refuse_type("a report or an array of reports");
  if (document.empty()) root.refuse("there is no report in it");
  std::vector<Report> reports;
  for (const Place& item : root.items()) reports.push_back(read_report(item));
  return reports;
}

tl::unexpected<ReportProblem> problem_at(std::string_view json, std::size_t offset, std::string message,
                                         std::string help = {}) {
  const TextPosition position = position_of(json, offset);
  return tl::unexpected(ReportProblem{position.line, position.column, std::move(message),
                                      std::string(line_at(json, offset)), std::move(help)});
}

/// What the JSON library says, without its own number and position.
std::string plain_problem(std::string_view what) {
  const std::size_t colon = what.find(": ");
  return "not JSON: " +
         shorten(escape_for_display(colon == std::string_view::npos ? what : what.substr(colon + 2)), 160);
}

}  // namespace

tl::expected<std::vector<Report>, ReportProblem> read_reports(std::string_view json) {
  if (json.size() > maximum_report_bytes) return problem_at(json, 0, "the file is larger than 16 MiB");
  if (nesting_of(json) > deepest_report) return problem_at(json, 0, "the document is nested too deeply for a report");
  try {
    return read_document(Json::parse(json));
  } catch (const Malformed& malformed) {
    return problem_at(json, offset_of(json, malformed.pointer), malformed.message, malformed.help);
  } catch (const Json::parse_error& error) {
    return problem_at(json, error.byte == 0 ? 0 : error.byte - 1, plain_problem(error.what()));
  } catch (const Json::exception& error) {
    return problem_at(json, 0, plain_problem(error.what()));
  }
}

}  // namespace wsprobe::exporters
