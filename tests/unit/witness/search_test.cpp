#include "witness/search.hpp"

#include <array>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::witness {
namespace {

using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const Marks marks{"1f0c9a7be4d2", "wsprobe-control-1f0c9a7be4d2", "wsprobe-invalid-0123456789abcdef"};

/// Exchanges that follow each other, each with an answer, and one log.
class SearchTest : public testing::Test {
 protected:
  SearchTest() { redactor_.add(std::make_shared<const Secret>("valid", "s3cret+token")); }

  StepReport& sent(std::string url, int status, bool upgrade = true) {
    StepReport& exchange = *exchanges_.emplace_back(std::make_unique<StepReport>());
    RequestFacts& request = exchange.evidence.request;
    request.method = "GET";
    request.upgrade = upgrade;
    request.url = "wss://api.example.com" + url;
    request.path = url.substr(0, url.find('?'));
    const std::string number = std::to_string(10 + exchanges_.size());
    request.fields.push_back({"User-Agent", "wsprobe/0.1 (run 1f0c9a7be4d2-" + number + ")"});
    exchange.evidence.times.start(now_);
    now_ += together_ ? std::chrono::milliseconds(0) : std::chrono::milliseconds(5);
    exchange.evidence.times.finish(now_ + (together_ ? std::chrono::milliseconds(5) : std::chrono::milliseconds(0)));
    if (status != 0) {
      exchange.evidence.response.emplace();
      exchange.evidence.response->head.status = status;
    }
    return exchange;
  }
  StepReport& valid(int status) { return sent("/api/ws?token=${valid}", status); }
  StepReport& invalid(int status) { return sent("/api/ws?token=wsprobe-invalid-0123456789abcdef", status); }

  std::vector<StepReport*> all() const {
    std::vector<StepReport*> pointers;
    for (const auto& exchange : exchanges_) pointers.push_back(exchange.get());
    return pointers;
  }
  void log(std::vector<std::string> lines) { search_.add({std::move(lines), 100, true, true}); }
  void settle() { search_.settle(all()); }

  Redactor redactor_;
  TimePoint now_{};
  bool together_ = false;
  std::vector<std::unique_ptr<StepReport>> exchanges_;
  Search search_{"app.log", LogOwner::unknown, marks, redactor_};
};

std::string combined(const std::string& target, int status, const std::string& agent = "curl/8") {
  return "10.0.0.1 - - [23/Nov/2026:07:05:40 +0000] \"GET " + target + " HTTP/1.1\" " + std::to_string(status) +
         " 0 \"-\" \"" + agent + "\"";
}

TEST_F(SearchTest, TiesALineToAnExchangeByTheMarkOfItsUserAgent) {
  StepReport& first = valid(403);
  StepReport& second = valid(403);
  log({combined("/index.html", 403, "wsprobe/0.1 (run 1f0c9a7be4d2-12)")});
  settle();
  EXPECT_THAT(first.logged, IsEmpty());
  ASSERT_THAT(second.logged, SizeIs(1));
  EXPECT_EQ(second.logged[0].target, "/index.html");
  EXPECT_EQ(second.logged[0].status, 403);
  EXPECT_EQ(second.logged[0].format, "combined");
  EXPECT_EQ(second.logged[0].source, "app.log");
  EXPECT_TRUE(second.logged[0].marked);
}

TEST_F(SearchTest, FindsTheMarkAlsoBehindAPathThatHasHalfOfIt) {
  StepReport& control = sent("/api/wsprobe-control-1f0c9a7be4d2", 403);
  log({combined("/api/wsprobe-control-1f0c9a7be4d2", 403, "wsprobe/0.1 (run 1f0c9a7be4d2-11)")});
  settle();
  EXPECT_THAT(control.logged, SizeIs(1));
}

TEST_F(SearchTest, TakesNoMarkOfAnotherRunOrExchange) {
  StepReport& exchange = valid(403);
  log({combined("/x", 403, "wsprobe/0.1 (run aaaaaaaaaaaa-11)"), combined("/x", 403, "(run 1f0c9a7be4d2-1)"),
       combined("/x", 403, "(run 1f0c9a7be4d2-111)"), combined("/x", 403, "(run 1f0c9a7be4d2)")});
  settle();
  EXPECT_THAT(exchange.logged, IsEmpty());
}

TEST_F(SearchTest, CountsLinesThatCarryNoMark) {
  StepReport& valid_one = valid(101);
  StepReport& invalid_one = invalid(403);
  log({R"(INFO:     ('10.0.0.1', 5) - "WebSocket /api/ws" [accepted])", "INFO:     connection open",
       R"(INFO:     ('10.0.0.1', 6) - "WebSocket /api/ws" 403)"});
  EXPECT_TRUE(search_.has_all(all()));
  settle();
  ASSERT_THAT(valid_one.logged, SizeIs(1));
  EXPECT_EQ(valid_one.logged[0].status, 101);
  EXPECT_FALSE(valid_one.logged[0].marked);
  EXPECT_TRUE(valid_one.logged[0].upgrade);
  EXPECT_EQ(valid_one.logged[0].owner, LogOwner::backend);
  ASSERT_THAT(invalid_one.logged, SizeIs(1));
  EXPECT_EQ(invalid_one.logged[0].status, 403);
}

TEST_F(SearchTest, CountsNothingWhereThereIsOneLineTooMany) {
  StepReport& one = valid(403);
  StepReport& other = invalid(403);
  const std::string line = R"(INFO:     ('10.0.0.1', 5) - "WebSocket /api/ws" 403)";
  log({line, line, line});
  settle();
  EXPECT_THAT(one.logged, Each(Field(&LogRecord::flags, unclear)));
  EXPECT_THAT(other.logged, Each(Field(&LogRecord::flags, unclear)));
}

TEST_F(SearchTest, WaitsForAsManyLinesAsWereSent) {
  valid(403);
  invalid(403);
  const std::string line = R"(INFO:     ('10.0.0.1', 5) - "WebSocket /api/ws" 403)";
  log({line});
  EXPECT_FALSE(search_.has_all(all()));
  log({line});
  EXPECT_TRUE(search_.has_all(all()));
}

TEST_F(SearchTest, CountsNoLinesThatMayBeOld) {
  StepReport& exchange = valid(403);
  const std::string line = R"(INFO:     ('10.0.0.1', 5) - "WebSocket /api/ws" 403)";
  search_.add({{line}, 50, false, false});
  settle();
  EXPECT_THAT(exchange.logged, Each(Field(&LogRecord::flags, unclear)));
}

// The same process may make many runs with the same invalid token, so it proves nothing about an old line.
TEST_F(SearchTest, TakesTheInvalidTokenForAMarkInNewLinesOnly) {
  StepReport& exchange = invalid(403);
  const std::string line = combined("/index.html?token=wsprobe-invalid-0123456789abcdef", 403);
  search_.add({{line}, 50, false, false});
  settle();
  EXPECT_THAT(exchange.logged, IsEmpty());
  log({line});
  settle();
  ASSERT_THAT(exchange.logged, SizeIs(1));
  EXPECT_TRUE(exchange.logged[0].marked);
  EXPECT_EQ(exchange.logged[0].target, "/index.html?token=wsprobe-invalid-0123456789abcdef");
}

TEST_F(SearchTest, KnowsARewrittenPathByTheValidTokenAndDoesNotShowIt) {
  StepReport& exchange = valid(403);
  log({combined("/index.html?token=s3cret%2Btoken", 403)});
  settle();
  ASSERT_THAT(exchange.logged, SizeIs(1));
  EXPECT_EQ(exchange.logged[0].target, "/index.html?token=[redacted:valid]");
  EXPECT_THAT(exchange.logged[0].line, Not(HasSubstr("s3cret")));
  EXPECT_FALSE(exchange.logged[0].marked);
}

TEST_F(SearchTest, KeepsNothingOfOtherPeoplesLines) {
  StepReport& exchange = valid(403);
  log({combined("/api/ws?token=somebody-elses", 403), combined("/api/ws", 403), combined("/other", 200)});
  settle();
  EXPECT_THAT(exchange.logged, IsEmpty());
  EXPECT_EQ(search_.report().lines_ours, 0U);
  EXPECT_EQ(search_.report().lines_read, 3U);
}

TEST_F(SearchTest, TakesAFrontendsPageForARewriteWhereAsManyUpgradesAreMissing) {
  StepReport& one = valid(403);
  StepReport& other = invalid(403);
  const std::string line = R"(INFO:     ('10.0.0.1', 5) - "WebSocket /index.html" 403)";
  log({line, line});
  EXPECT_TRUE(search_.has_all(all()));
  settle();
  ASSERT_THAT(one.logged, SizeIs(1));
  EXPECT_EQ(one.logged[0].target, "/index.html");
  EXPECT_FALSE(one.logged[0].marked);
  EXPECT_THAT(other.logged, SizeIs(1));
}

TEST_F(SearchTest, TakesNoOtherUpgradesForOurs) {
  StepReport& one = valid(403);
  struct Row {
    const char* what;
    std::vector<std::string> lines;
  };
  const std::array<Row, 5> rows{{
      {"another path", {R"(INFO:     10.0.0.1:5 - "WebSocket /notifications" 403)"}},
      {"another status", {R"(INFO:     10.0.0.1:5 - "WebSocket /index.html" [accepted])"}},
      {"one too many",
       {R"(INFO:     10.0.0.1:5 - "WebSocket /index.html" 403)",
        R"(INFO:     10.0.0.1:6 - "WebSocket /index.html" 403)"}},
      {"one among others",
       {R"(INFO:     10.0.0.1:5 - "WebSocket /index.html" 403)", R"(INFO:     10.0.0.1:6 - "WebSocket /chat" 403)"}},
      {"a query that is not ours", {R"(INFO:     10.0.0.1:5 - "WebSocket /index.html?token=theirs" 403)"}},
  }};
  for (const Row& row : rows) {
    log(row.lines);
    settle();
    EXPECT_THAT(one.logged, Each(Field(&LogRecord::flags, unclear))) << row.what;
  }
}

TEST_F(SearchTest, TellsExchangesOfTheSameTimeApartByTheirStatusesOnly) {
  together_ = true;
  StepReport& accepted = valid(101);
  StepReport& refused = invalid(403);
  log({R"(INFO:     10.0.0.1:6 - "WebSocket /api/ws" 403)",
       R"(INFO:     10.0.0.1:5 - "WebSocket /api/ws" [accepted])"});
  settle();
  ASSERT_THAT(accepted.logged, SizeIs(1));
  EXPECT_EQ(accepted.logged[0].status, 101);
  ASSERT_THAT(refused.logged, SizeIs(1));
  EXPECT_EQ(refused.logged[0].status, 403);
}

TEST_F(SearchTest, LeavesExchangesOfTheSameTimeAloneWhereTheStatusesDiffer) {
  together_ = true;
  StepReport& one = valid(502);
  StepReport& other = invalid(403);
  log({R"(INFO:     10.0.0.1:6 - "WebSocket /api/ws" 403)",
       R"(INFO:     10.0.0.1:5 - "WebSocket /api/ws" [accepted])"});
  settle();
  EXPECT_THAT(one.logged, Each(Field(&LogRecord::flags, unclear)));
  EXPECT_THAT(other.logged, Each(Field(&LogRecord::flags, unclear)));
}

TEST_F(SearchTest, GivesAPlainLineToThePlainRequestFirst) {
  StepReport& upgrade = sent("/api/ws", 404);
  StepReport& plain = sent("/api/ws", 404, false);
  log({R"(INFO:     10.0.0.1:5 - "GET /api/ws HTTP/1.1" 404 Not Found)"});
  settle();
  EXPECT_THAT(upgrade.logged, IsEmpty());
  EXPECT_THAT(plain.logged, SizeIs(1));
}

TEST_F(SearchTest, SaysThatTheProgramCannotSpeakWebSocket) {
  StepReport& upgrade = sent("/api/ws", 404);
  log({"WARNING:  Unsupported upgrade request.", R"(INFO:     10.0.0.1:5 - "GET /api/ws HTTP/1.1" 404 Not Found)"});
  settle();
  ASSERT_THAT(upgrade.logged, SizeIs(1));
  EXPECT_EQ(upgrade.logged[0].flags, no_websocket_support);
}

TEST_F(SearchTest, KeepsAtMostFourRecordsAndHalfAKilobyteOfALine) {
  StepReport& exchange = valid(403);
  std::vector<std::string> lines(9, combined("/" + std::string(2000, 'x'), 403, "(run 1f0c9a7be4d2-11)"));
  log(lines);
  settle();
  ASSERT_THAT(exchange.logged, SizeIs(4));
  EXPECT_LE(exchange.logged[0].line.size(), 512U);
  EXPECT_LE(exchange.logged[0].target.size(), 512U);
}

TEST_F(SearchTest, ShowsNoControlCharactersOfALine) {
  StepReport& exchange = valid(403);
  log({combined("/a\x1b]0;title\x07", 403, "(run 1f0c9a7be4d2-11)")});
  settle();
  ASSERT_THAT(exchange.logged, SizeIs(1));
  EXPECT_THAT(exchange.logged[0].line, Not(HasSubstr("\x1b")));
  EXPECT_THAT(exchange.logged[0].target, Not(HasSubstr("\x07")));
}

TEST_F(SearchTest, HearsBothOfTheUpstreamAndOfTheTermination) {
  StepReport& exchange = invalid(403);
  log({R"(10.0.0.1:5 [23/Nov/2026:07:05:44.149] web web/<NOSRV> 0/-1/-1/-1/0 403 192 - - PR-- 1/1/0/0/0 0/0 )"
       R"("GET /api/ws?token=wsprobe-invalid-0123456789abcdef HTTP/1.1")"});
  settle();
  ASSERT_THAT(exchange.logged, SizeIs(1));
  EXPECT_EQ(exchange.logged[0].flags, "PR--");
  EXPECT_EQ(exchange.logged[0].upstream_status, 0);
  EXPECT_EQ(exchange.logged[0].owner, LogOwner::proxy);
}

// A line of ours that carries the valid token is not another exchange's whose path was rewritten to it.
TEST_F(SearchTest, TakesNoLineOfAnExchangeForTheRewrittenLineOfAnother) {
  StepReport& upgrade = sent("/api/ws?token=${valid}", 404);
  StepReport& control = sent("/api/wsprobe-control-1f0c9a7be4d2?token=${valid}", 404);
  StepReport& plain = sent("/api/ws?token=${valid}", 404, false);
  log({R"(INFO:     10.0.0.1:5 - "GET /api/ws?token=s3cret%2Btoken HTTP/1.1" 404 Not Found)",
       R"(INFO:     10.0.0.1:6 - "GET /api/wsprobe-control-1f0c9a7be4d2?token=s3cret%2Btoken HTTP/1.1" 404 Not Found)",
       R"(INFO:     10.0.0.1:7 - "GET /api/ws?token=s3cret%2Btoken HTTP/1.1" 404 Not Found)"});
  settle();
  ASSERT_THAT(upgrade.logged, SizeIs(1));
  EXPECT_EQ(upgrade.logged[0].status, 404);
  ASSERT_THAT(control.logged, SizeIs(1));
  EXPECT_THAT(control.logged[0].target, HasSubstr("wsprobe-control"));
  EXPECT_THAT(plain.logged, SizeIs(1));
}

TEST_F(SearchTest, NotesThatALineMayBeOfAnExchangeThatItCouldNotBeTiedTo) {
  StepReport& exchange = valid(403);
  sent("/api/system/health", 200, false);
  log({R"(INFO:     10.0.0.1:4 - "GET /api/system/health HTTP/1.1" 200 OK)",
       R"(INFO:     10.0.0.1:5 - "WebSocket /socket" 403)"});
  settle();
  ASSERT_THAT(exchange.logged, SizeIs(1));
  EXPECT_EQ(exchange.logged[0].flags, unclear);
  EXPECT_EQ(exchange.logged[0].status, 0);
  log({R"(INFO:     10.0.0.1:6 - "WebSocket /api/ws" 403)"});  // late
  settle();
  ASSERT_THAT(exchange.logged, SizeIs(1));
  EXPECT_EQ(exchange.logged[0].status, 403);
}

TEST_F(SearchTest, NotesNothingWhereTheLineIsSomebodyElses) {
  StepReport& exchange = valid(403);
  sent("/api/system/health", 200, false);
  const std::string health = R"(INFO:     10.0.0.1:4 - "GET /api/system/health HTTP/1.1" 200 OK)";
  log({combined("/socket", 403, "Mozilla/5.0"), health, health});
  settle();
  EXPECT_THAT(exchange.logged, IsEmpty());
}

TEST_F(SearchTest, AScenarioSaysWhoseLogItIs) {
  Search search("access.log", LogOwner::backend, marks, redactor_);
  StepReport& exchange = valid(403);
  search.add({{combined("/api/ws", 403, "(run 1f0c9a7be4d2-11)")}, 50, true, true});
  search.settle(all());
  ASSERT_THAT(exchange.logged, SizeIs(1));
  EXPECT_EQ(exchange.logged[0].owner, LogOwner::backend);
}

}  // namespace
}  // namespace wsprobe::witness
