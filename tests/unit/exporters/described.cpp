#include "described.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wsprobe::test {
namespace {

/// Bytes as they are: no two texts look alike.
std::string bytes(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = c >= ' ' && c < 0x7F && c != '\\';
    out += plain ? std::string(1, c) : fmt::format("\\{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

class Lines {
 public:
  template <typename Value>
  void add(const char* key, const Value& value) {
    text_ += fmt::format("{} {}\n", key, value);
  }
  void add_bytes(const char* key, const std::string& value) { add(key, bytes(value)); }
  template <typename Value>
  void add_optional(const char* key, const std::optional<Value>& value) {
    if (value) add(key, *value);
  }
  void add_time(const char* key, const std::optional<WallTime>& time) {
    if (time) add(key, time->time_since_epoch().count());
  }
  void add_nested(const char* key, const std::string& value) { text_ += fmt::format("{} {{\n{}}}\n", key, value); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string of(const Error& error) {
  return fmt::format("{} {} {} {}", name(error.phase), name(error.origin), name(error.reason), bytes(error.detail));
}

void add_fields(Lines& lines, const std::vector<HeaderField>& fields) {
  for (const HeaderField& field : fields) lines.add("field", bytes(field.name) + " = " + bytes(field.value));
}

std::string of(const Response& response) {
  Lines lines;
  lines.add_bytes("raw", response.head.raw);
  lines.add_bytes("version", response.head.version);
  lines.add("status", response.head.status);
  lines.add_bytes("phrase", response.head.reason_phrase);
  add_fields(lines, response.head.fields);
  for (const int status : response.interim_statuses) lines.add("interim", status);
  lines.add("framing", static_cast<int>(response.framing));
  lines.add_bytes("body", response.body);
  lines.add("size", response.body_size);
  lines.add("complete", response.body_complete);
  lines.add("extra", response.extra_bytes);
  return lines.take();
}

std::string of(const TlsFacts& tls) {
  Lines lines;
  for (const std::string* text : {&tls.version, &tls.cipher, &tls.alpn, &tls.server_name, &tls.subject, &tls.issuer,
                                  &tls.serial, &tls.fingerprint_sha256, &tls.verify_error, &tls.ocsp}) {
    lines.add_bytes("text", *text);
  }
  for (const std::string& each : tls.names) lines.add_bytes("name", each);
  lines.add_time("not_before", tls.not_before);
  lines.add_time("not_after", tls.not_after);
  lines.add_time("earliest", tls.earliest_not_after);
  lines.add("chain", tls.chain_length);
  lines.add("verified", tls.verified);
  return lines.take();
}

std::string of(const SessionFacts& session) {
  Lines lines;
  lines.add_bytes("subprotocol", session.subprotocol);
  lines.add_bytes("extensions", session.extensions);
  for (const Duration ping : session.ping_round_trips) lines.add("ping", ping.count());
  lines.add("pings", session.pings_sent);
  for (const MessageFacts& message : session.messages) {
    lines.add("message", fmt::format("{} | {} | {} | {}", bytes(message.sent), bytes(message.received), message.matched,
                                     message.round_trip.count()));
  }
  lines.add("frames", session.frames_received);
  lines.add("bytes", session.bytes_received);
  lines.add("open", session.open_for.count());
  if (session.close) {
    lines.add("first", static_cast<int>(session.close->first));
    lines.add_optional("code", session.close->code);
    lines.add_bytes("reason", session.close->reason);
    lines.add("echoed", session.close->echoed);
  }
  return lines.take();
}

std::string of(const Timeline& times) {
  Lines lines;
  lines.add("total", times.total().count());
  for (std::size_t index = 0; index < phase_count; ++index) {
    const auto phase = static_cast<Phase>(index);
    const auto length = times.duration(phase);
    if (!length) continue;
    lines.add(std::string(name(phase)).c_str(),
              fmt::format("{} {}", (*times.span(phase).begin - times.started()).count(), length->count()));
  }
  return lines.take();
}

std::string of(const Evidence& evidence) {
  Lines lines;
  const RequestFacts& request = evidence.request;
  for (const std::string* text : {&request.method, &request.url, &request.host, &request.path}) {
    lines.add_bytes("text", *text);
  }
  lines.add("upgrade", request.upgrade);
  add_fields(lines, request.fields);
  for (const std::string& address : evidence.resolved) lines.add_bytes("resolved", address);
  for (const ConnectAttempt& attempt : evidence.attempts)
    lines.add("attempt", attempt.address + " " + of(attempt.error));
  lines.add_bytes("address", evidence.address);
  if (evidence.tls) lines.add_nested("tls", of(*evidence.tls));
  if (evidence.response) lines.add_nested("response", of(*evidence.response));
  lines.add_bytes("unparsed", evidence.unparsed);
  if (evidence.session) lines.add_nested("session", of(*evidence.session));
  lines.add_nested("times", of(evidence.times));
  return lines.take();
}

std::string of(const Outcome& outcome) {
  if (const auto* failed = std::get_if<Failed>(&outcome)) return "failed " + of(failed->error);
  const auto* rejected = std::get_if<Rejected>(&outcome);
  return rejected == nullptr ? "completed" : fmt::format("rejected {}", static_cast<int>(rejected->how));
}

std::string of(const LogRecord& record) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", record.source, name(record.owner), record.format,
                     bytes(record.method), bytes(record.target), record.status, record.upstream_status.value_or(-7),
                     bytes(record.flags), record.upgrade, record.marked, bytes(record.line));
}

}  // namespace

std::string described(const Verdict& verdict) {
  Lines lines;
  lines.add("emitter", name(verdict.emitter));
  lines.add("fault", name(verdict.fault));
  lines.add("cause", name(verdict.cause));
  lines.add("confidence", verdict.confidence);
  lines.add_bytes("summary", verdict.summary);
  lines.add_bytes("remedy", verdict.remedy);
  for (const SupportingFact& reason : verdict.reasons) {
    lines.add("reason", fmt::format("{} | {} | {}", bytes(reason.fact), bytes(reason.supports), reason.weight));
  }
  for (const std::string& command : verdict.reproduce) lines.add_bytes("reproduce", command);
  return lines.take();
}

std::string described(const StepReport& step) {
  Lines lines;
  lines.add_bytes("name", step.name);
  lines.add("kind", name(step.kind));
  lines.add("credential", name(step.credential));
  if (step.experiment) lines.add("experiment", name(*step.experiment));
  lines.add("expected", name(step.expected));
  lines.add_nested("evidence", of(step.evidence));
  lines.add("outcome", of(step.outcome));
  lines.add("as_expected", step.as_expected);
  for (const std::string& sentence : step.unmet) lines.add_bytes("unmet", sentence);
  if (step.health) {
    lines.add("is_json", step.health->is_json);
    lines.add_bytes("problem", step.health->problem);
    if (step.health->status) lines.add_bytes("status", *step.health->status);
    lines.add_optional("ws_available", step.health->ws_available);
    lines.add_optional("active", step.health->active_connections);
    lines.add_optional("topics", step.health->topics);
  }
  for (const auto& [name, value] : step.values) {
    lines.add("value", fmt::format("{} {}", name, value ? fmt::to_string(*value) : "unknown"));
  }
  if (const auto& http2 = step.evidence.http2) {
    lines.add("http2",
              fmt::format("{} {} {} {}", http2->settings, http2->connect_protocol, http2->reset, http2->goaway));
  }
  if (const auto& page = step.frontend) {
    lines.add("page", fmt::format("{} {} {} {} {} {} {} {}", page->page, fmt::join(page->redirects, " "),
                                  page->variable, page->problem, page->value.value_or("none"), page->from, page->place,
                                  fmt::join(page->literals, " ")));
    lines.add("opens", fmt::format("{} {} {} {} {} {} {} {} {} {}", page->url, page->wanted, page->same_origin,
                                   page->same_path, page->wanted_is_allowed, name(page->answer), name(page->obstacle),
                                   page->directive, page->sentence, fmt::join(page->notes, " ")));
    for (const FrontendPolicy& policy : page->policies) {
      lines.add("policy", fmt::format("{} {} {} {}", policy.text, policy.reports_only, policy.in_page, policy.line));
    }
    for (const FrontendScript& script : page->scripts) {
      lines.add("script",
                fmt::format("{} {} {} {} {}", script.address, script.line, script.end, script.detail, script.at_line));
    }
    if (const auto& attempt = page->attempt) {
      lines.add("attempt", fmt::format("{} {} {} {}", attempt->with_credential, attempt->accepted, attempt->status,
                                       attempt->failure ? describe(*attempt->failure) : "none"));
    }
  }
  if (step.witness) {
    lines.add("witness", fmt::format("{} {} {}", step.witness->before.value_or(-1), step.witness->during.value_or(-1),
                                     step.witness->after.value_or(-1)));
  }
  for (const LogRecord& record : step.logged) lines.add("logged", of(record));
  lines.add_optional("hop", step.hop);
  if (step.verdict) lines.add_nested("verdict", described(*step.verdict));
  return lines.take();
}

std::string of(const SourcePlace& at) {
  return fmt::format("{}:{}:{} {} {}", at.file, at.line, at.column, at.inside, at.source_line);
}

void add_remarks(Lines& lines, const std::vector<ConfigurationRemark>& remarks) {
  for (const ConfigurationRemark& remark : remarks) {
    lines.add("remark", fmt::format("{} {}", of(remark.at), remark.says));
  }
}

std::string of(const Configuration& configuration) {
  Lines lines;
  lines.add("asked", configuration.asked);
  for (const ConfigurationSource& source : configuration.sources) {
    lines.add("source", fmt::format("{} {} {}", source.name, source.kind, name(source.from)));
  }
  for (const ConfigurationTrace& trace : configuration.traces) {
    lines.add("trace", fmt::format("{} {} {} {} {} {}", trace.product, trace.site, of(trace.at), trace.ending,
                                   trace.path, fmt::join(trace.upstreams, " ")));
    add_remarks(lines, trace.steps);
  }
  for (const ConfigurationFinding& finding : configuration.findings) {
    lines.add("finding",
              fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}", finding.rule, finding.title, name(finding.severity),
                          name(finding.cause), of(finding.at), finding.says, finding.breaks, finding.only_if,
                          finding.correction, finding.snippet, name(finding.state), finding.evidence));
    add_remarks(lines, finding.related);
  }
  for (const std::string& note : configuration.notes) lines.add("note", note);
  return lines.take();
}

std::string described(const Report& report) {
  Lines lines;
  lines.add_bytes("scenario", report.scenario);
  lines.add_bytes("target", report.target);
  for (const auto& [name, value] : report.labels) lines.add_bytes("label", name + "=" + value);
  lines.add_time("started", report.started_at);
  lines.add("duration", report.duration.count());
  lines.add("pass", report.pass);
  lines.add("interrupted", report.interrupted);
  lines.add_nested("verdict", described(report.verdict));
  for (const StepReport& step : report.steps) lines.add_nested("step", described(step));
  for (const StepReport& step : report.experiments) lines.add_nested("experiment", described(step));
  for (const WitnessReport& witness : report.witnesses) {
    lines.add("witness", fmt::format("{} {} {} {} {} {} {}", witness.source, name(witness.owner), witness.format,
                                     witness.problem, witness.bytes_read, witness.lines_read, witness.lines_ours));
  }
  lines.add_bytes("upstream", report.upstream);
  if (report.configuration) lines.add_nested("configuration", of(*report.configuration));
  for (const std::string& note : report.notes) lines.add_bytes("note", note);
  return lines.take();
}

}  // namespace wsprobe::test
