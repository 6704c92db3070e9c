#include "core/evidence.hpp"

#include <random>

#include <gtest/gtest.h>

namespace wsprobe {
namespace {

using std::chrono::milliseconds;

ResponseHead sample_head() {
  ResponseHead head;
  head.raw = "\r\nHTTP/1.1 403 \r\nServer: a\r\n\r\n";
  head.fields = {{"Server", "a"}, {"connection", "keep-alive,\tUpgrade "}, {"SERVER", "b"}, {"Connection", "x"}};
  return head;
}

TEST(ResponseHead, FindsAndCountsFieldsInAnyCase) {
  const ResponseHead head = sample_head();
  EXPECT_EQ(*head.find("server"), "a");
  EXPECT_EQ(head.find("Via"), nullptr);
  EXPECT_EQ(head.count("sErVeR"), 2U);
  EXPECT_EQ(head.count("serve"), 0U);
}

TEST(ResponseHead, FindsTokensInLists) {
  const ResponseHead head = sample_head();
  EXPECT_TRUE(head.has_token("Connection", "upgrade"));
  EXPECT_TRUE(head.has_token("Connection", "X"));
  EXPECT_FALSE(head.has_token("Connection", "up"));
  EXPECT_FALSE(head.has_token("Connection", "keep-alive, upgrade"));
}

TEST(ResponseHead, GivesTheStatusLineAsItCame) {
  EXPECT_EQ(sample_head().status_line(), "HTTP/1.1 403 ");
  EXPECT_EQ(ResponseHead{}.status_line(), "");
}

TEST(EqualsIgnoringCase, IgnoresTheCaseOfAsciiLettersOnly) {
  EXPECT_TRUE(equals_ignoring_case("Sec-WebSocket", "sEC-wEBsOCKET"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("\xC3\x84", "\xC3\xA4"));
}

TEST(Timeline, PhasesAndTheRestAddUpToTheTotal) {
  const TimePoint start = SteadyClock::now();
  Timeline times;
  times.start(start);
  times.begin(Phase::connect, start + milliseconds(1));
  times.end(Phase::connect, start + milliseconds(5));
  times.begin(Phase::first_byte, start + milliseconds(6));
  times.finish(start + milliseconds(10));  // ends what was cut
  EXPECT_EQ(times.duration(Phase::connect), milliseconds(4));
  EXPECT_EQ(times.duration(Phase::first_byte), milliseconds(4));
  EXPECT_EQ(times.duration(Phase::tls), std::nullopt);
  EXPECT_EQ(times.total(), milliseconds(10));
  EXPECT_EQ(times.unattributed(), milliseconds(2));
}

/// Any choice of phases, any gaps, any of them cut at the end: nothing is counted twice and nothing is lost.
TEST(Timeline, TakesOverAnOpeningWithoutTheTimeItLayWaiting) {
  const TimePoint began{std::chrono::seconds(100)};
  const auto at = [&](int after) { return began + std::chrono::milliseconds(after); };
  Timeline opening;
  opening.start(at(0));
  opening.begin(Phase::connect, at(1));
  opening.end(Phase::connect, at(31));
  opening.finish(at(31));

  Timeline times;
  times.start(at(500));
  times.prepend(opening, at(501));
  times.begin(Phase::request, at(501));
  times.finish(at(511));
  EXPECT_EQ(times.duration(Phase::connect), std::chrono::milliseconds(30));
  EXPECT_EQ(times.total(), std::chrono::milliseconds(41)) << "from where the opening would have begun";
  EXPECT_EQ(times.unattributed(), std::chrono::milliseconds(1));
  EXPECT_LE(*times.span(Phase::connect).end, *times.span(Phase::request).begin);
}

TEST(Timeline, AddsUpWhateverPhasesThereWere) {
  std::mt19937 random(20);
  for (int round = 0; round < 500; ++round) {
    const TimePoint start = SteadyClock::now();
    TimePoint now = start;
    Timeline times;
    times.start(now);
    for (std::size_t at = 0; at < phase_count; ++at) {
      now += milliseconds(random() % 50);
      if (random() % 3 == 0) continue;
      times.begin(static_cast<Phase>(at), now);
      now += milliseconds(random() % 50);
      const bool cut = random() % 8 == 0;
      if (cut) break;
      times.end(static_cast<Phase>(at), now);
    }
    now += milliseconds(random() % 50);
    times.finish(now);
    Duration sum = times.unattributed();
    EXPECT_GE(sum, Duration::zero());
    for (std::size_t at = 0; at < phase_count; ++at) {
      sum += times.duration(static_cast<Phase>(at)).value_or(Duration::zero());
    }
    EXPECT_EQ(sum, now - start);
    EXPECT_EQ(sum, times.total());
  }
}

}  // namespace
}  // namespace wsprobe
