#include "engine/redaction.hpp"

namespace wsprobe::engine {
namespace {

class Pass {
 public:
  Pass(const Redactor& redactor, std::string_view mark) : redactor_(redactor), mark_(mark) {}

  void operator()(std::string& text) const {
    if (!text.empty() && !redactor_.empty()) text = redactor_(text);
    forget_number(text);
  }

  /// Text that the peer, or a limit of ours, may have ended in the middle of a secret.
  void cut(std::string& text) const {
    if (!text.empty() && !redactor_.empty()) text = redactor_(text, Ending::cut);
    forget_number(text);
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

  void operator()(FrontendFacts& frontend) const {
    for (std::string* text : {&frontend.page, &frontend.problem, &frontend.from, &frontend.place, &frontend.url,
                              &frontend.directive, &frontend.sentence}) {
      (*this)(*text);
    }
    for (auto* texts : {&frontend.redirects, &frontend.literals, &frontend.notes}) (*this)(*texts);
    if (frontend.value) cut(*frontend.value);
    for (FrontendPolicy& policy : frontend.policies) cut(policy.text);
    for (FrontendScript& script : frontend.scripts) {
      (*this)(script.address);
      cut(script.detail);
    }
    if (frontend.attempt && frontend.attempt->failure) cut(frontend.attempt->failure->detail);
  }

  void operator()(HealthFacts& health) const {
    (*this)(health.problem);
    if (health.status) (*this)(*health.status);
  }

 private:
  void forget_number(std::string& text) const {
    if (mark_.empty()) return;
    for (std::size_t at = text.find(mark_); at != std::string::npos; at = text.find(mark_, at + 1)) {
      std::size_t digit = at + mark_.size();
      if (digit >= text.size() || text[digit] != '-') continue;
      while (++digit < text.size() && text[digit] >= '0' && text[digit] <= '9') text[digit] = 'N';
    }
  }

  const Redactor& redactor_;
  std::string_view mark_;
};

/// What we sent keeps its number.
void redact(const Redactor& redactor, RequestFacts& request) {
  const Pass pass(redactor, {});
  pass(request.url);
  pass(request.host);
  pass(request.path);
  pass(request.fields);
}

}  // namespace

void redact(const Redactor& redactor, StepReport& report, std::string_view mark) {
  if (redactor.empty() && mark.empty()) return;
  const Pass pass(redactor, mark);
  Evidence& evidence = report.evidence;
  redact(redactor, evidence.request);
  for (ConnectAttempt& attempt : evidence.attempts) pass(attempt.error.detail);
  if (evidence.tls) pass(*evidence.tls);
  if (evidence.response) pass(*evidence.response);
  if (evidence.session) pass(*evidence.session);
  pass.cut(evidence.unparsed);
  pass(report.unmet);
  if (report.health) pass(*report.health);
  if (report.frontend) pass(*report.frontend);
  if (auto* failed = std::get_if<Failed>(&report.outcome)) pass.cut(failed->error.detail);
}

}  // namespace wsprobe::engine
