// WebSocket frames, client side, sans-I/O (RFC 6455 section 5), on websocketpp's protocol processor.
//
// websocketpp is confined to ws_frames.cpp. Its message limit does not count empty fragments and its automatic pongs
// would queue without bound, so the budgets are ours: total input bytes, total frames, and pending output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "wire/deflate.hpp"

namespace wsprobe::wire {

struct SessionLimits {
  std::size_t message_bytes = 1024 * 1024;       ///< one message, all its fragments
  std::uint64_t input_bytes = 16 * 1024 * 1024;  ///< all frames of one session; a flood of so many costs 0.1 s
  std::uint64_t frames = 100'000;                ///< frames of one session, empty ones included
};

enum class FrameType : std::uint8_t { text, binary, ping, pong, close };

/// A complete message or control frame.
struct Incoming {
  FrameType type = FrameType::text;
  std::string payload;            ///< for close: the reason
  std::optional<int> close_code;  ///< only for close; none when the frame had no body
};

/// Fills the span with bytes of a cryptographic generator (masks).
using RandomSource = std::function<void(std::span<std::byte>)>;

class FrameCodec {
 public:
  /// With `deflate`, messages are compressed both ways; the limits hold for what they decompress to as well.
  explicit FrameCodec(RandomSource random, SessionLimits limits = {}, std::optional<DeflateParameters> deflate = {});
  ~FrameCodec();
  FrameCodec(FrameCodec&&) noexcept;
  FrameCodec& operator=(FrameCodec&&) noexcept;

  /// Takes bytes, stopping after each complete message or control frame. Returns how many bytes were taken; then
  /// `next()` has an item or more bytes are needed. Errors: frame_*, message_too_large, session_input_limit,
  /// out_of_memory; phase message. After an error the codec stays failed.
  Result<std::size_t> feed(std::span<const std::byte> bytes);

  /// The item completed by the last feed(), if any.
  std::optional<Incoming> next();

  /// Masked frames to send. What is too long for a control frame is cut off.
  [[nodiscard]] std::string text(std::string_view payload);
  [[nodiscard]] std::string binary(std::string_view payload);
  [[nodiscard]] std::string ping(std::string_view payload);  ///< at most 125 bytes
  [[nodiscard]] std::string pong(std::string_view payload);
  [[nodiscard]] std::string close(std::optional<int> code,
                                  std::string_view reason);  ///< reason at most 123 bytes, and none without a code

  [[nodiscard]] std::uint64_t frames_received() const;
  [[nodiscard]] std::uint64_t bytes_received() const;
  /// Inside a frame or a fragmented message: an end of input now is a cut.
  [[nodiscard]] bool mid_message() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsprobe::wire
