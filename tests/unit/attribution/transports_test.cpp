// One address asked over HTTP/1.1 and over HTTP/2: what is said of the other way, and when it becomes the verdict.
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/transports.hpp"
#include "unit/attribution/scene.hpp"

namespace wsprobe::attribution::test {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;
using Kind = ExperimentKind;

const std::string http2_404 = answer("404 Not Found", "server: Caddy\r\n", "no route");

enum class Over : std::uint8_t { nothing, http2, websocket };

/// A healthy deployment, or one that refuses, and the edge's HTTP/2.
struct Two {
  explicit Two(const std::string& over_http1 = accepted_101) {
    scene.health(green_health).valid(over_http1);
    if (over_http1 == accepted_101) prove(scene.last());
    scene.last().evidence.times = waited(Phase::first_byte, milliseconds(20));
    scene.invalid(passed_403_w);
  }

  static void prove(StepReport& step) {
    step.evidence.session.emplace().ping_round_trips = {milliseconds(10)};
    step.evidence.session->pings_sent = 1;
  }

  static Timeline waited(Phase phase, Duration how_long) {
    Timeline times;
    const TimePoint begun{std::chrono::hours(1)};
    times.start(begun);
    times.begin(phase, begun);
    times.end(phase, begun + how_long);
    times.finish(begun + how_long);
    return times;
  }

  Two& http2(Over offered) {
    scene.experiment(Kind::http2_websocket, "");
    StepReport& made = scene.last();
    made.outcome = Completed{};
    if (offered != Over::nothing) made.evidence.http2 = Http2Facts{true, offered == Over::websocket, {}, {}};
    return *this;
  }

  Two& accepted_over_http2() {
    http2(Over::websocket);
    scene.last().evidence.response.emplace().head.status = 200;
    scene.last().evidence.response->head.version = "2";
    prove(scene.last());
    return *this;
  }

  Two& refused_over_http2(const std::string& raw = http2_404) {
    scene.experiment(Kind::http2_websocket, raw);
    scene.last().evidence.http2 = Http2Facts{true, true, {}, {}};
    return *this;
  }

  Two& failed_over_http2(Phase phase, Reason reason, Duration how_long = std::chrono::seconds(5)) {
    http2(Over::websocket);
    scene.last().outcome = Failed{make_error(phase, reason)};
    scene.last().evidence.times = waited(phase, how_long);
    return *this;
  }

  [[nodiscard]] Verdict overall() const { return scene.judge().overall; }

  Scene scene;
};

testing::Matcher<SupportingFact> says(const std::string& words) {
  return Field(&SupportingFact::fact, HasSubstr(words));
}

TEST(Transports, NothingIsSaidOfHttp2WhereItWasNotAskedFor) {
  const Two two;
  EXPECT_THAT(two.overall().reasons, Not(Contains(says("HTTP/2"))));
}

TEST(Transports, WhatTheEdgeOffersIsAReasonAndChangesNoVerdict) {
  const Cause before = Two().overall().cause;
  const Verdict none = Two().http2(Over::nothing).overall();
  EXPECT_THAT(none.reasons, Contains(says("does not offer HTTP/2 to browsers")));
  EXPECT_EQ(none.cause, before);
  const Verdict plain = Two().http2(Over::http2).overall();
  EXPECT_THAT(plain.reasons, Contains(says("but not WebSocket over it (RFC 8441)")));
  EXPECT_EQ(plain.cause, before);
  const Verdict both = Two().accepted_over_http2().overall();
  EXPECT_THAT(both.reasons, Contains(says("browsers may use for it here (RFC 8441), the edge accepts the upgrade")));
  EXPECT_EQ(both.cause, before);
  EXPECT_EQ(before, Cause(CauseId::healthy));
}

TEST(Transports, ARefusalOverHttp2AloneIsTheVerdictAndItsAuthorIsOpen) {
  const Two two = std::move(Two().refused_over_http2());
  const Verdict verdict = two.overall();
  EXPECT_EQ(verdict.cause, Cause(CauseId::undetermined));
  EXPECT_EQ(verdict.emitter, Emitter::undetermined);
  EXPECT_EQ(verdict.fault, Fault::proxy) << "the scene has something behind the edge";
  EXPECT_EQ(verdict.confidence, 0);
  EXPECT_THAT(verdict.summary, HasSubstr("Over HTTP/1.1 the WebSocket is accepted; over HTTP/2"));
  EXPECT_THAT(verdict.remedy, HasSubstr("h2-workaround-bogus-websocket-clients"));
  EXPECT_THAT(two.scene.judge().wanted, Contains(Kind::plain_get));
}

TEST(Transports, TheAnswerOfAPlainGetMeansThatTheUpgradeWasLost) {
  Two two;
  two.refused_over_http2();
  two.scene.experiment(Kind::plain_get, http2_404);
  EXPECT_EQ(two.overall().cause, Cause(CauseId::upgrade_stripped));
  EXPECT_THAT(two.scene.judge().wanted, Not(Contains(Kind::plain_get)));
  Two other;
  other.refused_over_http2();
  other.scene.experiment(Kind::plain_get, plain_404);
  EXPECT_EQ(other.overall().cause, Cause(CauseId::undetermined));
}

TEST(Transports, NoAnswerOverHttp2IsNobodysAndHasItsCause) {
  struct Row {
    Phase phase;
    Reason reason;
    Cause cause;
  };
  for (const Row& row :
       {Row{Phase::first_byte, Reason::http2_reset, CauseId::connection_aborted},
        Row{Phase::first_byte, Reason::http2_goaway, CauseId::connection_aborted},
        Row{Phase::first_byte, Reason::http2_error, CauseId::protocol_error},
        Row{Phase::first_byte, Reason::http2_limit, CauseId::protocol_error},
        Row{Phase::message, Reason::frame_reserved_bits, CauseId::protocol_error},
        Row{Phase::first_byte, Reason::timeout_first_byte, Cause::transport(Reason::timeout_first_byte)},
        Row{Phase::message, Reason::timeout_message, Cause::transport(Reason::timeout_message)}}) {
    SCOPED_TRACE(name(row.reason));
    Two two;
    const Verdict verdict = two.failed_over_http2(row.phase, row.reason).overall();
    EXPECT_EQ(verdict.cause, row.cause);
    EXPECT_EQ(verdict.emitter, Emitter::none);
    EXPECT_FALSE(verdict.remedy.empty());
  }
}

TEST(Transports, AResetThatCallsTheRequestWrongIsOfTheProtocol) {
  Two two;
  two.failed_over_http2(Phase::first_byte, Reason::http2_reset);
  two.scene.last().evidence.http2->reset = "PROTOCOL_ERROR";
  EXPECT_EQ(two.overall().cause, Cause(CauseId::protocol_error));
}

TEST(Transports, AShortSilenceAtTheEndOfARunSaysNothing) {
  const auto cause_after = [](Phase phase, Reason reason, Duration how_long, Duration usual) {
    Two two;
    two.failed_over_http2(phase, reason, how_long);
    std::vector<StepReport> steps = two.scene.steps();
    steps[1].evidence.times = Two::waited(Phase::first_byte, usual);
    steps[1].evidence.session->ping_round_trips = {usual};
    const Verdict verdict = attribute({steps, two.scene.experiments(), "backend:8000"}).overall;
    const bool open = verdict.cause == Cause(CauseId::healthy);
    EXPECT_EQ(open, was_cut_short(two.scene.experiments()[0], steps[1]));
    if (open) {
      EXPECT_THAT(verdict.reasons, Contains(says("whether it works is open")));
    }
    return verdict.cause;
  };
  for (const auto& [phase, reason] :
       {std::pair{Phase::first_byte, Reason::timeout_first_byte}, std::pair{Phase::message, Reason::timeout_message}}) {
    const Cause timeout = Cause::transport(reason);
    EXPECT_EQ(cause_after(phase, reason, milliseconds(499), milliseconds(1)), Cause(CauseId::healthy));
    EXPECT_EQ(cause_after(phase, reason, milliseconds(500), milliseconds(1)), timeout);
    EXPECT_EQ(cause_after(phase, reason, milliseconds(3999), milliseconds(1000)), Cause(CauseId::healthy));
    EXPECT_EQ(cause_after(phase, reason, milliseconds(4000), milliseconds(1000)), timeout);
  }
  // Whoever stops the run has not shown anything either, however long it took.
  EXPECT_EQ(cause_after(Phase::first_byte, Reason::cancelled, std::chrono::seconds(9), milliseconds(1)),
            Cause(CauseId::healthy));
  // Anything but silence is said at once.
  EXPECT_EQ(cause_after(Phase::first_byte, Reason::http2_goaway, milliseconds(1), milliseconds(1000)),
            Cause(CauseId::connection_aborted));
}

TEST(Transports, HowSettingsDoNotComeIsSaidAsFarAsItIsKnown) {
  const auto reasons_after = [](Reason reason, Duration how_long) {
    Two two;
    two.failed_over_http2(Phase::first_byte, reason, how_long);
    two.scene.last().evidence.http2 = Http2Facts{};
    const Verdict verdict = two.overall();
    EXPECT_EQ(verdict.cause, Cause(CauseId::healthy)) << "browsers open it over HTTP/1.1";
    return verdict.reasons;
  };
  EXPECT_THAT(reasons_after(Reason::timeout_first_byte, std::chrono::seconds(5)), Contains(says("does not speak it")));
  EXPECT_THAT(reasons_after(Reason::http2_error, milliseconds(1)), Contains(says("does not speak it")));
  EXPECT_THAT(reasons_after(Reason::timeout_first_byte, milliseconds(30)), Contains(says("what it offers is open")));
  EXPECT_THAT(reasons_after(Reason::cancelled, std::chrono::seconds(5)), Contains(says("what it offers is open")));
  Two unreachable;
  unreachable.failed_over_http2(Phase::connect, Reason::tcp_refused);
  unreachable.scene.last().evidence.http2.reset();
  EXPECT_THAT(unreachable.overall().reasons, Contains(says("HTTP/2 could not be asked for")));
}

TEST(Transports, WhatWorksOverHttp2AloneIsAddedToTheVerdict) {
  Two two(caddy_403_no_server);
  const Verdict before = two.overall();
  const Verdict verdict = two.accepted_over_http2().overall();
  EXPECT_EQ(verdict.cause, before.cause);
  EXPECT_THAT(verdict.summary, HasSubstr("Over HTTP/2, which the edge offers as well, the same upgrade is accepted"));
  EXPECT_NE(verdict.fault, Fault::undetermined);
}

TEST(Transports, AnInvalidTokenThatIsAcceptedComesFirst) {
  Scene scene;
  scene.health(green_health).valid(accepted_101);
  Two::prove(scene.last());
  scene.invalid(accepted_101);
  Two::prove(scene.last());
  scene.experiment(Kind::http2_websocket, http2_404);
  scene.last().evidence.http2 = Http2Facts{true, true, {}, {}};
  EXPECT_EQ(scene.judge().overall.cause, Cause(CauseId::auth_bypass));
}

}  // namespace
}  // namespace wsprobe::attribution::test
