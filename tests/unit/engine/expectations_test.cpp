// What came against what was wanted.
#include "engine/expectations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/engine/answered.hpp"

namespace wsprobe::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

StepReport refused(int status, std::optional<Emitter> emitter = std::nullopt) {
  StepReport report = answered(status);
  report.outcome = Rejected{};
  if (emitter) {
    report.verdict.emplace();
    report.verdict->emitter = *emitter;
  }
  return report;
}

StepReport closed_with(int code) {
  StepReport report = answered(101);
  report.outcome = Rejected{Rejected::How::close_after_101};
  report.evidence.session.emplace();
  report.evidence.session->close.emplace();
  report.evidence.session->close->code = code;
  return report;
}

scenario::UpgradeExpectation expect(Expected answer, std::vector<int> statuses = {}) {
  return {answer, std::move(statuses)};
}

TEST(ResponseExpectations, EachThatIsNotMetHasItsSentence) {
  scenario::ResponseExpectation wanted;
  EXPECT_THAT(unmet_by(answered(200), wanted), IsEmpty());
  EXPECT_THAT(unmet_by(answered(503), wanted), ElementsAre("status 503, expected 200"));
  wanted.statuses = {200, 204};
  wanted.body_contains = "ready";
  wanted.json = {{"/ws/available", "true"}, {"/topics", "3"}};
  EXPECT_THAT(unmet_by(answered(200, R"({"ws":{"available":true},"topics":3,"x":"ready"})"), wanted), IsEmpty());
  EXPECT_THAT(unmet_by(answered(500, R"({"ws":{"available":false}})"), wanted),
              ElementsAre("status 500, expected 200 or 204", "the body does not contain \"ready\"",
                          "/ws/available is false, expected true", "/topics is missing, expected 3"));
}

TEST(ResponseExpectations, AStringIsNoOtherScalar) {
  scenario::ResponseExpectation wanted;
  wanted.json = {{"/available", "true"}, {"/status", R"("ok")"}};
  EXPECT_THAT(unmet_by(answered(200, R"({"available":true,"status":"ok"})"), wanted), IsEmpty());
  EXPECT_THAT(unmet_by(answered(200, R"({"available":"true","status":"ok"})"), wanted),
              ElementsAre(R"(/available is "true", expected true)"));
}

TEST(ResponseExpectations, NeedAWholeAnswer) {
  StepReport cut = answered(200);
  cut.evidence.response->body_complete = false;
  EXPECT_THAT(unmet_by(cut, scenario::ResponseExpectation{}), ElementsAre(HasSubstr("did not end")));
  StepReport failed;
  failed.outcome = Failed{make_error(Phase::connect, Reason::tcp_refused)};
  EXPECT_THAT(unmet_by(failed, scenario::ResponseExpectation{}), ElementsAre(HasSubstr("connection refused")));
}

TEST(HealthExpectations, WantTheWebSocketSideAvailableUnlessToldOtherwise) {
  StepReport report = answered(200, R"({"ws":{"available":false}})");
  report.health.emplace();
  report.health->ws_available = false;
  scenario::ResponseExpectation wanted;
  EXPECT_THAT(unmet_by_health(report, wanted), ElementsAre(HasSubstr("/ws/available is false")));
  wanted.json = {{"/ws/available", "false"}};
  EXPECT_THAT(unmet_by_health(report, wanted), IsEmpty());
}

TEST(UpgradeExpectations, AcceptedMeansAccepted) {
  EXPECT_THAT(unmet_by(answered(101), expect(Expected::accepted)), IsEmpty());
  EXPECT_THAT(unmet_by(refused(403), expect(Expected::accepted)), ElementsAre(HasSubstr("refused with status 403")));
  EXPECT_THAT(unmet_by(closed_with(4401), expect(Expected::accepted)), ElementsAre(HasSubstr("closed with 4401")));
  EXPECT_THAT(unmet_by(answered(101), expect(Expected::rejected)), ElementsAre(HasSubstr("was accepted")));
}

TEST(UpgradeExpectations, ARefusalHasOneOfTheCodes) {
  EXPECT_THAT(unmet_by(refused(403), expect(Expected::rejected, {401, 403})), IsEmpty());
  EXPECT_THAT(unmet_by(refused(404), expect(Expected::rejected, {401, 403})),
              ElementsAre("refused with status 404, expected 401 or 403"));
  EXPECT_THAT(unmet_by(closed_with(4401), expect(Expected::rejected, {403})), IsEmpty())
      << "a list of statuses says nothing of a close";
  EXPECT_THAT(unmet_by(closed_with(4401), expect(Expected::rejected, {403, 4401})), IsEmpty());
  EXPECT_THAT(unmet_by(closed_with(1011), expect(Expected::rejected, {403, 4401})),
              ElementsAre("refused with close code 1011, expected 403 or 4401"));
}

TEST(UpgradeExpectations, WhoRefusedHasToBeShown) {
  EXPECT_THAT(unmet_by(refused(403, Emitter::backend), expect(Expected::rejected_by_backend)), IsEmpty());
  EXPECT_THAT(unmet_by(refused(403, Emitter::proxy), expect(Expected::rejected_by_proxy)), IsEmpty());
  EXPECT_THAT(unmet_by(refused(403, Emitter::proxy), expect(Expected::rejected_by_backend)),
              ElementsAre(HasSubstr("written by the proxy")));
  EXPECT_THAT(unmet_by(refused(403, Emitter::undetermined), expect(Expected::rejected_by_backend)),
              ElementsAre(HasSubstr("could not be determined")));
  EXPECT_THAT(unmet_by(refused(403), expect(Expected::rejected_by_backend)),
              ElementsAre(HasSubstr("could not be determined")));
}

TEST(UpgradeExpectations, AnythingIsAnyAnswerAtAll) {
  EXPECT_THAT(unmet_by(answered(101), expect(Expected::anything)), IsEmpty());
  EXPECT_THAT(unmet_by(refused(500), expect(Expected::anything)), IsEmpty());
  StepReport failed;
  failed.outcome = Failed{make_error(Phase::first_byte, Reason::timeout_first_byte)};
  EXPECT_THAT(unmet_by(failed, expect(Expected::anything)), ElementsAre(HasSubstr("in time")));
}

}  // namespace
}  // namespace wsprobe::engine
