// A browser does not choose HTTP/2 for a WebSocket by itself. It takes it where it has an HTTP/2 connection to that
// origin already (from the page, or from a fetch) whose server has said in its SETTINGS that it can; otherwise it opens
// a connection of HTTP/1.1. So what works over one and not over the other works for some users, or at some moments.
//
// An answer over HTTP/2 does not tell its author: fields come in lower case, without Connection and Transfer-Encoding,
// whoever wrote them. Who advertised the SETTINGS is known, though: whoever ends the TLS connection.
#include "attribution/transports.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "attribution/answer.hpp"
#include "attribution/pattern.hpp"
#include "attribution/proxy_habits.hpp"

namespace wsprobe::attribution {
namespace {

constexpr Duration shortest_silence = std::chrono::milliseconds(500);

const StepReport* made(const Input& input, ExperimentKind kind) {
  const auto found = std::find_if(input.experiments.begin(), input.experiments.end(),
                                  [&](const StepReport& experiment) { return experiment.experiment == kind; });
  return found == input.experiments.end() ? nullptr : &*found;
}

/// The step that the experiment repeats: the first upgrade with the same credential.
const StepReport* repeated_by(const StepReport& experiment, const Input& input) {
  const auto found = std::find_if(input.steps.begin(), input.steps.end(), [&](const StepReport& step) {
    return step.kind == StepKind::upgrade && step.credential == experiment.credential;
  });
  return found == input.steps.end() ? nullptr : &*found;
}

/// How the edge speaks HTTP/2, where it was not asked for a WebSocket over it.
std::string offer_in_words(const StepReport& over, const StepReport& usual) {
  const Evidence& evidence = over.evidence;
  const Error* error = failure_of(&over);
  const bool cut_off = was_cut_short(over, usual);
  if (!evidence.http2) {
    if (error != nullptr) return fmt::format("HTTP/2 could not be asked for: {}", sentence(error->reason));
    return "the edge does not offer HTTP/2 to browsers: they open WebSockets over HTTP/1.1";
  }
  if (cut_off && !evidence.http2->settings) {
    return "the edge agrees on HTTP/2, and the run ended before its SETTINGS came: what it offers is open";
  }
  if (error != nullptr && !evidence.http2->settings) {
    return fmt::format("the edge agrees on HTTP/2 and then does not speak it: {}", sentence(error->reason));
  }
  return "the edge offers HTTP/2 to browsers, but not WebSocket over it (RFC 8441): they open those over HTTP/1.1";
}

std::string milliseconds(Duration duration) {
  return fmt::format("{} ms", std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

Duration waited(const StepReport& step, Phase phase) {
  return step.evidence.times.duration(phase).value_or(Duration::zero());
}

/// What HTTP/1.1 took for what timed out in that phase. An answered ping is the session's own measure: the phase may be
/// long because the scenario holds the socket.
Duration usual_time(const StepReport& usual, Phase phase) {
  const auto& session = usual.evidence.session;
  if (phase != Phase::message || !session || session->ping_round_trips.empty()) {
    return waited(usual, Phase::first_byte) + waited(usual, Phase::response);
  }
  return *std::max_element(session->ping_round_trips.begin(), session->ping_round_trips.end());
}

/// Asked over HTTP/2, the path is answered as it is without any upgrade.
bool is_taken_for_a_plain_request(const StepReport& over, const StepReport* plain) {
  const Response* one = response_of(&over);
  const Response* other = response_of(plain);
  return one != nullptr && other != nullptr && refused_by_response(&over) && one->head.status == other->head.status &&
         one->body == other->body && !one->body.empty();
}

Cause cause_of(const StepReport& over, const StepReport* plain) {
  if (is_taken_for_a_plain_request(over, plain)) return CauseId::upgrade_stripped;
  const Error* error = failure_of(&over);
  if (error == nullptr) return CauseId::undetermined;
  const bool called_wrong = over.evidence.http2->reset == "PROTOCOL_ERROR";
  switch (kind_of(error->reason)) {
    case FailureKind::closed: return called_wrong ? CauseId::protocol_error : CauseId::connection_aborted;
    case FailureKind::protocol_error:
    case FailureKind::limit: return CauseId::protocol_error;
    case FailureKind::dns:
    case FailureKind::tcp:
    case FailureKind::tls:
    case FailureKind::timeout:
    case FailureKind::local: break;
  }
  return Cause::transport(error->reason);
}

/// Whoever ends the TLS connection has advertised what is not there. Where that may be the application itself, it is
/// open whether it or something behind it has to change.
bool has_a_proxy(const StepReport& usual, const Input& input) {
  return !input.upstream.empty() || !recognised_proxy(pattern_around(usual, input)).empty();
}

std::string remedy_of(const StepReport& over) {
  return fmt::format(
      "Let what ends the TLS connection handle extended CONNECT (RFC 8441) for {} as it handles the upgrade over "
      "HTTP/1.1, or let it no longer advertise it (SETTINGS_ENABLE_CONNECT_PROTOCOL): browsers then open a connection "
      "of HTTP/1.1 for each WebSocket, which works.\n"
      "HAProxy, in the global section:\n\n"
      "    h2-workaround-bogus-websocket-clients\n\n"
      "Node, in the settings of http2.createSecureServer: `enableConnectProtocol: false`. Envoy: `allow_connect: "
      "false` in http2_protocol_options. Apache: `H2WebSockets off`.\n"
      "Run this again: the experiment http2_websocket has to be accepted, or to say that it is not offered.",
      over.evidence.request.path.empty() ? "the WebSocket path" : over.evidence.request.path);
}

Verdict broken_over_http2(const StepReport& usual, const StepReport& over, const Input& input) {
  const StepReport* plain = made(input, ExperimentKind::plain_get);
  Verdict verdict;
  verdict.emitter = response_of(&over) == nullptr ? Emitter::none : Emitter::undetermined;
  verdict.fault = has_a_proxy(usual, input) ? Fault::proxy : Fault::undetermined;
  verdict.cause = cause_of(over, plain);
  verdict.confidence = verdict.cause.id == CauseId::undetermined ? 0 : 0.9;
  verdict.summary = fmt::format(
      "Over HTTP/1.1 the WebSocket is accepted; over HTTP/2, where the edge advertises it (RFC 8441), it {}. Browsers "
      "such as Chromium use HTTP/2 for it wherever the page already has such a connection to this host: there it "
      "fails.",
      behaviour_of(over));
  verdict.remedy = remedy_of(over);
  const std::string supported(name(verdict.cause));
  verdict.reasons = {
      {"the edge offers HTTP/2 (ALPN) and WebSocket over it (SETTINGS_ENABLE_CONNECT_PROTOCOL)", supported, 0},
      {fmt::format("over HTTP/2 the edge {}", behaviour_of(over)), supported, 0},
      {fmt::format("over HTTP/1.1, at the same address and with the same credential, it {}", behaviour_of(usual)),
       supported, 0}};
  if (verdict.cause == Cause(CauseId::upgrade_stripped)) {
    verdict.reasons.push_back({"a plain GET of the same URL gets the same status and body", supported, 2.0});
  } else if (verdict.cause.id == CauseId::undetermined) {
    verdict.reasons.push_back({"could be: upgrade_stripped, proxy_denied", "undetermined", 0});
  }
  return verdict;
}

/// HTTP/1.1 fails and HTTP/2 works.
void note_that_http2_works(const StepReport& usual, const Input& input, Verdict& overall) {
  overall.summary +=
      " Over HTTP/2, which the edge offers as well, the same upgrade is accepted: browsers that already have such a "
      "connection to this host get in, everybody else does not.";
  overall.reasons.insert(overall.reasons.begin(),
                         {"the same upgrade is accepted over HTTP/2 (RFC 8441)", "undetermined", 0});
  // The application says yes to this path and this credential: what stands in the way stands before it.
  if (overall.fault == Fault::undetermined && has_a_proxy(usual, input)) overall.fault = Fault::proxy;
}

}  // namespace

bool was_cut_short(const StepReport& over, const StepReport& usual) {
  const Error* error = failure_of(&over);
  if (error == nullptr) return false;
  if (kind_of(error->reason) == FailureKind::local) return true;
  if (kind_of(error->reason) != FailureKind::timeout) return false;
  const Duration had = waited(over, error->phase);
  return had < shortest_silence || had < 4 * usual_time(usual, error->phase);
}

void name_transports(const Input& input, Attribution& attribution) {
  const StepReport* over = made(input, ExperimentKind::http2_websocket);
  const StepReport* usual = over != nullptr ? repeated_by(*over, input) : nullptr;
  if (usual == nullptr) return;
  Verdict& overall = attribution.overall;
  const bool offered = over->evidence.http2 && over->evidence.http2->connect_protocol;
  const bool asked = offered && (response_of(over) != nullptr || failure_of(over) != nullptr);
  if (!asked) {
    overall.reasons.push_back({offer_in_words(*over, *usual), "undetermined", 0});
  } else if (was_cut_short(*over, *usual)) {
    overall.reasons.push_back(
        {fmt::format("the edge offers WebSocket over HTTP/2 (RFC 8441), and the run ended {} "
                     "after it was asked for: whether it works is open (a longer --timeout tells)",
                     milliseconds(waited(*over, failure_of(over)->phase))),
         "undetermined", 0});
  } else if (works(over) == works(usual)) {
    overall.reasons.push_back(
        {fmt::format("over HTTP/2, which browsers may use for it here (RFC 8441), the edge {}", behaviour_of(*over)),
         "undetermined", 0});
  } else if (works(over)) {
    note_that_http2_works(*usual, input, overall);
  } else if (overall.cause.id != CauseId::auth_bypass) {
    overall = broken_over_http2(*usual, *over, input);
    const bool compared = made(input, ExperimentKind::plain_get) != nullptr;
    if (refused_by_response(over) && !compared) attribution.wanted.push_back(ExperimentKind::plain_get);
  }
}

}  // namespace wsprobe::attribution
