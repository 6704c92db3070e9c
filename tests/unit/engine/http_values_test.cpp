// Numbers read from a document, and what they have to be.
#include "engine/http_values.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/engine/answered.hpp"

namespace wsprobe::engine {
namespace {

using scenario::ValueBounds;
using scenario::ValueCondition;
using scenario::ValueSource;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::array<int, 1> only_200{200};

/// What a backend keeps of its own errors and of those that browsers report.
constexpr std::string_view beacon = R"({
  "total": 7, "rate": 0.25, "by_kind": {"login": 2}, "since": "yesterday",
  "errors": [
    {"source": "frontend", "message": "WebSocket connection to 'wss://api' failed", "code": 1006},
    {"source": "frontend", "message": "TypeError: x is undefined"},
    {"source": "backend",  "message": "WebSocket closed", "code": 1006},
    {"source": "frontend", "message": {"text": "WebSocket"}},
    {"source": "frontend", "message": "websocket: 403", "code": 403},
    "not an object", null
  ]})";

ValueSource number(const std::string& pointer, std::optional<double> otherwise = std::nullopt) {
  return {"it", ValueSource::Kind::number, pointer, {}, otherwise};
}

ValueSource count(const std::string& pointer, std::vector<ValueCondition> where = {},
                  std::optional<double> otherwise = std::nullopt) {
  return {"it", ValueSource::Kind::count, pointer, std::move(where), otherwise};
}

ValueCondition equal(const std::string& pointer, const std::string& text) {
  return {pointer, ValueCondition::Match::equal, text};
}

ValueCondition regex(const std::string& pointer, const std::string& text) {
  return {pointer, ValueCondition::Match::regex, text};
}

ReadValues read(const StepReport& report, const ValueSource& source) {
  return read_values(report, std::span(&source, 1), only_200);
}

std::optional<double> value_of(const ValueSource& source) {
  const ReadValues found = read(answered(200, beacon), source);
  EXPECT_EQ(found.values.size(), 1U);
  EXPECT_EQ(found.unmet.empty(), found.values[0].value.has_value());
  return found.values[0].value;
}

TEST(HttpValues, ANumberIsReadAtItsPointer) {
  EXPECT_EQ(value_of(number("/total")), 7);
  EXPECT_EQ(value_of(number("/rate")), 0.25);
  EXPECT_EQ(value_of(number("/by_kind/login")), 2);
  EXPECT_EQ(value_of(number("/errors/0/code")), 1006);
}

TEST(HttpValues, WhatIsNoNumberIsNotReadAsOne) {
  EXPECT_EQ(value_of(number("/since")), std::nullopt);
  EXPECT_EQ(value_of(number("/errors")), std::nullopt);
  EXPECT_THAT(read(answered(200, beacon), number("/since")).unmet,
              ElementsAre("the value it cannot be read: /since is no number"));
  EXPECT_THAT(read(answered(200, beacon), number("/by_kind/socket")).unmet,
              ElementsAre("the value it cannot be read: /by_kind/socket is missing"));
}

TEST(HttpValues, ADefaultStandsForWhatIsMissingAndForNothingElse) {
  EXPECT_EQ(value_of(number("/by_kind/socket", 0)), 0);
  EXPECT_EQ(value_of(count("/warnings", {}, 0)), 0);
  EXPECT_EQ(value_of(number("/since", 0)), std::nullopt);
  EXPECT_EQ(value_of(count("/total", {}, 0)), std::nullopt);
}

TEST(HttpValues, ElementsAreCountedOfWhichEveryConditionHolds) {
  EXPECT_EQ(value_of(count("/errors")), 7);
  EXPECT_EQ(value_of(count("/errors", {equal("/source", "frontend")})), 4);
  EXPECT_EQ(value_of(count("/errors", {equal("/source", "frontend"), regex("/message", "[Ww]eb[Ss]ocket")})), 2);
  EXPECT_EQ(value_of(count("/errors", {equal("/code", "1006")})), 2);
  EXPECT_EQ(value_of(count("/errors", {equal("", "null")})), 1);
  EXPECT_EQ(value_of(count("/errors", {regex("", "object$")})), 1);
  EXPECT_EQ(value_of(count("/errors", {equal("/nothing", "null")})), 0);
}

TEST(HttpValues, TheDocumentItselfMayBeTheArray) {
  const ReadValues found = read(answered(200, R"([{"k": 1}, {"k": 2}])"), count("", {equal("/k", "2")}));
  EXPECT_EQ(found.values.at(0).value, 1);
}

TEST(HttpValues, NothingIsKnownWithoutAnExpectedAnswer) {
  for (const StepReport& report : {answered(401, beacon), StepReport{}}) {
    const ReadValues found = read(report, number("/total", 0));
    EXPECT_EQ(found.values.at(0).value, std::nullopt);
    EXPECT_THAT(found.unmet, IsEmpty());  // the status has its own sentence
  }
}

TEST(HttpValues, WhatIsNoDocumentSaysNothing) {
  EXPECT_THAT(read(answered(200, "<html>"), number("/total", 0)).unmet, ElementsAre(HasSubstr("no JSON document")));
  StepReport cut = answered(200, beacon);
  cut.evidence.response->body_size = 5'000'000;
  EXPECT_THAT(read(cut, number("/total", 0)).unmet, ElementsAre(HasSubstr("too large")));
}

TEST(HttpValues, BoundsIncludeThemselves) {
  const std::vector<NamedValue> values{{"a", 2}, {"b", std::nullopt}};
  const auto unmet = [&](std::optional<double> lowest, std::optional<double> highest) {
    return unmet_by(values, std::vector<ValueBounds>{{"a", lowest, highest}, {"b", 0, 0}});
  };
  EXPECT_THAT(unmet(2, std::nullopt), IsEmpty());
  EXPECT_THAT(unmet(std::nullopt, 2), IsEmpty());
  EXPECT_THAT(unmet(1, 3), IsEmpty());
  EXPECT_THAT(unmet(std::nullopt, 0), ElementsAre("a is 2, expected at most 0"));
  EXPECT_THAT(unmet(2.5, std::nullopt), ElementsAre("a is 2, expected at least 2.5"));
  EXPECT_THAT(unmet(3, 3), ElementsAre("a is 2, expected 3"));
}

TEST(HttpValues, TensOfThousandsOfElementsAreCountedInTime) {
  std::string body = "[";
  for (int at = 0; at < 45'000; ++at) body += R"({"m":"aaaaaaaaa"},)";
  body += "{}]";
  const TimePoint begun = SteadyClock::now();
  const ReadValues found = read(answered(200, body), count("", {regex("/m", "(a|aa)+b")}));
  EXPECT_EQ(found.values.at(0).value, 0);
  EXPECT_LT(SteadyClock::now() - begun, std::chrono::seconds(40));
}

}  // namespace
}  // namespace wsprobe::engine
