#include "unit/exchange/exchange_support.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "support/run_task.hpp"

namespace wsprobe::exchange::test {
namespace {

using wsprobe::test::run_task;
using wsprobe::test::ScriptedOpener;

constexpr auto plenty = std::chrono::seconds(30);

template <typename Exchange, typename Spec>
ExchangeResult run(Exchange exchange, Peer& peer, Spec spec) {
  ScriptedOpener opener(peer);
  ExchangeResult result = run_task(exchange(opener, std::move(spec), SteadyClock::now() + plenty));
  EXPECT_EQ(peer.streams, 0) << "a stream was left open";
  expect_accounted(result.evidence.times);
  expect_phase_timed(result);
  return result;
}

}  // namespace

Target target() {
  Text query("token=");
  query.append(std::make_shared<const Secret>("valid", "s3cr3t"));
  return {{net::Security::plain, "edge.test", 80}, "edge.test", "/api/ws", std::move(query)};
}

HttpSpec get() {
  HttpSpec spec;
  spec.target = target();
  return spec;
}

UpgradeSpec upgrade() {
  UpgradeSpec spec;
  spec.target = target();
  return spec;
}

UpgradeSpec upgrade_with_session() {
  UpgradeSpec spec = upgrade();
  spec.session.messages.push_back({Text("hello"), ExpectText{"echo hello"}});
  spec.session.pings = 2;
  spec.session.hold = std::chrono::milliseconds(50);
  return spec;
}

Peer answering(std::string answer, Ending ending) {
  Peer peer;
  peer.ending = ending;
  peer.on_write = [answer = std::move(answer)](Peer& self, std::string_view) {
    if (self.said == 0) self.say(answer);
  };
  return peer;
}

Peer serving(WebSocketServer& server) {
  Peer peer;
  peer.on_write = [&server](Peer& self, std::string_view written) {
    self.say(server.answer(written));
    if (server.close_received) self.ending = Ending::end;
  };
  return peer;
}

ExchangeResult run_http(Peer& peer, HttpSpec spec) { return run(http_exchange, peer, std::move(spec)); }
ExchangeResult run_upgrade(Peer& peer, UpgradeSpec spec) { return run(upgrade_exchange, peer, std::move(spec)); }

std::string ending_of(const Outcome& outcome) {
  if (const auto* rejected = std::get_if<Rejected>(&outcome)) {
    return rejected->how == Rejected::How::response ? "rejected by response" : "rejected by close";
  }
  const auto* failed = std::get_if<Failed>(&outcome);
  if (failed == nullptr) return "completed";
  return fmt::format("{} {}", name(failed->error.phase), name(failed->error.reason));
}

std::string digest_of(const ExchangeResult& result) {
  std::string digest = ending_of(result.outcome);
  const Evidence& evidence = result.evidence;
  if (evidence.response) {
    const Response& response = *evidence.response;
    digest += fmt::format("; {} {} interim, {} fields, {} bytes \"{}\", complete {}, extra {}", response.head.status,
                          response.interim_statuses.size(), response.head.fields.size(), response.body_size,
                          response.body, response.body_complete, response.extra_bytes);
  }
  if (!evidence.unparsed.empty()) digest += "; not HTTP";
  if (!evidence.session) return digest;
  const SessionFacts& session = *evidence.session;
  digest += fmt::format("; {} pongs to {} pings, subprotocol {}", session.ping_round_trips.size(), session.pings_sent,
                        session.subprotocol);
  // Where a limit was passed, how far past it depends on how much came at once.
  const auto* failed = std::get_if<Failed>(&result.outcome);
  if (failed == nullptr || kind_of(failed->error.reason) != FailureKind::limit) {
    digest += fmt::format("; {} frames of {} bytes", session.frames_received, session.bytes_received);
  }
  for (const MessageFacts& message : session.messages) {
    digest += fmt::format("; sent \"{}\" received \"{}\" matched {}", message.sent, message.received, message.matched);
  }
  if (const auto& close = session.close) {
    digest +=
        fmt::format("; closed by {} with {} \"{}\", echoed {}", close->first == CloseFacts::By::us ? "us" : "peer",
                    close->code.value_or(0), close->reason, close->echoed);
  }
  return digest;
}

void expect_accounted(const Timeline& times) {
  TimePoint last = times.started();
  for (std::size_t index = 0; index < phase_count; ++index) {
    const auto phase = static_cast<Phase>(index);
    const Span& span = times.span(phase);
    if (!span.begin) continue;
    ASSERT_TRUE(span.end) << name(phase);
    EXPECT_LE(last, *span.begin) << name(phase) << " overlaps what came before";
    EXPECT_LE(*span.begin, *span.end) << name(phase);
    last = *span.end;
  }
  EXPECT_LE(last, times.started() + times.total());
  EXPECT_GE(times.unattributed(), Duration::zero());
}

void expect_phase_timed(const ExchangeResult& result) {
  const auto* failed = std::get_if<Failed>(&result.outcome);
  if (failed == nullptr || failed->error.reason == Reason::bad_configuration) return;
  EXPECT_TRUE(result.evidence.times.span(failed->error.phase).begin) << describe(failed->error);
}

}  // namespace wsprobe::exchange::test
