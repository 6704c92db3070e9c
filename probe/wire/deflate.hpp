// Compression of messages, permessage-deflate (RFC 7692 section 7.2), client side.
//
// A compressed message is a piece of one raw DEFLATE stream (RFC 1951) that ends at a byte, its last four bytes
// 00 00 ff ff left out. With context takeover the stream goes on from message to message, and so does its window.
//
// A thousandth of a message can be enough to make it: what comes out is therefore counted while it comes out, for the
// message and for the whole session, so that neither memory nor work outgrows the limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"

struct z_stream_s;

namespace wsprobe::wire {

enum class ContextTakeover : std::uint8_t { kept, dropped };

inline constexpr int smallest_window_bits = 8;
inline constexpr int largest_window_bits = 15;

/// What both sides agreed on (RFC 7692 section 7.1).
struct DeflateParameters {
  ContextTakeover server = ContextTakeover::kept;
  ContextTakeover client = ContextTakeover::kept;
  int server_window_bits = largest_window_bits;
  int client_window_bits = largest_window_bits;

  friend bool operator==(const DeflateParameters&, const DeflateParameters&) = default;
};

/// Decompresses what the server sends. Its memory, some 40 KiB, is taken with the first compressed message. The largest
/// window is always kept: how far back a smaller one would have reached depends on how the bytes were cut.
class Inflater {
 public:
  /// Neither a message nor all of them together get larger than that.
  struct Limits {
    std::size_t message_bytes = 0;
    std::uint64_t session_bytes = 0;
  };

  Inflater(ContextTakeover server, Limits limits);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Appends to `message` what `bytes` decompress to. Errors: frame_error for what is no DEFLATE, message_too_large,
  /// session_input_limit, out_of_memory; phase message. `message` is never longer than its limit.
  Result<void> add(std::span<const std::byte> bytes, std::string& message);

  /// The message is over, and the four bytes that were left out were added. Errors: frame_error where it stops inside
  /// a block.
  Result<void> end_message();

 private:
  Result<void> begin();

  ContextTakeover takeover_;
  Limits limits_;
  std::uint64_t inflated_ = 0;
  std::unique_ptr<z_stream_s> stream_;
};

/// Compresses what is sent. Its memory, up to 260 KiB, is taken with the first message.
class Deflater {
 public:
  explicit Deflater(const DeflateParameters& parameters);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  /// The compressed payload of one message. Errors: out_of_memory.
  Result<std::string> compress(std::string_view message);

 private:
  Result<void> begin();

  ContextTakeover takeover_;
  int window_bits_;
  std::unique_ptr<z_stream_s> stream_;
};

}  // namespace wsprobe::wire
