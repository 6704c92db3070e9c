// HTTP/1.x response decoder (RFC 9112), sans-I/O: bytes in, one final response out.
//
// Ours because the facts that attribution lives on are what others throw away: the order, case and duplicates of header
// fields, an empty reason phrase, the framing. Incremental: it may be fed at any split. Bounded in every direction.
// Strict where a lenient reading could hide who is talking (NUL, bare CR, space before the colon, contradictory
// lengths), and it says which rule was broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/evidence.hpp"

namespace wsprobe::wire {

struct DecoderLimits {
  std::size_t head_bytes = 64 * 1024;                 ///< status line and fields, of each head
  std::size_t fields = 256;                           ///< header fields of one head, and trailer fields
  std::size_t interim_responses = 16;                 ///< 1xx before the final response
  std::size_t body_kept = 64 * 1024;                  ///< decoded body bytes that are kept
  std::uint64_t body_drained = 1024 * 1024;           ///< decoded body bytes that are read at all
  std::size_t chunk_line_bytes = 4096;                ///< one chunk-size line, extensions included
  std::uint64_t chunk_lines_bytes = 4 * 1024 * 1024;  ///< all of them: chunks of one byte may not cost without end
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

 private:
  enum class State : std::uint8_t {
    status_line,
    fields,
    fixed_body,
    chunk_size,
    chunk_data,
    chunk_end,
    trailers,
    until_close,
    done,
    failed
  };

  Result<void> take_line(std::string_view line);
  Result<void> take_status_line(std::string_view line);
  Result<void> take_field(std::string_view line);
  Result<HeaderField> read_field(std::string_view line);
  Result<void> end_head();
  Result<void> choose_framing();
  Result<void> take_chunk_size(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  [[nodiscard]] bool expects_line() const;
  [[nodiscard]] bool in_head() const;
  [[nodiscard]] std::size_t line_limit() const;
  [[nodiscard]] bool awaits_protocol() const;
  [[nodiscard]] bool is_foreign() const;
  tl::unexpected<Error> fail_too_long();
  tl::unexpected<Error> fail(Reason reason, std::string detail = {});

  RequestShape shape_;
  DecoderLimits limits_;
  State state_ = State::status_line;
  std::optional<Error> error_;
  Response response_;
  std::string line_;  // the line under way, when it spans several feeds
  std::size_t trailer_bytes_ = 0;
  std::size_t trailer_fields_ = 0;
  std::uint64_t chunk_lines_bytes_ = 0;
  std::uint64_t body_left_ = 0;  // of a fixed body or of the current chunk
  std::string first_bytes_;
  bool head_done_ = false;
};

}  // namespace wsprobe::wire
