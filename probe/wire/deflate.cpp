#include "wire/deflate.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <zlib.h>

namespace wsprobe::wire {
namespace {

/// Negative: without the header and the checksum of RFC 1950.
constexpr int raw(int window_bits) { return -window_bits; }

constexpr std::size_t piece_bytes = 16 * 1024;

/// zlib compresses with no smaller window.
constexpr int smallest_deflate_window = 9;
constexpr int memory_level = 8;

/// How zlib says in `data_type` where it stands in the stream.
constexpr int unused_bits = 63;
constexpr int between_blocks = 128;

tl::unexpected<Error> fail(Reason reason, std::string detail = {}) {
  return tl::unexpected(make_error(Phase::message, reason, std::move(detail)));
}

tl::unexpected<Error> no_deflate(std::string_view what) {
  return fail(Reason::frame_error, "the compressed message is no DEFLATE: " + std::string(what));
}

/// zlib does not write to its input, and is old.
Bytef* input(const void* bytes) { return const_cast<Bytef*>(static_cast<const Bytef*>(bytes)); }

}  // namespace

Inflater::Inflater(ContextTakeover server, Limits limits) : takeover_(server), limits_(limits) {}

Inflater::~Inflater() {
  if (stream_) inflateEnd(stream_.get());
}

Result<void> Inflater::begin() {
  auto stream = std::make_unique<z_stream>();
  if (inflateInit2(stream.get(), raw(largest_window_bits)) != Z_OK) return fail(Reason::out_of_memory);
  stream_ = std::move(stream);
  return {};
}

Result<void> Inflater::add(std::span<const std::byte> bytes, std::string& message) {
  if (!stream_) {
    if (auto begun = begin(); !begun) return begun;
  }
  std::array<char, piece_bytes> piece;
  stream_->next_in = input(bytes.data());
  stream_->avail_in = static_cast<uInt>(bytes.size());
  for (;;) {
    stream_->next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_->avail_out = static_cast<uInt>(piece.size());
    const int status = inflate(stream_.get(), Z_SYNC_FLUSH);
    if (status == Z_MEM_ERROR) return fail(Reason::out_of_memory);
    const std::size_t size = piece.size() - stream_->avail_out;
    inflated_ += size;
    if (inflated_ > limits_.session_bytes) return fail(Reason::session_input_limit, "decompressed");
    if (size > limits_.message_bytes - message.size()) return fail(Reason::message_too_large, "decompressed");
    message.append(piece.data(), size);
    if (status == Z_STREAM_END) {
      // The last block of a stream, but not of the session (section 7.2.3.4): another stream follows, in whose window
      // is what came before. inflateReset() would forget it, and setting it again would cost 32 KiB of copying for two
      // bytes of input.
      inflateResetKeep(stream_.get());
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return no_deflate(stream_->msg != nullptr ? stream_->msg : "malformed");
    }
    if (stream_->avail_in == 0 && stream_->avail_out > 0) return {};
  }
}

Result<void> Inflater::end_message() {
  if ((stream_->data_type & between_blocks) == 0 || (stream_->data_type & unused_bits) != 0) {
    return no_deflate("it stops inside a block");
  }
  if (takeover_ == ContextTakeover::dropped) inflateReset(stream_.get());
  return {};
}

Deflater::Deflater(const DeflateParameters& parameters)
    : takeover_(parameters.client), window_bits_(parameters.client_window_bits) {}

Deflater::~Deflater() {
  if (stream_) deflateEnd(stream_.get());
}

Result<void> Deflater::begin() {
  // Where even zlib's smallest window is too large, no byte refers to an earlier one.
  const int strategy = window_bits_ < smallest_deflate_window ? Z_HUFFMAN_ONLY : Z_DEFAULT_STRATEGY;
  const int window = std::max(window_bits_, smallest_deflate_window);
  auto stream = std::make_unique<z_stream>();
  const int status = deflateInit2(stream.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, raw(window), memory_level, strategy);
  if (status != Z_OK) return fail(Reason::out_of_memory);
  stream_ = std::move(stream);
  return {};
}

Result<std::string> Deflater::compress(std::string_view message) {
  constexpr std::size_t left_out = 4;
  if (message.empty()) return std::string(1, '\0');  // an empty block without its last four bytes (section 7.2.3.6)
  if (!stream_) {
    if (auto begun = begin(); !begun) return tl::unexpected(begun.error());
  }
  std::array<char, piece_bytes> piece;
  std::string out;
  stream_->next_in = input(message.data());
  stream_->avail_in = static_cast<uInt>(std::min<std::size_t>(message.size(), std::numeric_limits<uInt>::max()));
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_->avail_out = static_cast<uInt>(piece.size());
    deflate(stream_.get(), Z_SYNC_FLUSH);
    out.append(piece.data(), piece.size() - stream_->avail_out);
  } while (stream_->avail_out == 0);
  out.resize(out.size() - left_out);
  if (takeover_ == ContextTakeover::dropped) deflateReset(stream_.get());
  return out;
}

}  // namespace wsprobe::wire
