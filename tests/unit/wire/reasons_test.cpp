#include <algorithm>
#include <array>
#include <set>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "unit/wire/error_rows.hpp"

namespace wsprobe::wire {
namespace {

/// Reasons of the wire kinds that are not given here: by a session that goes on after a close frame or may not queue
/// more, by whoever reads a body whole; the guard against a codec that stops without saying why; and those of HTTP/2,
/// whose table is in http2_session_test.cpp.
constexpr std::array given_elsewhere{Reason::data_after_close, Reason::session_output_limit, Reason::body_too_large,
                                     Reason::frame_error,      Reason::http2_error,          Reason::http2_limit};

/// Closes that the decoder sees as the end of its input.
constexpr std::array closes_seen_here{Reason::closed_before_response, Reason::closed_in_head, Reason::closed_in_body};

std::set<Reason> reasons_with_a_row() {
  std::set<Reason> reasons;
  for (const ResponseErrorRow& row : response_error_rows()) reasons.insert(row.reason);
  for (const SwitchErrorRow& row : switch_error_rows()) reasons.insert(row.reason);
  for (const FrameErrorRow& row : frame_error_rows()) reasons.insert(row.reason);
  return reasons;
}

std::set<Reason> reasons_that_need_one() {
  std::set<Reason> reasons(closes_seen_here.begin(), closes_seen_here.end());
  for (const Reason reason : all_reasons()) {
    const FailureKind kind = kind_of(reason);
    if (kind == FailureKind::protocol_error || kind == FailureKind::limit) reasons.insert(reason);
  }
  for (const Reason reason : given_elsewhere) reasons.erase(reason);
  return reasons;
}

TEST(Reasons, EachThatThisFolderCanGiveHasARow) {
  const std::set<Reason> rows = reasons_with_a_row();
  for (const Reason reason : reasons_that_need_one()) {
    EXPECT_TRUE(rows.contains(reason)) << name(reason) << " has no row in the tables of what is refused";
  }
}

TEST(Reasons, NoRowNamesOneThatIsGivenElsewhere) {
  const std::set<Reason> needed = reasons_that_need_one();
  for (const Reason reason : reasons_with_a_row()) EXPECT_TRUE(needed.contains(reason)) << name(reason);
}

}  // namespace
}  // namespace wsprobe::wire
