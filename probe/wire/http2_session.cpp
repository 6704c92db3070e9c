#include "wire/http2_session.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include "core/ascii.hpp"
#include "core/text.hpp"

namespace wsprobe::wire {
namespace {

constexpr std::uint32_t window_bytes = 256 * 1024;
constexpr std::size_t field_overhead = 32;     // RFC 9113 section 6.5.2
constexpr std::size_t frame_header_bytes = 9;  // section 4.1

std::string code_name(std::uint32_t code) {
  const std::string_view known = nghttp2_http2_strerror(code);
  return known == "unknown" ? fmt::format("{:#x}", code) : std::string(known);
}

/// RFC 9113 section 8.2.2, and what pseudo header fields say in its place.
bool belongs_to_a_connection(std::string_view name) {
  static constexpr std::array<std::string_view, 8> names{
      "connection", "host", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade", "content-length"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct FreeCallbacks {
  void operator()(nghttp2_session_callbacks* callbacks) const { nghttp2_session_callbacks_del(callbacks); }
};
struct FreeOption {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
struct FreeSession {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

}  // namespace

class Http2Session::Impl {
 public:
  explicit Impl(Http2Limits limits) : limits_(limits) {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    const std::unique_ptr<nghttp2_session_callbacks, FreeCallbacks> callbacks(made);
    nghttp2_session_callbacks_set_on_begin_frame_callback(made, &Impl::on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, &Impl::on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, &Impl::on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, &Impl::on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &Impl::on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, &Impl::on_stream_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, &Impl::on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, &Impl::on_frame_sent);
    nghttp2_session_callbacks_set_error_callback2(made, &Impl::on_error);

    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    const std::unique_ptr<nghttp2_option, FreeOption> options(option);
    nghttp2_option_set_max_send_header_block_length(option, 1024 * 1024);

    nghttp2_session* session = nullptr;
    nghttp2_session_client_new2(&session, made, this, option);
    session_.reset(session);
    const std::array<nghttp2_settings_entry, 3> settings{
        {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window_bytes},
         {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.head_bytes)}}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    write();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> feed(std::span<const std::byte> bytes) {
    if (error_) return tl::unexpected(*error_);
    input_bytes_ += bytes.size();
    if (input_bytes_ > limits_.input_bytes) return fail(Reason::http2_limit, "bytes");
    while (!bytes.empty()) {
      const std::size_t size = to_frame_end(bytes);
      if (Result<void> taken = take(bytes.first(size)); !taken) return taken;
      bytes = bytes.subspan(size);
    }
    return {};
  }

  std::string take_output() { return std::exchange(output_, {}); }

  Result<void> connect(const Http2Connect& request) {
    std::vector<std::pair<std::string, std::string>> fields{{":method", "CONNECT"},
                                                            {":protocol", "websocket"},
                                                            {":scheme", request.scheme},
                                                            {":authority", request.authority},
                                                            {":path", request.path.reveal()}};
    for (const RequestField& field : request.fields) {
      std::string name = lower_case(field.name);
      if (!belongs_to_a_connection(name)) fields.emplace_back(std::move(name), field.value.reveal());
    }
    std::vector<nghttp2_nv> entries;
    entries.reserve(fields.size());
    for (auto& [name, value] : fields) {
      // nghttp2 copies them, and does not write to them.
      entries.push_back({reinterpret_cast<std::uint8_t*>(name.data()), reinterpret_cast<std::uint8_t*>(value.data()),
                         name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = &Impl::on_read;
    stream_ = nghttp2_submit_request(session_.get(), nullptr, entries.data(), entries.size(), &provider, nullptr);
    if (stream_ < 0) return fail(Reason::http2_error, nghttp2_strerror(stream_));
    write();
    return {};
  }

  std::size_t read(std::span<std::byte> into) {
    const std::size_t count = std::min(into.size(), received_.size() - read_);
    std::copy_n(reinterpret_cast<const std::byte*>(received_.data()) + read_, count, into.begin());
    read_ += count;
    if (read_ == received_.size()) {
      received_.clear();
      read_ = 0;
    }
    return count;
  }

  Result<void> send(std::string_view bytes) {
    if (unsent_.size() + bytes.size() > limits_.unsent_bytes) {
      return tl::unexpected(make_error(Phase::message, Reason::session_output_limit));
    }
    unsent_ += bytes;
    nghttp2_session_resume_data(session_.get(), stream_);
    write();
    return {};
  }

  void finish() {
    finished_ = true;
    nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
    write();
  }

  [[nodiscard]] bool has_unread() const { return read_ < received_.size(); }

  Http2Facts facts;
  ResponseHead head;
  std::vector<int> interim_statuses;
  bool head_done = false;
  bool ended = false;
  std::string broken;

 private:
  static Impl& self(void* user_data) { return *static_cast<Impl*>(user_data); }

  /// What nghttp2 said about the peer's mistake, or `otherwise`.
  [[nodiscard]] std::string said_or(std::string_view otherwise) const {
    return said_.empty() ? std::string(otherwise) : said_;
  }

  tl::unexpected<Error> fail(Reason reason, std::string detail) {
    if (!error_) error_ = make_error(head_done ? Phase::message : Phase::first_byte, reason, std::move(detail));
    return tl::unexpected(*error_);
  }

  /// For callbacks: nghttp2 stops at once.
  int refuse(Reason reason, std::string detail) {
    fail(reason, std::move(detail));
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  /// How many of these bytes belong to the frame under way. What nghttp2 makes of a frame depends on what it has
  /// written before: were the bytes given to it as the network cuts them, so would the result be.
  std::size_t to_frame_end(std::span<const std::byte> bytes) {
    std::size_t size = 0;
    for (; size < bytes.size() && header_bytes_ < frame_header_bytes; ++size, ++header_bytes_) {
      if (header_bytes_ < 3) payload_left_ = payload_left_ << 8U | std::to_integer<std::size_t>(bytes[size]);
    }
    const std::size_t payload = std::min(payload_left_, bytes.size() - size);
    payload_left_ -= payload;
    if (header_bytes_ == frame_header_bytes && payload_left_ == 0) header_bytes_ = 0;
    return size + payload;
  }

  Result<void> take(std::span<const std::byte> bytes) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const ssize_t taken = nghttp2_session_mem_recv(session_.get(), data, bytes.size());
    if (error_) return tl::unexpected(*error_);
    if (taken == NGHTTP2_ERR_FLOODED) return fail(Reason::http2_limit, "frames that have to be answered");
    if (taken < 0) return fail(Reason::http2_error, said_or(nghttp2_strerror(static_cast<int>(taken))));
    write();
    return judge();
  }

  /// nghttp2 gives up a stream or a connection while it writes that down.
  void write() {
    const std::uint8_t* data = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_.get(), &data)) > 0;) {
      output_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
  }

  /// What a peer's frames have come to, once nghttp2 has taken them.
  Result<void> judge() {
    if (given_up_ || (invalid_ && !broken.empty())) return fail(Reason::http2_error, said_or("a frame is malformed"));
    if (head_done || (stream_ == 0 && facts.goaway.empty())) return {};
    if (!facts.reset.empty()) return fail(Reason::http2_reset, facts.reset);
    if (!facts.goaway.empty() && (stream_ == 0 || !broken.empty())) return fail(Reason::http2_goaway, facts.goaway);
    if (!broken.empty()) return fail(Reason::http2_error, broken);
    if (ended) return fail(Reason::http2_error, "the stream ended without a response");
    return {};
  }

  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* header, void* user_data) {
    Impl& it = self(user_data);
    if (++it.frames_ > it.limits_.frames) return it.refuse(Reason::http2_limit, "frames");
    if (header->type != NGHTTP2_DATA && ++it.frames_without_data_ > it.limits_.frames_without_data) {
      return it.refuse(Reason::http2_limit, "frames without data");
    }
    return 0;
  }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame*, void* user_data) {
    Impl& it = self(user_data);
    it.block_ = {};
    it.block_bytes_ = 0;
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user_data) {
    Impl& it = self(user_data);
    it.block_bytes_ += name_size + value_size + field_overhead;
    if (it.block_bytes_ > it.limits_.head_bytes) return it.refuse(Reason::head_too_large, {});
    const std::string_view name_text(reinterpret_cast<const char*>(name), name_size);
    const std::string_view value_text(reinterpret_cast<const char*>(value), value_size);
    if (name_text == ":status") {
      std::from_chars(value_text.data(), value_text.data() + value_text.size(), it.block_.status);
      return 0;
    }
    if (it.block_.fields.size() >= it.limits_.fields) return it.refuse(Reason::too_many_fields, {});
    it.block_.fields.push_back({std::string(name_text), std::string(value_text)});
    return 0;
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
    Impl& it = self(user_data);
    switch (frame->hd.type) {
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) return 0;
        it.facts.settings = true;
        it.facts.connect_protocol =
            nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
        return 0;
      case NGHTTP2_GOAWAY: it.facts.goaway = code_name(frame->goaway.error_code); return 0;
      case NGHTTP2_RST_STREAM:
        if (frame->hd.stream_id == it.stream_) it.facts.reset = code_name(frame->rst_stream.error_code);
        return 0;
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA: return it.on_stream_frame(*frame);
      default: return 0;
    }
  }

  int on_stream_frame(const nghttp2_frame& frame) {
    if (frame.hd.stream_id != stream_) return 0;
    if (frame.hd.type == NGHTTP2_HEADERS && !head_done) {
      if (block_.status < 200) {
        interim_statuses.push_back(block_.status);
        if (interim_statuses.size() > limits_.interim_responses) return refuse(Reason::too_many_interim, {});
      } else {
        keep_head();
      }
    }
    if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) ended = true;
    return 0;
  }

  void keep_head() {
    head = std::move(block_);
    head.version = "2";
    head.raw = fmt::format("HTTP/2 {}\r\n", head.status);
    for (const HeaderField& field : head.fields) head.raw += fmt::format("{}: {}\r\n", field.name, field.value);
    head.raw += "\r\n";
    head_done = true;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                     void* user_data) {
    Impl& it = self(user_data);
    if (stream != it.stream_) return 0;
    if (it.received_.size() - it.read_ + size > it.limits_.unread_bytes) {
      return it.refuse(Reason::http2_limit, "bytes that nobody asked for");
    }
    it.received_.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int on_stream_close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* user_data) {
    Impl& it = self(user_data);
    if (stream == it.stream_ && !it.ended) it.broken = code_name(code);
    return 0;
  }

  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame*, int code, void* user_data) {
    Impl& it = self(user_data);
    it.invalid_ = true;
    if (it.said_.empty()) it.said_ = nghttp2_strerror(code);
    return 0;
  }

  /// nghttp2 ends a connection whose peer has broken the protocol.
  static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Impl& it = self(user_data);
    if (frame->hd.type == NGHTTP2_GOAWAY && !it.finished_) it.given_up_ = true;
    return 0;
  }

  static int on_error(nghttp2_session*, int, const char* message, std::size_t size, void* user_data) {
    Impl& it = self(user_data);
    if (it.said_.empty()) it.said_ = shorten(escape_for_display({message, size}), 160);
    return 0;
  }

  static ssize_t on_read(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size, std::uint32_t*,
                         nghttp2_data_source*, void* user_data) {
    Impl& it = self(user_data);
    if (it.unsent_.empty()) return NGHTTP2_ERR_DEFERRED;
    const std::size_t count = std::min(size, it.unsent_.size());
    std::copy_n(it.unsent_.begin(), count, into);
    it.unsent_.erase(0, count);
    return static_cast<ssize_t>(count);
  }

  Http2Limits limits_;
  std::unique_ptr<nghttp2_session, FreeSession> session_;
  std::int32_t stream_ = 0;  // 0: nothing was asked yet
  std::optional<Error> error_;
  bool invalid_ = false;  // the peer sent a frame that has to be refused
  bool given_up_ = false;
  bool finished_ = false;
  std::string said_;    // what nghttp2 says of the first mistake of the peer
  ResponseHead block_;  // of the head under way
  std::size_t block_bytes_ = 0;
  std::size_t header_bytes_ = 0;  // of the frame under way
  std::size_t payload_left_ = 0;
  std::uint64_t input_bytes_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t frames_without_data_ = 0;
  std::string received_;
  std::size_t read_ = 0;  // of received_
  std::string unsent_;
  std::string output_;
};

Http2Session::Http2Session(Http2Limits limits) : impl_(std::make_unique<Impl>(limits)) {}
Http2Session::~Http2Session() = default;
Http2Session::Http2Session(Http2Session&&) noexcept = default;
Http2Session& Http2Session::operator=(Http2Session&&) noexcept = default;

Result<void> Http2Session::feed(std::span<const std::byte> bytes) { return impl_->feed(bytes); }
std::string Http2Session::take_output() { return impl_->take_output(); }
const Http2Facts& Http2Session::facts() const { return impl_->facts; }
Result<void> Http2Session::connect(const Http2Connect& request) { return impl_->connect(request); }
bool Http2Session::head_done() const { return impl_->head_done; }
const ResponseHead& Http2Session::head() const { return impl_->head; }
const std::vector<int>& Http2Session::interim_statuses() const { return impl_->interim_statuses; }
std::size_t Http2Session::read(std::span<std::byte> into) { return impl_->read(into); }
bool Http2Session::has_unread() const { return impl_->has_unread(); }
bool Http2Session::ended() const { return impl_->ended; }
const std::string& Http2Session::broken() const { return impl_->broken; }
Result<void> Http2Session::send(std::string_view bytes) { return impl_->send(bytes); }
void Http2Session::finish() { impl_->finish(); }

}  // namespace wsprobe::wire
