// Each exchange is run again and again, failing at its first operation, its second, and so on until it succeeds.
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "unit/exchange/exchange_support.hpp"

namespace wsprobe::exchange::test {
namespace {

constexpr std::size_t too_many = 100;

/// Runs `once` with the Nth operation failing; `judge` says whether a failure came out as it should. Returns how many
/// operations a run without failure has.
std::size_t fail_loop(const std::function<void(Peer&)>& prepare, const std::function<ExchangeResult(Peer&)>& once,
                      const std::function<void(const Peer&, const ExchangeResult&)>& judge) {
  for (std::size_t at = 0; at < too_many; ++at) {
    SCOPED_TRACE("operation " + std::to_string(at));
    Peer peer;
    prepare(peer);
    peer.fail_at = at;
    const ExchangeResult result = once(peer);
    if (!peer.failed_in) {
      EXPECT_EQ(ending_of(result.outcome), "completed");
      return at;
    }
    judge(peer, result);
  }
  ADD_FAILURE() << "never succeeds";
  return too_many;
}

const Error injected{Phase::resolve, Origin::local, Reason::local_error, "injected"};

void expect_injected(const Peer& peer, const ExchangeResult& result) {
  const auto* failed = std::get_if<Failed>(&result.outcome);
  ASSERT_NE(failed, nullptr) << ending_of(result.outcome);
  EXPECT_EQ(failed->error.phase, peer.failed_in);
  EXPECT_EQ(failed->error.origin, injected.origin);
  EXPECT_EQ(failed->error.reason, injected.reason);
  EXPECT_EQ(failed->error.detail, injected.detail);
}

void expect_cancelled(const Peer& peer, const ExchangeResult& result) {
  EXPECT_EQ(ending_of(result.outcome), std::string(name(*peer.failed_in)) + " cancelled");
}

/// A reset is told by what it cut; after a session that has shown that it works, it cuts no more than the goodbye.
void expect_loss(const Peer& peer, const ExchangeResult& result) {
  const std::string ending = ending_of(result.outcome);
  switch (*peer.failed_in) {
    case Phase::connect: EXPECT_EQ(ending, "connect tcp_reset"); break;
    case Phase::request: EXPECT_EQ(ending, "request closed_in_request"); break;
    case Phase::first_byte: EXPECT_EQ(ending, "first_byte reset_before_response"); break;
    case Phase::response:
      EXPECT_EQ(ending, result.evidence.response ? "response reset_in_body" : "response reset_in_head");
      break;
    case Phase::message: EXPECT_EQ(ending, "message reset_in_session"); break;
    case Phase::close:
      EXPECT_EQ(ending, "completed");
      EXPECT_FALSE(result.evidence.session->close->echoed);
      break;
    case Phase::resolve:
    case Phase::tls:
    case Phase::upgrade: ADD_FAILURE() << "nothing is read or written in this phase"; break;
  }
}

ExchangeResult one_http(Peer& peer) {
  peer.on_write = [](Peer& self, std::string_view) {
    self.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n");
  };
  peer.largest_read = 20;
  return run_http(peer);
}

/// A session with a message that comes in two frames, pings of both sides, pushes while it is held, and a close.
ExchangeResult one_session(Peer& peer) {
  WebSocketServer server;
  server.on_frame = [](Opcode opcode, const std::string& payload) {
    using wsprobe::test::frame;
    using wsprobe::test::raw_frame;
    if (opcode == Opcode::text) {
      return frame(Opcode::ping, "are you there") + raw_frame(Opcode::text, "echo ") + raw_frame(0x80, payload);
    }
    if (opcode == Opcode::ping) return frame(Opcode::pong, payload) + frame(Opcode::text, "news");
    return WebSocketServer::polite(opcode, payload);
  };
  peer.on_write = [&server](Peer& self, std::string_view written) { self.say(server.answer(written)); };
  peer.largest_read = 64;
  return run_upgrade(peer, upgrade_with_session());
}

struct Exchange {
  const char* name;
  ExchangeResult (*once)(Peer&);
  std::size_t least_operations;
};

class FailLoop : public testing::TestWithParam<Exchange> {};

TEST_P(FailLoop, EveryFailureComesOutAsItWasPutIn) {
  const auto prepare = [](Peer& peer) { peer.injected = injected; };
  EXPECT_GE(fail_loop(prepare, GetParam().once, expect_injected), GetParam().least_operations);
}

TEST_P(FailLoop, AStopIsAStopWhereverItComes) {
  const auto prepare = [](Peer& peer) { peer.failure = Ending::cancelled; };
  EXPECT_GE(fail_loop(prepare, GetParam().once, expect_cancelled), GetParam().least_operations);
}

TEST_P(FailLoop, ALostConnectionIsToldByWhatItCut) {
  const auto prepare = [](Peer& peer) { peer.failure = Ending::reset; };
  EXPECT_GE(fail_loop(prepare, GetParam().once, expect_loss), GetParam().least_operations);
}

INSTANTIATE_TEST_SUITE_P(Exchanges, FailLoop,
                         testing::Values(Exchange{"http", one_http, 5}, Exchange{"session", one_session, 15}),
                         [](const testing::TestParamInfo<Exchange>& exchange) { return exchange.param.name; });

}  // namespace
}  // namespace wsprobe::exchange::test
