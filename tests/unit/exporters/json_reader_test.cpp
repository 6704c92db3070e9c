// What is written is read back byte for byte; what is not a report is refused with its place; nothing crashes.
#include "exporters/json_reader.hpp"

#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "described.hpp"
#include "exporters/json.hpp"
#include "exporters/json_position.hpp"
#include "sample_reports.hpp"

namespace wsprobe::exporters {
namespace {

using Json = nlohmann::ordered_json;
using test::described;
using testing::HasSubstr;

Report read_one(const std::string& json) {
  auto reports = read_reports(json);
  if (!reports) {
    ADD_FAILURE() << reports.error().line << ":" << reports.error().column << ": " << reports.error().message;
    return {};
  }
  EXPECT_EQ(reports->size(), 1U);
  return std::move(reports->front());
}

ReportProblem problem_of(const std::string& json) {
  auto reports = read_reports(json);
  if (reports) {
    ADD_FAILURE() << "it was read";
    return {};
  }
  return reports.error();
}

TEST(JsonReader, ReadsWhatWasWritten) {
  for (const Report& report : {test::healthy_report(), test::incident_report(), test::two_transports_report(),
                               test::expired_certificate_report(), test::undetermined_report(), test::full_report()}) {
    EXPECT_EQ(described(read_one(to_json(report))), described(report));
  }
}

TEST(JsonReader, KeepsWhatAPeerWroteByteForByte) {
  const Report report = test::hostile_report();
  const Report read = read_one(to_json(report));
  ASSERT_EQ(read.steps.size(), report.steps.size());
  for (std::size_t at = 0; at < read.steps.size(); ++at) {
    StepReport given = report.steps[at];
    StepReport found = read.steps[at];
    // What is ours to write (names, requests, sentences) is UTF-8 in a real run; here it holds U+FFFD afterwards.
    given.verdict = found.verdict = std::nullopt;
    given.health = found.health = std::nullopt;
    given.unmet = found.unmet;
    given.name = found.name;
    given.evidence.request = found.evidence.request;
    given.evidence.resolved = found.evidence.resolved;
    given.evidence.attempts = found.evidence.attempts;
    given.evidence.address = found.evidence.address;
    given.evidence.tls = found.evidence.tls;
    EXPECT_EQ(described(found), described(given));
  }
}

TEST(JsonReader, ReadsAnArrayInItsOrder) {
  const std::vector<Report> reports{test::healthy_report(), test::incident_report()};
  const auto read = read_reports(to_json(reports));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(described((*read)[0]), described(reports[0]));
  EXPECT_EQ(described((*read)[1]), described(reports[1]));
}

TEST(JsonReader, ReadsAReportOfAnEarlierVersion) {
  const Report report = test::incident_report();
  Json json = Json::parse(to_json(report));
  for (const char* key : {"witnesses", "upstream", "notes"}) json.erase(key);
  for (const char* list : {"steps", "experiments"}) {
    for (Json& exchange : json[list]) {
      for (const char* key : {"exact", "begins", "refusal", "logged", "hop"}) exchange.erase(key);
      if (exchange["response"].is_object()) {
        exchange["response"].erase("version");
        exchange["response"].erase("reason_phrase");
      }
    }
  }
  const Report read = read_one(json.dump());
  ASSERT_EQ(read.steps.size(), report.steps.size());
  for (std::size_t at = 0; at < read.steps.size(); ++at) {
    const Evidence& found = read.steps[at].evidence;
    const Evidence& given = report.steps[at].evidence;
    EXPECT_EQ(found.times.total(), given.times.total());
    EXPECT_EQ(found.response.has_value(), given.response.has_value());
    if (!found.response) continue;
    EXPECT_EQ(found.response->head.raw, given.response->head.raw);
    EXPECT_EQ(found.response->head.version, given.response->head.version);
    EXPECT_EQ(found.response->head.reason_phrase, given.response->head.reason_phrase);
  }
}

TEST(JsonReader, PassesOverKeysItDoesNotKnow) {
  Json json = Json::parse(to_json(test::healthy_report()));
  json["added_later"] = {{"a", 1}};
  json["steps"][0]["added_later"] = "b";
  EXPECT_EQ(described(read_one(json.dump())), described(test::healthy_report()));
}

// ---- generated reports ----

/// Reports whose every text is made of bytes that JSON does not like.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Report report() {
    Report report = test::full_report();
    report.steps.clear();
    report.experiments.clear();
    for (int count = number(0, 4); count > 0; --count) report.steps.push_back(step());
    for (int count = number(0, 3); count > 0; --count) report.experiments.push_back(step());
    report.upstream = coin() ? "" : "backend:8000";
    report.pass = coin();
    report.interrupted = coin();
    report.duration = duration();
    return report;
  }

 private:
  int number(int lowest, int highest) { return std::uniform_int_distribution<int>(lowest, highest)(random_); }
  bool coin() { return number(0, 1) == 1; }
  Duration duration() {
    return std::chrono::nanoseconds(std::uniform_int_distribution<long>(0, 90'000'000'000)(random_));
  }

  std::string bytes(int longest) {
    static const std::vector<std::string> pieces{
        "a", "/",  "~",      "\"",           "\\",       "\r\n", "\xff", "\xc3\xa9", "\xc3", std::string(1, '\0'),
        " ", "\t", "{path}", "\xe2\x82\xac", "\x1b[31m", ": ",   "(",    ")"};
    std::string out;
    for (int count = number(0, longest); count > 0; --count) {
      out += pieces[static_cast<std::size_t>(number(0, static_cast<int>(pieces.size()) - 1))];
    }
    return out;
  }

  Response response() {
    Response response;
    response.head.status = number(100, 999);
    response.head.version = coin() ? "1.1" : "1.0";
    response.head.reason_phrase = bytes(6);
    for (int count = number(0, 6); count > 0; --count) response.head.fields.push_back({bytes(4), bytes(8)});
    response.head.raw = coin() ? bytes(40) : "HTTP/1.1 403 \r\n\r\n";
    response.framing = static_cast<Framing>(number(0, 3));
    response.body = coin() ? bytes(20) : std::string(static_cast<std::size_t>(number(4000, 5000)), 'x') + bytes(4);
    response.body_size = response.body.size() + static_cast<std::size_t>(number(0, 1));
    response.body_complete = coin();
    response.extra_bytes = coin();
    if (coin()) response.interim_statuses = {100, 103};
    return response;
  }

  SessionFacts session() {
    SessionFacts session;
    session.subprotocol = bytes(4);
    session.extensions = bytes(4);
    for (int count = number(0, 3); count > 0; --count) session.ping_round_trips.push_back(duration());
    session.pings_sent = number(0, 3);
    for (int count = number(0, 3); count > 0; --count)
      session.messages.push_back({bytes(5), bytes(9), coin(), duration()});
    session.frames_received = 18'446'744'073'709'551'615U;
    session.open_for = duration();
    if (coin()) {
      session.close = CloseFacts{coin() ? CloseFacts::By::us : CloseFacts::By::peer,
                                 coin() ? std::optional<int>(number(0, 65535)) : std::nullopt, bytes(5), coin()};
    }
    return session;
  }

  Outcome outcome() {
    switch (number(0, 2)) {
      case 0: return Completed{};
      case 1: return Rejected{coin() ? Rejected::How::response : Rejected::How::close_after_101};
      default: break;
    }
    const auto reasons = all_reasons();
    Error error{static_cast<Phase>(number(0, 8)), static_cast<Origin>(number(0, 2)),
                reasons[static_cast<std::size_t>(number(0, static_cast<int>(reasons.size()) - 1))], bytes(6)};
    return Failed{error};
  }

  Timeline times() {
    Timeline times;
    TimePoint now{};
    times.start(now);
    for (std::size_t index = 0; index < phase_count; ++index) {
      if (coin()) continue;
      now += duration();
      times.begin(static_cast<Phase>(index), now);
      now += duration();
      times.end(static_cast<Phase>(index), now);
    }
    times.finish(now + duration());
    return times;
  }

  StepReport step() {
    StepReport step;
    step.name = "step";
    step.kind = static_cast<StepKind>(number(0, 3));
    step.credential = static_cast<CredentialUse>(number(0, 2));
    step.expected = static_cast<Expected>(number(0, 5));
    if (coin()) step.experiment = ExperimentKind::hop_valid;
    if (coin()) step.hop = static_cast<std::size_t>(number(0, 7));
    if (coin()) step.evidence.response = response();
    if (coin()) step.evidence.session = session();
    step.evidence.unparsed = bytes(10);
    step.evidence.times = times();
    step.outcome = outcome();
    step.as_expected = coin();
    if (coin())
      step.logged.push_back({"a.log", LogOwner::proxy, "combined", bytes(2), bytes(4), number(0, 599), number(0, 5),
                             bytes(2), coin(), coin(), bytes(9)});
    if (coin()) step.witness = ConnectionWitness{1, std::nullopt, 3};
    return step;
  }

  std::mt19937 random_;
};

TEST(JsonReader, ReadsGeneratedReportsByteForByte) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const Report report = Generator(seed).report();
    const std::string json = to_json(report);
    ASSERT_EQ(described(read_one(json)), described(report)) << "seed " << seed;
    ASSERT_EQ(to_json(read_one(json)), json) << "seed " << seed;
  }
}

// ---- what is no report ----

TEST(JsonReader, PointsAtWhatIsNotJson) {
  const ReportProblem problem = problem_of("{\n  \"schema\": \"wsprobe.report/1\",\n  oops\n}");
  EXPECT_EQ(problem.line, 3U);
  EXPECT_EQ(problem.column, 3U);
  EXPECT_THAT(problem.message, HasSubstr("not JSON"));
  EXPECT_EQ(problem.source_line, "  oops");
}

TEST(JsonReader, PointsAtTheValueThatIsWrong) {
  Json json = Json::parse(to_json(test::incident_report()));
  json["steps"][1]["verdict"]["cause"] = "gremlins";
  const std::string text = json.dump(2);
  const ReportProblem problem = problem_of(text);
  EXPECT_EQ(problem.message, "`gremlins` is not a cause");
  EXPECT_EQ(problem.source_line, "        \"cause\": \"gremlins\",");
  EXPECT_EQ(problem.column, 18U);
  const std::string before = text.substr(0, text.find("gremlins"));
  EXPECT_EQ(problem.line, 1U + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')));
}

struct Wrong {
  const char* pointer;
  Json value;
  const char* message;
};

TEST(JsonReader, SaysWhatIsWrong) {
  const std::vector<Wrong> rows{
      {"/schema", "wsprobe.report/9", "`wsprobe.report/9` is not a format of this version"},
      {"/outcome", "maybe", "`maybe` is not a word of this place"},
      {"/started_at", "yesterday", "not a time in UTC, as 2026-11-23T03:36:33.042Z"},
      {"/started_at", "2026-13-23T03:36:33.042Z", "not a time in UTC, as 2026-11-23T03:36:33.042Z"},
      {"/duration_seconds", -1, "the number of seconds is not in 0..10000000"},
      {"/duration_seconds", "1", "`duration_seconds` has to be a number, not string"},
      {"/interrupted", 0, "`interrupted` has to be true or false, not number"},
      {"/steps", Json::object(), "`steps` has to be an array, not object"},
      {"/steps/0", 7, "`0` has to be an object, not number"},
      {"/steps/0/status", 99, "the number is not in 100..999"},
      {"/steps/0/status", 404.5, "`status` has to be an integer, not number"},
      {"/steps/0/kind", nullptr, "`kind` has to be a string, not null"},
      {"/steps/0/response/headers/0", Json::array({"a"}), "a header is written [\"name\", \"value\"]"},
      {"/steps/0/response/body_bytes", -1, "the number is not in 0..18446744073709551615"},
      {"/steps/0/exact", Json{{"/unparsed", "*"}}, "`/unparsed` is not base64"},
      {"/verdict/reasons", "none", "`reasons` has to be an array, not string"},
  };
  for (const Wrong& row : rows) {
    Json json = Json::parse(to_json(test::incident_report()));
    json[Json::json_pointer(row.pointer)] = row.value;
    EXPECT_EQ(problem_of(json.dump(1)).message, row.message) << row.pointer;
  }
}

TEST(JsonReader, MissesEveryKeyOfTheFirstVersion) {
  const Json whole = Json::parse(to_json(test::incident_report()));
  for (const char* key : {"schema", "scenario", "target", "started_at", "duration_seconds", "outcome", "interrupted",
                          "verdict", "steps", "experiments"}) {
    Json json = whole;
    json.erase(key);
    EXPECT_EQ(problem_of(json.dump()).message, fmt::format("the key `{}` is missing", key));
  }
}

TEST(JsonReader, RefusesWhatIsNoReport) {
  EXPECT_EQ(problem_of("[]").message, "there is no report in it");
  EXPECT_THAT(problem_of("7").message, HasSubstr("a report or an array of reports"));
  EXPECT_THAT(problem_of("").message, HasSubstr("not JSON"));
  EXPECT_THAT(problem_of("{} x").message, HasSubstr("not JSON"));
  EXPECT_THAT(problem_of("[1e999]").message, HasSubstr("not JSON"));
  EXPECT_THAT(problem_of("\"\xff\"").message, HasSubstr("not JSON"));
}

TEST(JsonReader, IsBoundedInSizeAndDepth) {
  EXPECT_EQ(problem_of(std::string(maximum_report_bytes + 1, ' ')).message, "the file is larger than 16 MiB");
  EXPECT_EQ(problem_of(std::string(1'000'000, '[')).message, "the document is nested too deeply for a report");
}

TEST(JsonReader, WhatItSaysCanBeShown) {
  const std::string text = "{\"schema\": \"\\u001b[31m\\n\"}";
  EXPECT_EQ(problem_of(text).message, "`\\x1b[31m\\n` is not a format of this version");
}

/// Any value in any place, of a report that has every key: read, or refused at a place inside the text.
TEST(JsonReader, TakesOrRefusesAnyValueAnywhere) {
  const Json whole = Json::parse(to_json(test::full_report())).flatten();
  const std::vector<Json> values{
      nullptr, true, -1, 1e300, "", "\xef\xbf\xbd", Json::array(), Json::object(), Json::array({Json::array()})};
  for (const auto& [pointer, unused] : whole.items()) {
    for (const Json& value : values) {
      Json changed = whole;
      changed.erase(pointer);
      Json json = changed.unflatten();
      json[Json::json_pointer(pointer)] = value;
      const std::string text = json.dump();
      const auto read = read_reports(text);
      if (read) continue;
      ASSERT_EQ(read.error().line, 1U);
      ASSERT_LE(read.error().column, text.size() + 1) << pointer;
      ASSERT_FALSE(read.error().message.empty()) << pointer;
    }
  }
}

TEST(JsonReader, RefusesEveryBeginningOfAReport) {
  const std::string text = to_json(test::expired_certificate_report());
  for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
    EXPECT_FALSE(read_reports(text.substr(0, length))) << length;
  }
}

// ---- places ----

TEST(JsonPosition, FollowsPointers) {
  const std::string text = R"({"a": [1, {"b~/c": "x"}, [], {}], "d": {"a": "}"} , "d": 3})";
  EXPECT_EQ(text.substr(offset_of(text, "/a/0"), 1), "1");
  EXPECT_EQ(text.substr(offset_of(text, "/a/1/b~0~1c"), 3), "\"x\"");
  EXPECT_EQ(text.substr(offset_of(text, "/a/2"), 2), "[]");
  EXPECT_EQ(text.substr(offset_of(text, "/a/3"), 2), "{}");
  EXPECT_EQ(text.substr(offset_of(text, "/d"), 1), "3") << "the last of two counts";
  EXPECT_EQ(offset_of(text, ""), 0U);
  EXPECT_EQ(offset_of(text, "/nope/deeper"), 0U) << "the nearest that is there";
  EXPECT_EQ(text.substr(offset_of(text, "/a/9"), 1), "[");
}

TEST(JsonPosition, CountsLinesAndCharacters) {
  const std::string text = "ab\n\xc3\xa9\xc3\xa9x\r\ny";
  EXPECT_EQ(position_of(text, 7).line, 2U);
  EXPECT_EQ(position_of(text, 7).column, 3U);
  EXPECT_EQ(line_at(text, 7), "\xc3\xa9\xc3\xa9x");
  EXPECT_EQ(position_of(text, 99).line, 3U);
}

TEST(JsonPosition, NestingIgnoresBracketsInStrings) {
  EXPECT_EQ(nesting_of(R"([{"a": "[[[[", "b\"[": [1]}])"), 3U);
  EXPECT_EQ(nesting_of("]]]]"), 0U);
}

}  // namespace
}  // namespace wsprobe::exporters
