// HTTP/1.x response decoder (RFC 9112), sans-I/O: bytes in, one final response out.
//
// Ours because the facts that attribution lives on are what others throw away: the order, case and duplicates of header
// fields, an empty reason phrase, the framing. Incremental: it may be fed at any split. Bounded in every direction.
// Strict where a lenient reading could hide who is talking (NUL, bare CR, space before the colon, contradictory
// lengths), and it says which rule was broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/error.hpp"
#include "core/evidence.hpp"

namespace wsprobe::wire {

struct DecoderLimits {
  std::size_t head_bytes = 64 * 1024;          ///< status line and fields, of each head
  std::size_t fields = 256;                    ///< header fields of one head, and trailer fields
  std::size_t interim_responses = 16;          ///< 1xx before the final response
  std::size_t body_kept = 64 * 1024;           ///< decoded body bytes that are kept
  std::uint64_t body_drained = 1024 * 1024;    ///< decoded body bytes that are read at all
  std::size_t chunk_line_bytes = 4096;         ///< one chunk-size line, extensions included
};

/// What the request was decides how its response is framed.
enum class RequestShape : std::uint8_t {
  plain,    ///< any method but HEAD: a 101 is an error
  head,     ///< HEAD: no body follows
  upgrade,  ///< a WebSocket handshake: a 101 ends the response, what follows are frames
};

class ResponseDecoder {
 public:
  explicit ResponseDecoder(RequestShape shape, DecoderLimits limits = {});

  /// Takes bytes up to the end of the final response and returns how many it took; after the end it takes none.
  /// Errors carry phase first_byte or response, and reasons of the protocol_error and limit kinds. After an error the
  /// decoder stays failed and `response()` still gives what was understood. Reaching `body_drained` is not an error:
  /// the decoder is then done() with body_complete false.
  Result<std::size_t> feed(std::span<const std::byte> bytes);

  /// The peer closed its side. For until_close framing this completes the response; otherwise the error says how much
  /// was missing: closed_before_response, closed_in_head, closed_in_body.
  Result<void> end_of_input();

  /// The final response is complete (or drained to its limit). For RequestShape::upgrade a 101 head is complete.
  [[nodiscard]] bool done() const;
  /// The final response's head is complete.
  [[nodiscard]] bool head_done() const;
  /// Some byte was fed.
  [[nodiscard]] bool started() const;

  /// What is known so far; the head is set once head_done().
  [[nodiscard]] const Response& response() const;
  [[nodiscard]] Response take_response();
  /// Up to 512 first bytes, for an answer that turned out not to be HTTP.
  [[nodiscard]] std::string first_bytes() const;

  // private members belong to the implementation (helper wire replaces this line)
};

}  // namespace wsprobe::wire
