#include "exchange/session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "exchange/round_trip.hpp"
#include "net/connector.hpp"

namespace wsprobe::exchange {
namespace {

constexpr std::size_t ping_bytes = 8;
constexpr std::size_t kept_message_bytes = 1024;

using wire::FrameType;
using wire::Incoming;

std::string random_payload() {
  std::array<std::byte, ping_bytes> random{};
  net::random_bytes(random);
  return {reinterpret_cast<const char*>(random.data()), random.size()};
}

bool is_message(const Incoming& item) { return item.type == FrameType::text || item.type == FrameType::binary; }

std::string describe_close(const CloseFacts& close) {
  std::string text = close.code ? fmt::format("code {}", *close.code) : "no code";
  if (!close.reason.empty()) text += fmt::format(", \"{}\"", close.reason);
  return text;
}

/// With what a peer is told that what it sent cannot be used (RFC 6455 section 7.4.1); none where the fault is another.
std::optional<int> farewell_code(Reason reason) {
  if (reason == Reason::frame_bad_utf8) return 1007;
  if (reason == Reason::message_too_large) return 1009;
  if (kind_of(reason) == FailureKind::protocol_error) return 1002;
  return std::nullopt;
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace

bool refuses(int close_code) {
  return close_code == 1002 || close_code == 1003 || close_code == 1007 || close_code == 1008 ||
         (close_code >= 1011 && close_code <= 1014) || (close_code >= 3000 && close_code <= 4999);
}

Session::Session(net::Stream& stream, ReadBuffer buffer, const SessionSpec& spec, wire::FrameCodec codec,
                 const std::function<net::awaitable<void>()>& while_held,
                 const std::function<net::awaitable<void>()>& while_closing, Evidence& evidence, Deadline deadline)
    : stream_(stream),
      buffer_(std::move(buffer)),
      spec_(spec),
      while_held_(while_held),
      while_closing_(while_closing),
      evidence_(evidence),
      deadline_(deadline),
      codec_(std::move(codec)) {}

// What comes before a hold and after it has coroutines of its own, whose frames are not there while it lasts.
net::awaitable<void> Session::run(Outcome& outcome) {
  const TimePoint opened = SteadyClock::now();
  Result<Progress> progress = Progress::going_on;
  if (!spec_.asks_for_nothing() || while_held_) {
    evidence_.times.begin(Phase::message, opened);
    net::Companion company;
    progress = co_await converse(company);
    if (progress == Progress::going_on && spec_.hold > Duration::zero()) {
      progress = co_await hold(SteadyClock::now() + spec_.hold);
    }
    if (company.is_running()) co_await company.ended();
    evidence_.times.end(Phase::message, SteadyClock::now());
  }
  net::awaitable<Outcome> ending = end(std::move(progress));
  outcome = co_await std::move(ending);
  SessionFacts& facts = *evidence_.session;
  facts.frames_received = codec_.frames_received();
  facts.bytes_received = codec_.bytes_received();
  facts.open_for = SteadyClock::now() - opened;
}

/// The messages and the pings. `company` is what goes on beside the pings and the hold.
net::awaitable<Result<Session::Progress>> Session::converse(net::Companion& company) {
  Result<Progress> progress = Progress::going_on;
  for (std::size_t index = 0; index < spec_.messages.size() && progress == Progress::going_on; ++index) {
    progress = co_await exchange_message(index);
  }
  if (progress == Progress::going_on && while_held_) {
    net::awaitable<net::Companion> started = net::Companion::start(while_held_());
    company = co_await std::move(started);
  }
  for (int ping = 0; ping < spec_.pings && progress == Progress::going_on; ++ping) {
    progress = co_await exchange_ping();
  }
  co_return progress;
}

net::awaitable<Outcome> Session::end(Result<Progress> progress) {
  if (!progress) {
    co_await tell_why(progress.error());
    co_return Failed{std::move(progress.error())};
  }
  evidence_.times.begin(Phase::close, SteadyClock::now());
  if (*progress == Progress::closed_by_peer) co_return co_await answer_close();
  net::Companion company;
  if (while_closing_) {
    net::awaitable<net::Companion> started = net::Companion::start(while_closing_());
    company = co_await std::move(started);
  }
  Outcome outcome = co_await close();
  if (company.is_running()) co_await company.ended();
  co_return outcome;
}

net::awaitable<Result<Session::Progress>> Session::exchange_message(std::size_t index) {
  const MessageSpec& spec = spec_.messages[index];
  MessageFacts& facts = evidence_.session->messages.emplace_back();
  const Result<MessageMatcher> matcher = MessageMatcher::make(spec.expect);
  if (!matcher) co_return tl::unexpected(matcher.error());
  const TimePoint begun = SteadyClock::now();
  if (spec.send) {
    facts.sent = spec.send->redacted();
    std::string frame = codec_.text(spec.send->reveal());
    Result<Progress> sent = co_await send(std::move(frame));
    if (sent != Progress::going_on) co_return sent;
  }
  if (std::holds_alternative<std::monostate>(spec.expect)) co_return Progress::going_on;
  for (std::size_t others = 0; !facts.matched;) {
    Result<Incoming> item = co_await receive(Phase::message, deadline_);
    if (!item) {
      Error error = std::move(item.error());
      if (error.reason == Reason::timeout_message) {
        error.detail = fmt::format("message {} of {}: {} others came", index + 1, spec_.messages.size(), others);
      }
      co_return tl::unexpected(std::move(error));
    }
    if (item->type == FrameType::close) co_return Progress::closed_by_peer;
    if (!is_message(*item)) continue;
    facts.received = shorten(item->payload, kept_message_bytes - 3);
    facts.round_trip = SteadyClock::now() - begun;
    facts.matched = matcher->matches(item->payload);
    ++others;
  }
  proven_ = true;
  co_return Progress::going_on;
}

net::awaitable<Result<Session::Progress>> Session::exchange_ping() {
  SessionFacts& facts = *evidence_.session;
  const std::string payload = random_payload();
  std::string frame = codec_.ping(payload);
  const TimePoint begun = SteadyClock::now();
  Result<Progress> sent = co_await send(std::move(frame));
  if (sent != Progress::going_on) co_return sent;
  ++facts.pings_sent;
  for (;;) {
    Result<Incoming> item = co_await receive(Phase::message, deadline_);
    if (!item) {
      Error error = std::move(item.error());
      if (error.reason == Reason::timeout_message) {
        error.detail = fmt::format("the pong to ping {} of {}", facts.pings_sent, spec_.pings);
      }
      co_return tl::unexpected(std::move(error));
    }
    if (item->type == FrameType::close) co_return Progress::closed_by_peer;
    if (item->type == FrameType::pong && item->payload == payload) break;
  }
  facts.ping_round_trips.push_back(SteadyClock::now() - begun);
  proven_ = true;
  co_return Progress::going_on;
}

net::awaitable<Result<Session::Progress>> Session::hold(TimePoint until) {
  for (;;) {
    Result<Incoming> item = co_await receive(Phase::message, std::min(until, deadline_));
    if (item && item->type == FrameType::close) co_return Progress::closed_by_peer;
    if (item && spec_.answer && is_message(*item)) {
      Result<Progress> answered = co_await answer(*item);
      if (answered != Progress::going_on) co_return answered;
    }
    if (item) continue;
    if (item.error().reason != Reason::timeout_message) co_return tl::unexpected(std::move(item.error()));
    if (until > deadline_) {
      co_return tl::unexpected(
          Error{Phase::message, Origin::local, Reason::timeout_message, "the time ran out before the hold was over"});
    }
    proven_ = proven_ || spec_.hold > Duration::zero();
    co_return Progress::going_on;
  }
}

net::awaitable<Result<Session::Progress>> Session::answer(const Incoming& item) {
  std::string frame = spec_.answer(codec_, item);
  if (frame.empty()) co_return Progress::going_on;
  co_return co_await send(std::move(frame));
}

/// The peer closed before the session was over.
net::awaitable<Outcome> Session::answer_close() {
  CloseFacts& facts = *evidence_.session->close;
  const std::string frame = codec_.close(facts.code, "");
  const Deadline until = std::min(deadline_, SteadyClock::now() + close_patience);
  const Result<void> written = co_await stream_.write(bytes_of(frame), Phase::close, until);
  if (!written && written.error().reason == Reason::cancelled) co_return Failed{written.error()};
  facts.echoed = written.has_value();
  if (!buffer_.unread().empty()) co_return Failed{make_error(Phase::close, Reason::data_after_close)};
  if (facts.code && refuses(*facts.code)) co_return Rejected{Rejected::How::close_after_101};
  co_return Failed{make_error(Phase::message, Reason::closed_early, describe_close(facts))};
}

/// The session is over: the closing handshake.
net::awaitable<Outcome> Session::close() {
  const std::string frame = codec_.close(spec_.close_code, "");
  const Deadline until = std::min(deadline_, SteadyClock::now() + close_patience);
  const Result<void> written = co_await stream_.write(bytes_of(frame), Phase::close, until);
  if (!written && !is_loss(written.error().reason)) co_return judge_missing_echo(written.error());
  for (;;) {
    Result<Incoming> item = co_await receive(Phase::close, until);
    if (!item) co_return judge_missing_echo(std::move(item.error()));
    if (item->type != FrameType::close) continue;
    evidence_.session->close->echoed = written.has_value();
    co_return judge_reply(item->close_code);
  }
}

Outcome Session::judge_reply(const std::optional<int>& code) {
  CloseFacts& facts = *evidence_.session->close;
  const bool echo = facts.echoed && (!code || *code == spec_.close_code);
  facts.first = echo ? CloseFacts::By::us : CloseFacts::By::peer;
  if (!buffer_.unread().empty()) return Failed{make_error(Phase::close, Reason::data_after_close)};
  if (!echo && code && refuses(*code)) return Rejected{Rejected::How::close_after_101};
  return Completed{};
}

Outcome Session::judge_missing_echo(Error error) {
  const bool silent = error.reason == Reason::timeout_close;
  const bool lost = error.reason == Reason::reset_in_session || error.reason == Reason::closed_without_close_frame;
  if (!silent && !(lost && proven_)) return Failed{std::move(error)};
  evidence_.session->close = CloseFacts{};
  return Completed{};
}

/// Sends a frame of the session. Where the peer is gone, what it said before it went decides.
net::awaitable<Result<Session::Progress>> Session::send(std::string frame) {
  Result<void> written = co_await stream_.write(bytes_of(frame), Phase::message, deadline_);
  if (written) co_return Progress::going_on;
  Error error = std::move(written.error());
  if (!is_loss(error.reason)) co_return tl::unexpected(std::move(error));
  co_return co_await drain(std::move(error));
}

net::awaitable<Result<Session::Progress>> Session::drain(Error failed_write) {
  for (;;) {
    Result<Incoming> item = co_await receive(Phase::message, deadline_);
    if (item && item->type == FrameType::close) co_return Progress::closed_by_peer;
    if (item) continue;
    if (kind_of(item.error().reason) != FailureKind::protocol_error) item.error() = place_loss(std::move(failed_write));
    co_return tl::unexpected(std::move(item.error()));
  }
}

/// The peer's next message, pong or close frame. A close is noted as evidence.
net::awaitable<Result<Incoming>> Session::receive(Phase phase, Deadline until) {
  for (;;) {
    Result<std::optional<Incoming>> item = decode(phase);
    if (!item) co_return tl::unexpected(std::move(item.error()));
    const bool closed = *item && (*item)->type == FrameType::close;
    if (!unanswered_pings_.empty() && !closed) {
      const Result<void> answered = co_await answer_pings(deadline_);
      if (!answered) co_return tl::unexpected(answered.error());
    }
    if (*item) co_return std::move(**item);
    // A peer that always has more is never waited for, so the stream's own deadline would not end it.
    if (SteadyClock::now() >= until) co_return tl::unexpected(make_error(phase, timeout_in(phase)));
    const Result<std::size_t> received = co_await stream_.read_some(buffer_.room(), phase, until);
    if (!received) co_return tl::unexpected(place_loss(received.error()));
    if (*received == 0) co_return tl::unexpected(place_loss(make_error(phase, Reason::closed_without_close_frame)));
    buffer_.filled(*received);
  }
}

/// The next item of what was read that is not a ping; none where more has to be read.
Result<std::optional<Incoming>> Session::decode(Phase phase) {
  while (!buffer_.unread().empty()) {
    Result<std::size_t> taken = codec_.feed(buffer_.unread());
    if (!taken) {
      taken.error().phase = phase;
      return tl::unexpected(std::move(taken.error()));
    }
    buffer_.take(*taken);
    std::optional<Incoming> item = codec_.next();
    if (!item) continue;
    if (item->type == FrameType::ping) {
      // After our close frame nothing more is sent.
      if (phase != Phase::message) continue;
      if (unanswered_pings_.size() == answered_pings) unanswered_pings_.erase(unanswered_pings_.begin());
      unanswered_pings_.push_back(std::move(item->payload));
      continue;
    }
    if (item->type == FrameType::close) {
      evidence_.session->close = CloseFacts{CloseFacts::By::peer, item->close_code, item->payload, false};
    }
    return item;
  }
  return std::nullopt;
}

net::awaitable<Result<void>> Session::answer_pings(Deadline until) {
  std::string frames;
  for (const std::string& payload : unanswered_pings_) frames += codec_.pong(payload);
  unanswered_pings_.clear();
  Result<void> written = co_await stream_.write(bytes_of(frames), Phase::message, until);
  if (written || is_loss(written.error().reason)) co_return Result<void>{};  // the next read says how it ended
  if (written.error().reason == Reason::timeout_message) written.error().reason = Reason::session_output_limit;
  co_return written;
}

/// Whether it arrives changes nothing, but it should: what still comes is read away for a moment, because closing with
/// bytes unread has the kernel send a reset, which overtakes the frame.
net::awaitable<void> Session::tell_why(const Error& error) {
  const std::optional<int> code = farewell_code(error.reason);
  if (!code) co_return;
  const std::string frame = codec_.close(code, "");
  const Deadline until = std::min(deadline_, SteadyClock::now() + farewell_patience);
  const Result<void> written = co_await stream_.write(bytes_of(frame), Phase::message, until);
  std::array<std::byte, 512> unwanted{};
  for (bool more = written.has_value(); more && SteadyClock::now() < until;) {
    const Result<std::size_t> received = co_await stream_.read_some(unwanted, Phase::message, until);
    more = received.value_or(0) > 0;
  }
}

/// In a session, a lost connection has two faces: a reset, or an end without a close frame.
Error Session::place_loss(Error error) const {
  if (!is_loss(error.reason) && error.reason != Reason::closed_without_close_frame) return error;
  error.reason = is_reset(error.reason) ? Reason::reset_in_session : Reason::closed_without_close_frame;
  if (codec_.mid_message()) error.detail += error.detail.empty() ? "inside a message" : "; inside a message";
  return error;
}

}  // namespace wsprobe::exchange
