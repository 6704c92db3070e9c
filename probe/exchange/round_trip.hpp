// The half that both exchanges share: the request out, the response in, each phase timed.
#pragma once

#include <string>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/evidence.hpp"
#include "exchange/read_buffer.hpp"
#include "net/asio.hpp"
#include "net/stream.hpp"
#include "wire/response_decoder.hpp"

namespace wsprobe::exchange {

/// Sends `request` and reads its response, timing request, first_byte and response. evidence.response is set on failure
/// too, once the head was complete; evidence.unparsed where the answer was not HTTP. What followed the response is left
/// unread in `buffer`.
///
/// A peer may answer and close before it has taken the whole request (413, a proxy's 403): a failed write is reported
/// only if nothing could be read after it.
net::awaitable<Result<void>> round_trip(net::Stream& stream, std::string request, wire::ResponseDecoder decoder,
                                        ReadBuffer& buffer, Evidence& evidence, Deadline deadline);

/// The connection is gone because of the peer: reset, or ended where more should have come.
[[nodiscard]] bool is_loss(Reason reason);

/// A reset, whatever the moment.
[[nodiscard]] bool is_reset(Reason reason);

/// Ends one phase and begins the next at the same moment, so that nothing lies between them.
void advance(Timeline& times, Phase from, Phase to);

}  // namespace wsprobe::exchange
