// websocketpp's hybi13 processor does the framing. Around it stand the budgets it lacks: a walker over the frame
// headers counts frames (the processor's message limit never sees empty fragments), and all input is counted. Its own
// permessage-deflate knows no limit for what comes out, and lets a fragment other than the first say that it is
// compressed: the extension is ours (wire/deflate.hpp), in the processor's place for it, so that UTF-8 is still judged
// while it comes.
//
// websocketpp's endpoint classes do not compile as C++20; this half of it does, if its memory header comes first.
#include "wire/ws_frames.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wswitch-enum"
#endif
#include <websocketpp/common/memory.hpp>

#include <websocketpp/extensions/permessage_deflate/disabled.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/message_buffer/alloc.hpp>
#include <websocketpp/message_buffer/message.hpp>
#include <websocketpp/processors/hybi13.hpp>
#include <websocketpp/sha1/sha1.hpp>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "core/text.hpp"
#include "wire/digest.hpp"

namespace wsprobe::wire {
namespace {

/// The largest piece that is handed to the processor at once: it wants a buffer that it may write to.
constexpr std::size_t piece_bytes = 1024;

/// Of a control frame's payload (RFC 6455 section 5.5).
constexpr std::size_t longest_control = 125;

/// What the processor asks of a generator: random 32-bit masks.
class MaskSource {
 public:
  explicit MaskSource(RandomSource source) : source_(std::move(source)) {}

  std::uint32_t operator()() {
    std::array<std::byte, sizeof(std::uint32_t)> bytes{};
    source_(bytes);
    std::uint32_t mask = 0;
    std::memcpy(&mask, bytes.data(), bytes.size());
    return mask;
  }

 private:
  RandomSource source_;
};

/// What compressed messages need, and why the last one could not be had.
struct Decompressor {
  Inflater inflater;
  std::optional<Error> failure{};
};

struct ExtensionConfig {
  using request_type = websocketpp::http::parser::request;
};

/// permessage-deflate as the processor sees it: it hands over what is compressed and gets the message. The processor
/// makes its extension itself and with no argument: of what `current` points to then.
class Decompression : public websocketpp::extensions::permessage_deflate::disabled<ExtensionConfig> {
 public:
  static thread_local Decompressor* current;

  [[nodiscard]] bool is_enabled() const { return decompressor_ != nullptr; }

  websocketpp::lib::error_code decompress(const std::uint8_t* bytes, std::size_t size, std::string& message) {
    auto added = decompressor_->inflater.add(std::as_bytes(std::span(bytes, size)), message);
    if (added) return {};
    decompressor_->failure = std::move(added.error());
    return websocketpp::processor::error::make_error_code(websocketpp::processor::error::general);
  }

 private:
  Decompressor* decompressor_ = current;
};

thread_local Decompressor* Decompression::current = nullptr;

struct Config {
  using message_type = websocketpp::message_buffer::message<websocketpp::message_buffer::alloc::con_msg_manager>;
  using con_msg_manager_type = websocketpp::message_buffer::alloc::con_msg_manager<message_type>;
  using request_type = websocketpp::http::parser::request;
  using response_type = websocketpp::http::parser::response;
  using rng_type = MaskSource;
  using permessage_deflate_type = Decompression;
  static constexpr std::size_t max_message_size = 32'000'000;
  static constexpr bool enable_extensions = false;  // it negotiates none: the handshake does
};

using Processor = websocketpp::processor::hybi13<Config>;

/// A processor of what a server sends.
Processor make_processor(const Config::con_msg_manager_type::ptr& messages, MaskSource& masks,
                         Decompressor* decompressor) {
  constexpr bool secure = false;
  constexpr bool is_server = false;
  Decompression::current = decompressor;
  return Processor(secure, is_server, messages, masks);
}

/// Follows the frame headers through the bytes and counts the frames that began.
class HeaderWalker {
 public:
  void walk(std::span<const std::byte> bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      if (payload_left_ > 0) {
        const auto skipped = std::min<std::uint64_t>(payload_left_, bytes.size() - at);
        payload_left_ -= skipped;
        at += static_cast<std::size_t>(skipped);
        continue;
      }
      header_[header_size_++] = std::to_integer<std::uint8_t>(bytes[at++]);
      if (header_size_ == 1) begin_header();
      if (header_size_ >= 2 && header_size_ == header_length()) end_header();
    }
  }

  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  /// A frame announced more than 2^63-1 bytes.
  [[nodiscard]] bool out_of_range() const { return out_of_range_; }
  /// A fragment other than the first says that it is compressed (RFC 7692 section 6.1).
  [[nodiscard]] bool compressed_continuation() const { return compressed_continuation_; }
  /// Between two messages: no frame under way and no fragment awaited.
  [[nodiscard]] bool idle() const { return header_size_ == 0 && payload_left_ == 0 && !fragmented_; }

 private:
  [[nodiscard]] std::size_t header_length() const {
    const std::uint8_t length_code = header_[1] & 0x7FU;
    const std::size_t extended = length_code == 126 ? 2 : length_code == 127 ? 8 : 0;
    const std::size_t mask = (header_[1] & 0x80U) != 0 ? 4 : 0;
    return 2 + extended + mask;
  }

  /// What came behind a breach does not count: where the bytes were cut must not decide how it is told.
  void begin_header() {
    const bool continuation = (header_[0] & 0x0FU) == 0;
    if (continuation && (header_[0] & 0x40U) != 0) compressed_continuation_ = true;
    if (!compressed_continuation_) ++frames_;
  }

  void end_header() {
    const std::uint8_t length_code = header_[1] & 0x7FU;
    const std::size_t extended = length_code == 126 ? 2 : length_code == 127 ? 8 : 0;
    payload_left_ = extended == 0 ? length_code : 0;
    for (std::size_t at = 0; at < extended; ++at) payload_left_ = payload_left_ << 8U | header_[2 + at];
    out_of_range_ = payload_left_ > std::numeric_limits<std::int64_t>::max();
    const bool control = (header_[0] & 0x08U) != 0;
    if (!control) fragmented_ = (header_[0] & 0x80U) == 0;
    header_size_ = 0;
  }

  std::array<std::uint8_t, 14> header_{};
  std::size_t header_size_ = 0;
  std::uint64_t payload_left_ = 0;
  std::uint64_t frames_ = 0;
  bool fragmented_ = false;
  bool out_of_range_ = false;
  bool compressed_continuation_ = false;
};

Reason reason_for(const websocketpp::lib::error_code& code) {
  namespace error = websocketpp::processor::error;
  switch (code.value()) {
    case error::control_too_big:
    case error::fragmented_control: return Reason::frame_bad_control;
    case error::invalid_rsv_bit: return Reason::frame_reserved_bits;
    case error::invalid_opcode: return Reason::frame_reserved_opcode;
    case error::invalid_continuation: return Reason::frame_bad_continuation;
    case error::masking_forbidden: return Reason::frame_masked;
    case error::non_minimal_encoding:
    case error::requires_64bit: return Reason::frame_bad_length;
    case error::invalid_utf8:
    case error::invalid_payload: return Reason::frame_bad_utf8;
    case error::message_too_big: return Reason::message_too_large;
    default: return Reason::frame_error;
  }
}

/// The text, valid up to there, stops inside a character. The processor looks at the end of unfragmented messages only.
bool ends_inside_character(std::string_view text) {
  constexpr std::size_t longest_character = 4;
  for (std::size_t back = 1; back <= std::min(longest_character, text.size()); ++back) {
    const std::size_t at = text.size() - back;
    const bool continuation = (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    if (!continuation) return utf8_length(text, at) == 0;
  }
  return !text.empty();
}

/// A body of one byte, a code that must not be sent, or a reason that is no UTF-8 (RFC 6455 sections 5.5.1 and 7.4).
Result<Incoming> read_close(const std::string& payload) {
  const auto bad = [](std::string detail) {
    return tl::unexpected(make_error(Phase::message, Reason::frame_bad_close, std::move(detail)));
  };
  Incoming incoming;
  incoming.type = FrameType::close;
  if (payload.empty()) return incoming;
  if (payload.size() == 1) return bad("a body of one byte");
  const int code = static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
  const auto status = static_cast<websocketpp::close::status::value>(code);
  if (websocketpp::close::status::invalid(status) || websocketpp::close::status::reserved(status)) {
    return bad("code " + std::to_string(code));
  }
  incoming.close_code = code;
  incoming.payload = payload.substr(2);
  if (!websocketpp::utf8_validator::validate(incoming.payload)) return bad("the reason is not UTF-8");
  return incoming;
}

}  // namespace

class FrameCodec::Impl {
 public:
  Impl(RandomSource random, SessionLimits limits, const std::optional<DeflateParameters>& deflate)
      : limits_(limits),
        masks_(std::move(random)),
        messages_(websocketpp::lib::make_shared<Config::con_msg_manager_type>()),
        decompressor_(deflate ? make_decompressor(*deflate, limits) : nullptr),
        deflater_(deflate ? std::make_unique<Deflater>(*deflate) : nullptr),
        processor_(make_processor(messages_, masks_, decompressor_.get())) {
    processor_.set_max_message_size(limits.message_bytes);
  }

  Result<std::size_t> feed(std::span<const std::byte> bytes) {
    if (error_) return tl::unexpected(*error_);
    std::size_t taken = 0;
    while (taken < bytes.size() && !item_) {
      // The processor may write to its input, and a copy of one piece at a time is all it needs.
      std::array<std::uint8_t, piece_bytes> piece;
      const std::uint64_t budget = limits_.input_bytes - bytes_;
      if (budget == 0) return fail(make_error(Phase::message, Reason::session_input_limit));
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>({bytes.size() - taken, piece.size(), budget}));
      std::memcpy(piece.data(), bytes.data() + taken, size);
      websocketpp::lib::error_code failure;
      const std::size_t consumed = processor_.consume(piece.data(), size, failure);
      walker_.walk(bytes.subspan(taken, consumed));
      bytes_ += consumed;
      taken += consumed;
      if (walker_.frames() > limits_.frames) return fail(make_error(Phase::message, Reason::session_input_limit));
      if (walker_.compressed_continuation()) return fail(make_error(Phase::message, Reason::frame_reserved_bits));
      // Checked here because the processor's own sum of such a length and what it holds already wraps around.
      if (walker_.out_of_range()) return fail(make_error(Phase::message, Reason::frame_bad_length));
      if (decompressor_ && decompressor_->failure) return fail(std::move(*decompressor_->failure));
      if (failure) return fail(make_error(Phase::message, reason_for(failure)));
      if (processor_.ready()) {
        if (auto result = take_message(); !result) return fail(std::move(result.error()));
      } else if (consumed == 0) {
        return fail(make_error(Phase::message, Reason::frame_error));
      }
    }
    return taken;
  }

  std::optional<Incoming> next() { return std::exchange(item_, std::nullopt); }

  enum class Content : std::uint8_t { plain, compressed };

  /// A whole message, compressed where that was agreed.
  std::string message(websocketpp::frame::opcode::value opcode, std::string_view payload) {
    if (deflater_) {
      // Where there is no memory for it, a message may go as it is (RFC 7692 section 6).
      if (const auto compressed = deflater_->compress(payload)) return frame(opcode, *compressed, Content::compressed);
    }
    return frame(opcode, payload);
  }

  /// One masked, unfragmented frame.
  std::string frame(websocketpp::frame::opcode::value opcode, std::string_view payload,
                    Content content = Content::plain) {
    namespace frame = websocketpp::frame;
    frame::masking_key_type key;
    key.i = masks_();
    const bool whole = true;
    const bool masked = true;
    const frame::basic_header header(opcode, payload.size(), whole, masked, content == Content::compressed);
    std::string out = frame::prepare_header(header, frame::extended_header(payload.size(), key.i));
    const std::size_t header_size = out.size();
    out.append(payload);
    frame::byte_mask(out.begin() + static_cast<std::ptrdiff_t>(header_size), out.end(), key);
    return out;
  }

  [[nodiscard]] std::uint64_t frames() const { return walker_.frames(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] bool mid_message() const { return !walker_.idle(); }

 private:
  static std::unique_ptr<Decompressor> make_decompressor(const DeflateParameters& deflate,
                                                         const SessionLimits& limits) {
    const Inflater::Limits inflated{limits.message_bytes, limits.input_bytes};
    return std::unique_ptr<Decompressor>(new Decompressor{Inflater(deflate.server, inflated)});
  }

  Result<void> take_message() {
    namespace opcode = websocketpp::frame::opcode;
    const auto message = processor_.get_message();
    if (message->get_compressed()) {
      if (auto ended = decompressor_->inflater.end_message(); !ended) return ended;
    }
    const std::string& payload = message->get_payload();
    if (message->get_opcode() == opcode::text && ends_inside_character(payload)) {
      return tl::unexpected(make_error(Phase::message, Reason::frame_bad_utf8, "it ends inside a character"));
    }
    if (message->get_opcode() == opcode::close) {
      auto close = read_close(payload);
      if (!close) return tl::unexpected(std::move(close.error()));
      item_ = std::move(*close);
      return {};
    }
    Incoming incoming;
    if (message->get_opcode() == opcode::ping) incoming.type = FrameType::ping;
    if (message->get_opcode() == opcode::pong) incoming.type = FrameType::pong;
    if (message->get_opcode() == opcode::binary) incoming.type = FrameType::binary;
    incoming.payload = std::move(message->get_raw_payload());
    item_ = std::move(incoming);
    return {};
  }

  tl::unexpected<Error> fail(Error error) {
    error_ = std::move(error);
    return tl::unexpected(*error_);
  }

  SessionLimits limits_;
  MaskSource masks_;
  Config::con_msg_manager_type::ptr messages_;
  std::unique_ptr<Decompressor> decompressor_;
  std::unique_ptr<Deflater> deflater_;
  Processor processor_;
  HeaderWalker walker_;
  std::uint64_t bytes_ = 0;
  std::optional<Incoming> item_;
  std::optional<Error> error_;
};

FrameCodec::FrameCodec(RandomSource random, SessionLimits limits, std::optional<DeflateParameters> deflate)
    : impl_(std::make_unique<Impl>(std::move(random), limits, deflate)) {}
FrameCodec::~FrameCodec() = default;
FrameCodec::FrameCodec(FrameCodec&&) noexcept = default;
FrameCodec& FrameCodec::operator=(FrameCodec&&) noexcept = default;

Result<std::size_t> FrameCodec::feed(std::span<const std::byte> bytes) { return impl_->feed(bytes); }
std::optional<Incoming> FrameCodec::next() { return impl_->next(); }
std::string FrameCodec::text(std::string_view payload) {
  return impl_->message(websocketpp::frame::opcode::text, payload);
}
std::string FrameCodec::binary(std::string_view payload) {
  return impl_->message(websocketpp::frame::opcode::binary, payload);
}
std::string FrameCodec::ping(std::string_view payload) {
  return impl_->frame(websocketpp::frame::opcode::ping, payload.substr(0, longest_control));
}
std::string FrameCodec::pong(std::string_view payload) {
  return impl_->frame(websocketpp::frame::opcode::pong, payload.substr(0, longest_control));
}
std::string FrameCodec::close(std::optional<int> code, std::string_view reason) {
  std::string body;
  if (code) {
    body += static_cast<char>(*code >> 8);
    body += static_cast<char>(*code & 0xFF);
    body += reason.substr(0, longest_control - body.size());
  }
  return impl_->frame(websocketpp::frame::opcode::close, body);
}
std::uint64_t FrameCodec::frames_received() const { return impl_->frames(); }
std::uint64_t FrameCodec::bytes_received() const { return impl_->bytes(); }
bool FrameCodec::mid_message() const { return impl_->mid_message(); }

std::string sha1(std::string_view text) {
  std::array<unsigned char, 20> digest{};
  websocketpp::sha1::calc(text.data(), text.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace wsprobe::wire
