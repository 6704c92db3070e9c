// No answer that can be read: the phase and the reason are the cause. The fault follows where the failure lies, as far
// as that can be seen from here: a certificate is the edge's, a name is the name service's, and of a port on which
// nobody listens nobody outside can say whose it is.
#include "attribution/causes.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace wsprobe::attribution {
namespace {

Fault fault_of_dns(Reason reason) { return reason == Reason::dns_bad_name ? Fault::client : Fault::network; }

Fault fault_of_tcp(Reason reason) {
  if (reason == Reason::tcp_not_permitted) return Fault::client;
  if (reason == Reason::tcp_unreachable) return Fault::network;
  return Fault::undetermined;
}

/// What the edge presents: its certificate, its versions, its names.
constexpr std::array presented_by_the_edge{
    Reason::tls_expired,          Reason::tls_not_yet_valid,    Reason::tls_wrong_host,
    Reason::tls_self_signed,      Reason::tls_revoked,          Reason::tls_ocsp_invalid,
    Reason::tls_ocsp_missing,     Reason::tls_not_a_ca,         Reason::tls_wrong_purpose,
    Reason::tls_name_constraint,  Reason::tls_weak_key,         Reason::tls_weak_digest,
    Reason::tls_bad_certificate,  Reason::tls_protocol_version, Reason::tls_no_shared_cipher,
    Reason::tls_unrecognized_name};

Fault fault_of_tls(Reason reason) {
  if (std::find(presented_by_the_edge.begin(), presented_by_the_edge.end(), reason) != presented_by_the_edge.end()) {
    return Fault::proxy;
  }
  if (reason == Reason::tls_client_certificate) return Fault::client;
  return Fault::undetermined;
}

/// Nothing else at this edge answers over HTTP either.
bool nothing_answers(const Pattern& pattern) {
  for (const StepReport* step : pattern.others()) {
    if (response_of(step) != nullptr) return false;
  }
  return true;
}

Conclusion silence(const Pattern& pattern, const Error& error) {
  Conclusion conclusion;
  conclusion.cause = Cause::transport(error.reason);
  conclusion.confidence = 0.95;
  conclusion.why = std::string(sentence(error.reason));
  if (error.reason == Reason::timeout_first_byte && !nothing_answers(pattern)) {
    conclusion.why +=
        ", while other requests at the same edge are answered: either the application accepts and never answers, or "
        "the "
        "proxy holds the answer back";
    conclusion.candidates = {CauseId::upstream_timeout};
  }
  return conclusion;
}

/// The round numbers of idle timeouts (30 s, 60 s, ...) within half a second.
bool cut_at_a_round_time(Duration open_for) {
  const double seconds = to_seconds(open_for);
  return seconds >= 9.5 && std::abs(seconds - std::round(seconds / 5) * 5) < 0.5;
}

}  // namespace

Conclusion conclude_failure(const Pattern& pattern, const Error& error) {
  Conclusion conclusion;
  conclusion.why = std::string(sentence(error.reason));
  conclusion.confidence = 0.95;
  conclusion.cause = Cause::transport(error.reason);
  switch (kind_of(error.reason)) {
    case FailureKind::dns: conclusion.fault = fault_of_dns(error.reason); break;
    case FailureKind::tcp: conclusion.fault = fault_of_tcp(error.reason); break;
    case FailureKind::tls: conclusion.fault = fault_of_tls(error.reason); break;
    case FailureKind::timeout:
      conclusion = silence(pattern, error);
      if (error.reason == Reason::timeout_resolve || error.reason == Reason::timeout_connect) {
        conclusion.fault = Fault::network;
      }
      break;
    case FailureKind::closed:
      conclusion.cause = CauseId::connection_aborted;
      conclusion.confidence = 0.9;
      if (pattern.subject->evidence.session && cut_at_a_round_time(pattern.subject->evidence.session->open_for)) {
        conclusion.cause = CauseId::idle_timeout;
        conclusion.fault = Fault::proxy;
        conclusion.confidence = 0.7;
        conclusion.why =
            fmt::format("the WebSocket was accepted and then cut after {:.0f} s, a round time, without a close frame",
                        to_seconds(pattern.subject->evidence.session->open_for));
      }
      break;
    case FailureKind::protocol_error:
      conclusion.cause = CauseId::protocol_error;
      conclusion.confidence = 0.9;
      break;
    case FailureKind::limit: break;
    case FailureKind::local: conclusion.fault = Fault::client; break;
  }
  conclusion.reasons.push_back({describe(error), std::string(name(conclusion.cause)), 0});
  return conclusion;
}

}  // namespace wsprobe::attribution
