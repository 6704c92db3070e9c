// The names that reports, metrics and other programs read.
#include <set>

#include <gtest/gtest.h>

#include "core/report.hpp"
#include "core/verdict.hpp"

namespace wsprobe {
namespace {

TEST(Names, EachCauseHasOneOfItsOwn) {
  std::set<std::string_view> names;
  for (const CauseId cause : all_causes()) {
    EXPECT_FALSE(name(cause).empty());
    EXPECT_TRUE(names.insert(name(cause)).second) << name(cause);
  }
  EXPECT_EQ(names.count("healthy"), 1U);
  EXPECT_EQ(names.count("undetermined"), 1U);
}

TEST(Names, ATransportCauseIsCalledByItsReason) {
  for (const Reason reason : all_reasons()) EXPECT_EQ(name(Cause::transport(reason)), name(reason));
  EXPECT_EQ(name(Cause(CauseId::auth_rejected)), "auth_rejected");
}

TEST(Names, EachExperimentHasOneOfItsOwnAndSaysWhatItSends) {
  std::set<std::string_view> names;
  std::set<std::string_view> descriptions;
#define WSPROBE_EXPECT(kind, what)                                  \
  EXPECT_EQ(name(ExperimentKind::kind), #kind);                     \
  EXPECT_TRUE(names.insert(name(ExperimentKind::kind)).second);     \
  EXPECT_FALSE(description(ExperimentKind::kind).empty()) << #kind; \
  EXPECT_TRUE(descriptions.insert(description(ExperimentKind::kind)).second) << #kind;
  WSPROBE_EXPERIMENTS(WSPROBE_EXPECT)
#undef WSPROBE_EXPECT
}

TEST(Names, OutcomesAreTold) {
  EXPECT_EQ(name(Outcome(Completed{})), "completed");
  EXPECT_EQ(name(Outcome(Rejected{})), "rejected");
  EXPECT_EQ(name(Outcome(Failed{make_error(Phase::connect, Reason::tcp_refused)})), "failed");
}

}  // namespace
}  // namespace wsprobe
