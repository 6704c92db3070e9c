#include "exchange/http2_stream.hpp"

#include <utility>

#include <fmt/format.h>

namespace wsprobe::exchange {
namespace {

tl::unexpected<Error> at(Phase phase, Error error) {
  error.phase = phase;
  return tl::unexpected(std::move(error));
}

}  // namespace

net::awaitable<Result<void>> Http2Stream::flush(Phase phase, Deadline deadline) {
  const std::string output = session_.take_output();
  if (output.empty()) co_return Result<void>{};
  co_return co_await below_->write(std::as_bytes(std::span(output)), phase, deadline);
}

net::awaitable<Result<void>> Http2Stream::receive(Phase phase, Deadline deadline) {
  // A peer that always has more is never waited for, so the stream's own deadline would not end it.
  if (SteadyClock::now() >= deadline) co_return tl::unexpected(make_error(phase, timeout_in(phase)));
  const Result<std::size_t> received = co_await below_->read_some(buffer_.room(), phase, deadline);
  if (!received) co_return tl::unexpected(received.error());
  if (*received == 0) co_return tl::unexpected(make_error(phase, Reason::closed_without_close_frame));
  buffer_.filled(*received);
  Result<void> fed = session_.feed(buffer_.unread());
  buffer_.take(*received);
  // Also where the peer broke the protocol: it is told why.
  Result<void> flushed = co_await flush(phase, deadline);
  if (!fed) co_return at(phase, std::move(fed.error()));
  co_return flushed;
}

net::awaitable<Result<std::size_t>> Http2Stream::read_some(std::span<std::byte> into, Phase phase, Deadline deadline) {
  while (!session_.has_unread()) {
    if (session_.ended()) co_return std::size_t{0};
    if (!session_.broken().empty()) {
      co_return tl::unexpected(
          make_error(phase, Reason::reset_in_session, fmt::format("the HTTP/2 stream: {}", session_.broken())));
    }
    const Result<void> received = co_await receive(phase, deadline);
    if (!received) co_return tl::unexpected(received.error());
  }
  co_return session_.read(into);
}

net::awaitable<Result<void>> Http2Stream::write(std::span<const std::byte> bytes, Phase phase, Deadline deadline) {
  const Result<void> queued = session_.send({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!queued) co_return at(phase, queued.error());
  co_return co_await flush(phase, deadline);
}

}  // namespace wsprobe::exchange
