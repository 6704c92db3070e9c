// A byte stream to a peer: the seam between the exchanges and the sockets.
//
// Every operation takes the phase it happens in and the moment by which it has to be over, so that an error comes back
// complete. Test double: ScriptedStream in tests/support, which fails at the Nth operation.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "net/asio.hpp"

namespace wsprobe::net {

/// One read and one write may be under way at the same time; then they have the same deadline.
class Stream {
 public:
  virtual ~Stream() = default;

  /// Reads some bytes, at least one; 0 is the peer's orderly end. Errors: timeout_<phase>, reset_* or closed_truncated,
  /// tls_*, cancelled. A timeout leaves the stream usable.
  virtual awaitable<Result<std::size_t>> read_some(std::span<std::byte> into, Phase phase, Deadline deadline) = 0;

  /// Writes all bytes. Errors as above; closed_in_request for a peer that is gone.
  virtual awaitable<Result<void>> write(std::span<const std::byte> bytes, Phase phase, Deadline deadline) = 0;

  /// Nothing has come that was not asked for, and the peer has not closed, as far as is known here. Never blocks. For a
  /// connection that was opened before it was needed.
  [[nodiscard]] virtual bool is_quiet() = 0;

  /// Closes without ceremony, never blocks: TLS close_notify is sent if it fits the socket's buffer.
  virtual void close() = 0;
};

using StreamPtr = std::unique_ptr<Stream>;

}  // namespace wsprobe::net
