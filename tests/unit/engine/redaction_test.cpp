// A secret that a peer may have put anywhere is nowhere afterwards.
#include "engine/redaction.hpp"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporters/json.hpp"

namespace wsprobe::engine {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string token = "s3cret-T0ken-77";

/// Every text that a peer may write, or that may quote one, carries the secret.
StepReport tainted() {
  const std::string text = "a " + token + " b";
  StepReport report;
  report.name = "step";
  report.kind = StepKind::upgrade;
  Evidence& evidence = report.evidence;
  evidence.request = {"GET", "ws://h/" + token, text, "/" + token, {{text, text}}, true};
  evidence.attempts.push_back({"127.0.0.1:9", make_error(Phase::connect, Reason::tcp_refused, text)});
  evidence.tls.emplace();
  evidence.tls->subject = evidence.tls->issuer = evidence.tls->verify_error = text;
  evidence.tls->names = {text};
  evidence.response.emplace();
  Response& response = *evidence.response;
  response.head.raw = "HTTP/1.1 403 " + text + "\r\nX-" + token + ": " + text + "\r\n\r\n";
  response.head.reason_phrase = text;
  response.head.fields = {{"X-" + token, text}};
  response.body = text;
  response.body_size = text.size();
  evidence.unparsed = text;
  evidence.session.emplace();
  evidence.session->subprotocol = evidence.session->extensions = text;
  evidence.session->messages = {{text, text, false, {}}};
  evidence.session->close.emplace();
  evidence.session->close->reason = text;
  report.outcome = Failed{make_error(Phase::message, Reason::closed_early, text)};
  report.unmet = {text};
  report.health.emplace();
  report.health->problem = text;
  report.health->status = text;
  return report;
}

std::string shown(const StepReport& step) {
  Report report;
  report.steps = {step};
  return exporters::to_json(report) + step.evidence.response->head.raw;
}

Redactor redactor() {
  Redactor out;
  out.add(std::make_shared<const Secret>("valid", token));
  return out;
}

TEST(Redact, LeavesTheSecretNowhere) {
  StepReport report = tainted();
  ASSERT_THAT(shown(report), HasSubstr(token));
  redact(redactor(), report);
  EXPECT_THAT(shown(report), Not(HasSubstr(token)));
  EXPECT_THAT(shown(report), HasSubstr("a [redacted:valid] b"));
}

TEST(Redact, FindsASecretThatTheEndCutOff) {
  StepReport report = tainted();
  const std::string beginning = token.substr(0, 8);
  report.evidence.response->body = report.evidence.unparsed = "a " + beginning;
  report.evidence.session->messages[0].received = report.evidence.session->close->reason = "a " + beginning;
  redact(redactor(), report);
  EXPECT_THAT(shown(report), Not(HasSubstr(beginning)));
}

TEST(Redact, ABodyThatWasKeptWholeStaysWhole) {
  StepReport report = tainted();
  redact(redactor(), report);
  EXPECT_TRUE(report.evidence.response->body_kept_whole());

  report = tainted();
  report.evidence.response->body_size += 100;
  redact(redactor(), report);
  EXPECT_FALSE(report.evidence.response->body_kept_whole());
}

TEST(Redact, WithoutSecretsNothingChanges) {
  StepReport report = tainted();
  const std::string before = shown(report);
  redact(Redactor(), report);
  EXPECT_EQ(shown(report), before);
}

}  // namespace
}  // namespace wsprobe::engine
