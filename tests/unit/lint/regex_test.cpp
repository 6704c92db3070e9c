// Patterns that people write into proxies' configurations, and what they cannot be told of.
#include <ostream>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/regex.hpp"

namespace wsprobe::lint {
namespace {

using testing::ElementsAre;

struct Search {
  std::string_view pattern;
  std::string_view text;
  Tells matches;
};

std::ostream& operator<<(std::ostream& out, const Search& one) { return out << one.pattern << " in " << one.text; }

class Regex : public testing::TestWithParam<Search> {};

TEST_P(Regex, TellsWhetherItMatches) {
  EXPECT_EQ(regex_search(GetParam().pattern, GetParam().text).matches, GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Anchors, Regex,
    testing::Values(Search{"ws", "/api/ws", Tells::yes}, Search{"^ws", "/api/ws", Tells::no},
                    Search{R"(\A/api)", "/api/ws", Tells::yes}, Search{R"(ws\z)", "/api/ws", Tells::yes},
                    Search{"^/api$", "/api/ws", Tells::no}, Search{R"(\bws\b)", "/api/ws", Tells::yes},
                    Search{R"(\Bws)", "/api/ws", Tells::unknown}, Search{"", "/api/ws", Tells::yes}));

INSTANTIATE_TEST_SUITE_P(Repetition, Regex,
                         testing::Values(Search{"^/a*b?c+$", "/aacc", Tells::yes},
                                         Search{"^/x{2,3}$", "/xxxx", Tells::no},
                                         Search{"^/x{2,}$", "/xxxx", Tells::yes}, Search{"^/x{2}$", "/xx", Tells::yes},
                                         Search{"^/x{,2}$", "/x{,2}", Tells::yes},  // a repetition has a lower bound
                                         Search{"^/.*?/ws$", "/api/v1/ws", Tells::yes}));

INSTANTIATE_TEST_SUITE_P(
    Classes, Regex,
    testing::Values(Search{R"(^/[^\n\s/]+/ws$)", "/nss/ws", Tells::yes}, Search{R"(^/[\d-]+$)", "/1-2", Tells::yes},
                    Search{R"(^/[\]a]+$)", "/a]", Tells::yes}, Search{R"(^/[]a]+$)", "/a]", Tells::yes},
                    Search{R"(^[^/]+$)", "/api", Tells::no}, Search{R"(^/[a\-c]+$)", "/b", Tells::no},
                    Search{R"(^/[\x61-\x63]+$)", "/abc", Tells::unknown},
                    Search{R"(^/[[:alpha:]]+$)", "/api", Tells::unknown},
                    Search{R"(^/\w+/\D\S$)", "/api/ws", Tells::yes}));

INSTANTIATE_TEST_SUITE_P(LetterCases, Regex,
                         testing::Values(Search{"(?i)^/API/WS$", "/api/ws", Tells::yes},
                                         Search{"^/(?:(?i)API)/WS$", "/api/ws", Tells::no},
                                         Search{"^/(?i:API)/ws$", "/api/ws", Tells::yes},
                                         Search{"^/(?i:API)/WS$", "/api/ws", Tells::no},
                                         Search{"(?i)[A-Z]+", "/api", Tells::yes}, Search{"^/API", "/api", Tells::no}));

INSTANTIATE_TEST_SUITE_P(WhatCannotBeTold, Regex,
                         testing::Values(Search{"^(?!/api)", "/api/ws", Tells::unknown},
                                         Search{"(?<=a)b", "ab", Tells::unknown}, Search{"(", "/api", Tells::unknown},
                                         Search{"[a", "/api", Tells::unknown}, Search{"(?>a)", "a", Tells::unknown},
                                         Search{R"((a)\1)", "aa", Tells::unknown},
                                         Search{"(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", Tells::unknown}));

TEST(RegexGroups, OfBranchesThatTookNoPartAreEmpty) {
  EXPECT_THAT(regex_search("^/(?:(a)|(?<name>b))/(.*)$", "/b/ws").groups, ElementsAre("/b/ws", "", "b", "ws"));
}

TEST(RegexGroups, AreThoseOfTheFirstMatch) {
  const RegexMatch match = regex_search("/([a-z]+)", "/api/ws");
  EXPECT_THAT(match.groups, ElementsAre("/api", "api"));
  EXPECT_EQ(match.begin, 0U);
  EXPECT_EQ(match.end, 4U);
}

TEST(RegexGroups, LetterCaseMayBeIgnoredFromOutside) {
  EXPECT_EQ(regex_search("^WebSocket$", "websocket").matches, Tells::no);
  EXPECT_EQ(regex_search("^WebSocket$", "websocket", LetterCase::ignored).matches, Tells::yes);
}

TEST(WithGroups, ReplacesWhatIsThereAndLeavesTheRest) {
  const RegexMatch match = regex_search("^/([a-z]+)/([a-z]+)$", "/api/ws");
  EXPECT_EQ(with_groups("/$2/${1}x$9$", '$', match), "/ws/apix$9$");
  EXPECT_EQ(with_groups(R"(\1)", '\\', match), "api");
}

TEST(Regex, TextsAndPatternsBeyondTheBoundAreNotTold) {
  EXPECT_EQ(regex_search("a", std::string(2000, 'b') + "a").matches, Tells::unknown);
  EXPECT_EQ(regex_search(std::string(2000, 'a'), "a").matches, Tells::unknown);
}

}  // namespace
}  // namespace wsprobe::lint
