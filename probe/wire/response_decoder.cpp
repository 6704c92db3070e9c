// One state machine over lines and body bytes. A line is a status line, a field, a chunk size or a trailer; everything
// else is counted bytes. Lines end with CRLF; a bare LF is taken too, as RFC 9112 section 2.2 allows, because a backend
// that writes it has still written the 403 that has to be explained, and the raw head keeps the fact.
#include "wire/response_decoder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "wire/grammar.hpp"
#include "wire/sniff.hpp"

namespace wsprobe::wire {
namespace {

constexpr std::size_t first_bytes_kept = 512;
constexpr std::size_t excerpt_bytes = 80;
constexpr std::size_t usual_fields = 8;

std::string excerpt(std::string_view text) { return "\"" + escape_for_display(shorten(text, excerpt_bytes)) + "\""; }

std::string_view view_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// 1*DIGIT that fits 64 bits; none otherwise.
std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

ResponseDecoder::ResponseDecoder(RequestShape shape, DecoderLimits limits) : shape_(shape), limits_(limits) {}

bool ResponseDecoder::done() const { return state_ == State::done; }
bool ResponseDecoder::head_done() const { return head_done_; }
bool ResponseDecoder::started() const { return !first_bytes_.empty(); }
const Response& ResponseDecoder::response() const { return response_; }
Response ResponseDecoder::take_response() { return std::move(response_); }
std::string ResponseDecoder::first_bytes() const { return first_bytes_; }

Result<std::size_t> ResponseDecoder::feed(std::span<const std::byte> bytes) {
  if (error_) return tl::unexpected(*error_);
  const std::string_view input = view_of(bytes);
  if (first_bytes_.size() < first_bytes_kept && !done()) {
    first_bytes_ += input.substr(0, first_bytes_kept - first_bytes_.size());
    if (awaits_protocol() && is_foreign() && !may_be_cut(first_bytes_)) {
      return fail(Reason::not_http, describe_foreign_bytes(first_bytes_));
    }
  }
  // The head mostly comes whole.
  if (in_head() && response_.head.raw.empty()) response_.head.raw.reserve(std::min(input.size(), limits_.head_bytes));
  std::size_t taken = 0;
  while (taken < input.size() && !done()) {
    if (!expects_line()) {
      taken += take_body(input.substr(taken));
      continue;
    }
    const std::size_t line_feed = input.find('\n', taken);
    const std::size_t end = line_feed == std::string_view::npos ? input.size() : line_feed + 1;
    const std::string_view piece = input.substr(taken, end - taken);
    taken = end;
    if (line_.size() + piece.size() > line_limit()) return fail_too_long();
    // Most lines come whole and are read where they lie.
    const bool whole = line_.empty() && line_feed != std::string_view::npos;
    if (!whole) line_ += piece;
    if (line_feed == std::string_view::npos) break;
    const auto result = whole ? take_line(piece) : take_line(std::exchange(line_, {}));
    if (!result) return tl::unexpected(result.error());
  }
  const bool followed = done() && response_.body_complete && taken < input.size();
  if (followed && response_.head.status != 101) response_.extra_bytes = true;
  return taken;
}

Result<void> ResponseDecoder::end_of_input() {
  if (error_) return tl::unexpected(*error_);
  switch (state_) {
    case State::done: return {};
    case State::until_close:
      response_.body_complete = true;
      state_ = State::done;
      return {};
    case State::status_line:
    case State::fields: {
      if (awaits_protocol() && is_foreign()) return fail(Reason::not_http, describe_foreign_bytes(first_bytes_));
      const bool silent = first_bytes_.empty();
      const Reason reason = silent ? Reason::closed_before_response : Reason::closed_in_head;
      error_ = make_error(silent ? Phase::first_byte : Phase::response, reason,
                          silent ? "" : fmt::format("after {} bytes", response_.head.raw.size() + line_.size()));
      state_ = State::failed;
      return tl::unexpected(*error_);
    }
    case State::fixed_body:
      return fail(Reason::closed_in_body, fmt::format("{} bytes of the announced length are missing", body_left_));
    case State::chunk_size:
    case State::chunk_data:
    case State::chunk_end:
    case State::trailers: return fail(Reason::closed_in_body, "the last chunk did not come");
    case State::failed: break;
  }
  return tl::unexpected(*error_);
}

bool ResponseDecoder::expects_line() const {
  return in_head() || state_ == State::chunk_size || state_ == State::chunk_end || state_ == State::trailers;
}

bool ResponseDecoder::in_head() const { return state_ == State::status_line || state_ == State::fields; }

std::size_t ResponseDecoder::line_limit() const {
  if (in_head()) return limits_.head_bytes - std::min(limits_.head_bytes, response_.head.raw.size());
  if (state_ == State::trailers) return limits_.head_bytes - std::min(limits_.head_bytes, trailer_bytes_);
  return limits_.chunk_line_bytes;
}

tl::unexpected<Error> ResponseDecoder::fail_too_long() {
  if (in_head()) return fail(Reason::head_too_large, fmt::format("more than {} bytes", limits_.head_bytes));
  if (state_ == State::trailers) {
    return fail(Reason::head_too_large, fmt::format("more than {} bytes of trailer fields", limits_.head_bytes));
  }
  return fail(Reason::bad_chunk, fmt::format("a line of more than {} bytes", limits_.chunk_line_bytes));
}

/// Nothing but the beginning of the first status line has come.
bool ResponseDecoder::awaits_protocol() const {
  return state_ == State::status_line && response_.interim_statuses.empty() && !first_bytes_.empty();
}

/// Does what came so far rule out a status line? That is asked before a whole line is there, so that a TLS alert or an
/// SSH banner does not wait for a line feed that never comes.
bool ResponseDecoder::is_foreign() const {
  constexpr std::string_view expected = "HTTP/";
  // Empty lines before the status line are tolerated, as RFC 9112 section 2.2 has it for servers.
  std::string_view seen = first_bytes_;
  while (seen.starts_with("\n") || seen.starts_with("\r\n")) seen.remove_prefix(seen.front() == '\n' ? 1 : 2);
  if (seen == "\r") return false;
  seen = seen.substr(0, expected.size());
  return seen != expected.substr(0, seen.size());
}

Result<void> ResponseDecoder::take_line(std::string_view line) {
  if (in_head()) response_.head.raw += line;
  line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
  switch (state_) {
    case State::status_line: return take_status_line(line);
    case State::fields: return line.empty() ? end_head() : take_field(line);
    case State::chunk_size: return take_chunk_size(line);
    case State::chunk_end:
      if (!line.empty()) return fail(Reason::bad_chunk, "a chunk is longer than it says");
      state_ = State::chunk_size;
      return {};
    case State::trailers:
      trailer_bytes_ += line.size() + 1;
      if (!line.empty()) {
        if (++trailer_fields_ > limits_.fields) return fail(Reason::too_many_fields, "in the trailer");
        const auto field = read_field(line);
        if (!field) return tl::unexpected(field.error());
        return {};
      }
      response_.body_complete = true;
      state_ = State::done;
      return {};
    case State::fixed_body:
    case State::chunk_data:
    case State::until_close:
    case State::done:
    case State::failed: break;
  }
  return {};
}

/// status-line = HTTP-version SP status-code SP [ reason-phrase ]. h11 leaves the phrase out, some leave out the space.
Result<void> ResponseDecoder::take_status_line(std::string_view line) {
  if (line.empty()) return {};
  if (awaits_protocol() && is_foreign()) return fail(Reason::not_http, describe_foreign_bytes(first_bytes_));
  if (has_control(line)) return fail(Reason::bad_status_line, excerpt(line));
  const bool has_version =
      line.size() >= 8 && line.substr(0, 5) == "HTTP/" && is_digit(line[5]) && line[6] == '.' && is_digit(line[7]);
  if (!has_version) {
    const bool other_version = line.size() >= 6 && line.substr(0, 5) == "HTTP/" && is_digit(line[5]);
    return fail(other_version ? Reason::http_version_unsupported : Reason::bad_status_line, excerpt(line));
  }
  const std::string_view version = line.substr(5, 3);
  if (version != "1.0" && version != "1.1") return fail(Reason::http_version_unsupported, excerpt(line));
  const std::string_view code = line.size() >= 12 && line[8] == ' ' ? line.substr(9, 3) : std::string_view{};
  const bool code_ends = line.size() == 12 || (line.size() > 12 && line[12] == ' ');
  if (code.empty() || !std::all_of(code.begin(), code.end(), is_digit) || code[0] == '0' || !code_ends) {
    return fail(Reason::bad_status_line, excerpt(line));
  }
  response_.head.fields.reserve(usual_fields);
  response_.head.version = version;
  response_.head.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  if (line.size() > 13) response_.head.reason_phrase = line.substr(13);
  state_ = State::fields;
  return {};
}

Result<void> ResponseDecoder::take_field(std::string_view line) {
  if (response_.head.fields.size() >= limits_.fields) {
    return fail(Reason::too_many_fields, fmt::format("more than {}", limits_.fields));
  }
  auto field = read_field(line);
  if (!field) return tl::unexpected(std::move(field.error()));
  response_.head.fields.push_back(std::move(*field));
  return {};
}

/// field-line = field-name ":" OWS field-value OWS; no line folding, no space before the colon (RFC 9112 section 5).
Result<HeaderField> ResponseDecoder::read_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return fail(Reason::bad_header, "a folded line: " + excerpt(line));
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return fail(Reason::bad_header, "no colon: " + excerpt(line));
  const std::string_view field_name = line.substr(0, colon);
  if (!is_token(field_name)) return fail(Reason::bad_header, "the name is no token: " + excerpt(line));
  const std::string_view value = trim_whitespace(line.substr(colon + 1));
  if (has_control(value)) return fail(Reason::bad_header, "a control character: " + excerpt(line));
  return HeaderField{std::string(field_name), std::string(value)};
}

Result<void> ResponseDecoder::end_head() {
  const int status = response_.head.status;
  const bool interim = status < 200 && status != 101;
  if (interim) {
    if (response_.interim_statuses.size() >= limits_.interim_responses)
      return fail(Reason::too_many_interim, fmt::format("more than {}", limits_.interim_responses));
    response_.interim_statuses.push_back(status);
    response_.head = {};
    state_ = State::status_line;
    return {};
  }
  if (status == 101 && shape_ != RequestShape::upgrade) return fail(Reason::unasked_switch);
  head_done_ = true;
  return choose_framing();
}

/// RFC 9112 section 6.3, in its order.
Result<void> ResponseDecoder::choose_framing() {
  const ResponseHead& head = response_.head;
  const bool bodiless = head.status == 101 || head.status == 204 || head.status == 304 || shape_ == RequestShape::head;
  if (bodiless) {
    response_.body_complete = true;
    state_ = State::done;
    return {};
  }
  const std::size_t codings = head.count("Transfer-Encoding");
  std::optional<std::uint64_t> length;
  for (const HeaderField& field : head.fields) {
    if (!equals_ignoring_case(field.name, "Content-Length")) continue;
    const auto value = parse_decimal(field.value);
    if (!value) return fail(Reason::bad_framing, "Content-Length " + excerpt(field.value));
    if (length && *length != *value) return fail(Reason::bad_framing, "two different Content-Length fields");
    length = value;
  }
  if (codings > 0) {
    const std::string& coding = *head.find("Transfer-Encoding");
    if (codings > 1 || !equals_ignoring_case(coding, "chunked")) {
      return fail(Reason::bad_framing, "Transfer-Encoding " + excerpt(coding));
    }
    if (length) return fail(Reason::bad_framing, "both Content-Length and Transfer-Encoding");
    response_.framing = Framing::chunked;
    state_ = State::chunk_size;
    return {};
  }
  if (!length) {
    response_.framing = Framing::until_close;
    state_ = State::until_close;
    return {};
  }
  response_.framing = Framing::content_length;
  body_left_ = *length;
  response_.body_complete = body_left_ == 0;
  state_ = body_left_ == 0 ? State::done : State::fixed_body;
  return {};
}

Result<void> ResponseDecoder::take_chunk_size(std::string_view line) {
  chunk_lines_bytes_ += line.size();
  if (chunk_lines_bytes_ > limits_.chunk_lines_bytes) {
    return fail(Reason::bad_chunk,
                fmt::format("more than {} bytes of chunk sizes and extensions", limits_.chunk_lines_bytes));
  }
  const std::string_view digits = line.substr(0, line.find_first_of("; \t"));
  const std::string_view rest = trim_whitespace(line.substr(digits.size()));
  const bool extension = !rest.empty() && rest.front() == ';';
  if (digits.empty() || digits.size() > 16 || !std::all_of(digits.begin(), digits.end(), is_hex_digit) ||
      !(rest.empty() || extension) || has_control(rest)) {
    return fail(Reason::bad_chunk, "chunk size " + excerpt(line));
  }
  std::uint64_t size = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  // A size near the top of 64 bits could overflow whatever adds to it, and no chunk is that large.
  if (size > std::numeric_limits<std::uint64_t>::max() / 2)
    return fail(Reason::bad_chunk, "chunk size " + excerpt(line));
  body_left_ = size;
  state_ = size == 0 ? State::trailers : State::chunk_data;
  return {};
}

std::size_t ResponseDecoder::take_body(std::string_view bytes) {
  const std::uint64_t drainable = limits_.body_drained - std::min(limits_.body_drained, response_.body_size);
  std::uint64_t wanted = std::min<std::uint64_t>(bytes.size(), drainable);
  if (state_ != State::until_close) wanted = std::min(wanted, body_left_);
  const auto taken = static_cast<std::size_t>(wanted);
  const std::size_t room = limits_.body_kept - std::min(limits_.body_kept, response_.body.size());
  response_.body += bytes.substr(0, std::min(taken, room));
  response_.body_size += taken;
  if (state_ != State::until_close) {
    body_left_ -= taken;
    if (body_left_ == 0) {
      const bool last = state_ == State::fixed_body;
      response_.body_complete = last;
      state_ = last ? State::done : State::chunk_end;
      return taken;
    }
  }
  if (response_.body_size >= limits_.body_drained) state_ = State::done;
  return taken;
}

tl::unexpected<Error> ResponseDecoder::fail(Reason reason, std::string detail) {
  error_ = make_error(Phase::response, reason, std::move(detail));
  state_ = State::failed;
  return tl::unexpected(*error_);
}

}  // namespace wsprobe::wire
