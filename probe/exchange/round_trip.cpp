#include "exchange/round_trip.hpp"

#include <utility>

namespace wsprobe::exchange {
namespace {

std::string joined(const std::string& left, const std::string& right) {
  return left.empty() || right.empty() ? left + right : left + "; " + right;
}

Reason reset_instead_of(Reason closed) {
  if (closed == Reason::closed_before_response) return Reason::reset_before_response;
  if (closed == Reason::closed_in_head) return Reason::reset_in_head;
  return Reason::reset_in_body;
}

/// The stream knows that the connection was lost; the decoder knows how far the response had come.
Error place_loss(Error error, wire::ResponseDecoder& decoder) {
  if (!is_loss(error.reason)) return error;
  const bool reset = is_reset(error.reason);
  Result<void> ended = decoder.end_of_input();
  if (ended) {
    // Only the end of the connection could have told the end of the body, and this was not a clean one.
    return make_error(Phase::response, reset ? Reason::reset_in_body : Reason::closed_truncated, error.detail);
  }
  Error placed = std::move(ended.error());
  if (reset) placed.reason = reset_instead_of(placed.reason);
  const bool truncated = error.reason == Reason::closed_truncated;
  placed.detail = joined(placed.detail, truncated ? "without a TLS close_notify" : error.detail);
  return placed;
}

net::awaitable<Result<void>> read_response(net::Stream& stream, wire::ResponseDecoder& decoder, ReadBuffer& buffer,
                                           Timeline& times, Deadline deadline) {
  while (!decoder.done()) {
    const Phase phase = decoder.started() ? Phase::response : Phase::first_byte;
    const Result<std::size_t> received = co_await stream.read_some(buffer.room(), phase, deadline);
    if (!received) co_return tl::unexpected(place_loss(received.error(), decoder));
    if (*received == 0) co_return decoder.end_of_input();
    buffer.filled(*received);
    if (phase == Phase::first_byte) advance(times, Phase::first_byte, Phase::response);
    const Result<std::size_t> taken = decoder.feed(buffer.unread());
    if (!taken) co_return tl::unexpected(taken.error());
    buffer.take(*taken);
    // A peer that always has more is never waited for, so the stream's own deadline would not end it.
    if (!decoder.done() && SteadyClock::now() >= deadline) {
      co_return tl::unexpected(make_error(Phase::response, Reason::timeout_response));
    }
  }
  co_return Result<void>{};
}

/// What answered does not speak HTTP/1.x, as far as its first line tells.
bool is_foreign(Reason reason) {
  return reason == Reason::not_http || reason == Reason::bad_status_line || reason == Reason::http_version_unsupported;
}

void keep_response(wire::ResponseDecoder& decoder, const Result<void>& result, Evidence& evidence) {
  if (decoder.head_done()) {
    evidence.response = decoder.take_response();
    if (!result) evidence.response->body_complete = false;
  } else if (!result && is_foreign(result.error().reason)) {
    evidence.unparsed = decoder.first_bytes();
  }
}

}  // namespace

bool is_reset(Reason reason) {
  return reason == Reason::tcp_reset || reason == Reason::reset_before_response || reason == Reason::reset_in_head ||
         reason == Reason::reset_in_body || reason == Reason::reset_in_session;
}

bool is_loss(Reason reason) {
  return is_reset(reason) || reason == Reason::closed_truncated || reason == Reason::closed_in_request;
}

void advance(Timeline& times, Phase from, Phase to) {
  const TimePoint now = SteadyClock::now();
  times.end(from, now);
  times.begin(to, now);
}

net::awaitable<Result<void>> round_trip(net::Stream& stream, std::string request, wire::ResponseDecoder decoder,
                                        ReadBuffer& buffer, Evidence& evidence, Deadline deadline) {
  evidence.times.begin(Phase::request, SteadyClock::now());
  Result<void> written = co_await stream.write(std::as_bytes(std::span(request)), Phase::request, deadline);
  if (!written && !is_loss(written.error().reason) && written.error().reason != Reason::timeout_request) {
    co_return written;
  }
  advance(evidence.times, Phase::request, Phase::first_byte);
  Result<void> answered = co_await read_response(stream, decoder, buffer, evidence.times, deadline);
  keep_response(decoder, answered, evidence);
  evidence.times.end(decoder.started() ? Phase::response : Phase::first_byte, SteadyClock::now());
  // TLS 1.3 has the peer refuse a client certificate only now: that alert says more than the failed write.
  const bool heard = decoder.started() || (!answered && kind_of(answered.error().reason) == FailureKind::tls);
  if (!written && !heard) co_return written;
  co_return answered;
}

}  // namespace wsprobe::exchange
