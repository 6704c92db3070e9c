#include "core/error.hpp"

#include <array>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::array phases{Phase::resolve,  Phase::connect, Phase::tls,     Phase::request, Phase::first_byte,
                            Phase::response, Phase::upgrade, Phase::message, Phase::close};

TEST(Reason, EachHasANameOfItsOwnAndASentence) {
  std::set<std::string_view> names;
  std::set<std::string_view> sentences;
  for (const Reason reason : all_reasons()) {
    EXPECT_TRUE(names.insert(name(reason)).second) << name(reason);
    EXPECT_TRUE(sentences.insert(sentence(reason)).second) << name(reason) << " says what another says";
    EXPECT_EQ(name(reason).find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"), std::string_view::npos);
    EXPECT_THAT(std::string(sentence(reason)), Not(HasSubstr("\n")));
    EXPECT_FALSE(name(kind_of(reason)).empty());
    EXPECT_FALSE(name(usual_origin_of(reason)).empty());
  }
}

TEST(Reason, TheKindShowsInTheName) {
  const auto starts_with_kind = [](Reason reason, FailureKind kind, std::string_view prefix) {
    EXPECT_EQ(kind_of(reason) == kind, name(reason).starts_with(prefix)) << name(reason);
  };
  for (const Reason reason : all_reasons()) {
    starts_with_kind(reason, FailureKind::dns, "dns_");
    starts_with_kind(reason, FailureKind::tcp, "tcp_");
    starts_with_kind(reason, FailureKind::tls, "tls_");
    starts_with_kind(reason, FailureKind::timeout, "timeout_");
  }
}

TEST(TimeoutIn, EachPhaseHasItsTimeout) {
  for (const Phase phase : phases) {
    EXPECT_EQ(kind_of(timeout_in(phase)), FailureKind::timeout) << name(phase);
    const Phase waited_in = phase == Phase::upgrade ? Phase::response : phase;
    EXPECT_EQ(name(timeout_in(phase)), "timeout_" + std::string(name(waited_in)));
  }
  EXPECT_EQ(phases.size(), phase_count);
}

TEST(Describe, SaysPhaseSentenceAndDetail) {
  const Error plain = make_error(Phase::connect, Reason::tcp_refused);
  EXPECT_EQ(plain.origin, Origin::network);
  EXPECT_THAT(describe(plain), HasSubstr("connect: "));
  EXPECT_THAT(describe(plain), HasSubstr(std::string(sentence(Reason::tcp_refused))));
  EXPECT_THAT(describe(make_error(Phase::connect, Reason::tcp_refused, "127.0.0.1:9")), HasSubstr("(127.0.0.1:9)"));
}

}  // namespace
}  // namespace wsprobe
