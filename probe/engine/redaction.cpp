#include "engine/redaction.hpp"

namespace wsprobe::engine {
namespace {

class Pass {
 public:
  explicit Pass(const Redactor& redactor) : redactor_(redactor) {}

  void operator()(std::string& text) const {
    if (!text.empty()) text = redactor_(text);
  }

  /// Text that the peer, or a limit of ours, may have ended in the middle of a secret.
  void cut(std::string& text) const {
    if (!text.empty()) text = redactor_(text, Ending::cut);
  }

  void operator()(std::vector<std::string>& texts) const {
    for (std::string& text : texts) (*this)(text);
  }

  void operator()(std::vector<HeaderField>& fields) const {
    for (HeaderField& field : fields) {
      (*this)(field.name);
      (*this)(field.value);
    }
  }

  void operator()(RequestFacts& request) const {
    (*this)(request.url);
    (*this)(request.host);
    (*this)(request.path);
    (*this)(request.fields);
  }

  void operator()(TlsFacts& tls) const {
    (*this)(tls.subject);
    (*this)(tls.issuer);
    (*this)(tls.names);
    (*this)(tls.verify_error);
  }

  void operator()(Response& response) const {
    (*this)(response.head.raw);
    (*this)(response.head.reason_phrase);
    (*this)(response.head.fields);
    const bool whole = response.body_kept_whole();
    cut(response.body);
    if (whole) response.body_size = response.body.size();
  }

  void operator()(SessionFacts& session) const {
    (*this)(session.subprotocol);
    (*this)(session.extensions);
    for (MessageFacts& message : session.messages) {
      (*this)(message.sent);
      cut(message.received);
    }
    if (session.close) cut(session.close->reason);
  }

  void operator()(HealthFacts& health) const {
    (*this)(health.problem);
    if (health.status) (*this)(*health.status);
  }

 private:
  const Redactor& redactor_;
};

}  // namespace

void redact(const Redactor& redactor, StepReport& report) {
  if (redactor.empty()) return;
  const Pass pass(redactor);
  Evidence& evidence = report.evidence;
  pass(evidence.request);
  for (ConnectAttempt& attempt : evidence.attempts) pass(attempt.error.detail);
  if (evidence.tls) pass(*evidence.tls);
  if (evidence.response) pass(*evidence.response);
  if (evidence.session) pass(*evidence.session);
  pass.cut(evidence.unparsed);
  pass(report.unmet);
  if (report.health) pass(*report.health);
  if (auto* failed = std::get_if<Failed>(&report.outcome)) pass.cut(failed->error.detail);
}

}  // namespace wsprobe::engine
