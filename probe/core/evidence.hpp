// Evidence: what was seen on the wire, facts only.
//
// Everything a verdict may rest on is in here, and nothing that is already an opinion. Bytes of the peer are kept as
// they came: order, case, duplicates. Plain data, bounded by the limits that the decoders enforce.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/boxed.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

namespace wsprobe {

struct HeaderField {
  std::string name;   ///< as it came, case kept
  std::string value;  ///< without surrounding white space
};

/// Case-insensitive comparison of ASCII, as field names want it.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right);

struct ResponseHead {
  std::string raw;            ///< status line and fields with their line ends, the empty line included
  std::string version;        ///< "1.1"
  int status = 0;             ///< 100..999
  std::string reason_phrase;  ///< may be empty: h11 writes none
  std::vector<HeaderField> fields;

  /// The status line without its line end.
  [[nodiscard]] std::string status_line() const;
  /// The first field of that name (any case), or null.
  [[nodiscard]] const std::string* find(std::string_view field_name) const;
  [[nodiscard]] std::size_t count(std::string_view field_name) const;
  /// True where some field of that name has `token` in its comma-separated list (any case).
  [[nodiscard]] bool has_token(std::string_view field_name, std::string_view token) const;
};

/// How the end of the body is known (RFC 9112, section 6.3).
enum class Framing : std::uint8_t { none, content_length, chunked, until_close };

struct Response {
  ResponseHead head;
  std::vector<int> interim_statuses;  ///< 1xx before the final response, in order
  Framing framing = Framing::none;
  std::string body;             ///< decoded from its framing, at most the kept limit (64 KiB)
  std::uint64_t body_size = 0;  ///< decoded bytes seen, kept or not
  bool body_complete = false;   ///< the framing's end was reached
  bool extra_bytes = false;     ///< bytes followed the end of the response (not for a 101)

  [[nodiscard]] bool body_kept_whole() const { return body_size == body.size(); }
};

/// One TCP attempt that did not win, with why.
struct ConnectAttempt {
  std::string address;  ///< "192.0.2.7:443", "[2001:db8::1]:443"
  Error error;
};

struct TlsFacts {
  std::string version;  ///< "TLSv1.3"; empty if the handshake did not get that far
  std::string cipher;
  std::string alpn;  ///< protocol chosen, or empty
  std::string server_name;
  std::string subject;
  std::string issuer;
  std::vector<std::string> names;  ///< subjectAltName: DNS names and IP addresses, at most 100
  std::optional<WallTime> not_before;
  std::optional<WallTime> not_after;           ///< of the leaf
  std::optional<WallTime> earliest_not_after;  ///< of the chain as sent
  std::string serial;
  std::string fingerprint_sha256;
  int chain_length = 0;
  bool verified = false;     ///< chain, host name and time all held
  std::string verify_error;  ///< in words, when not verified (also with --insecure)
  std::string ocsp;          ///< "", "good", "revoked", "unknown", "stale", "unverified", "missing"
};

/// A span of raw time points; a span that was begun and not ended was cut by a failure.
struct Span {
  std::optional<TimePoint> begin;
  std::optional<TimePoint> end;
};

/// Raw time points of one exchange. Spans of different phases do not overlap; what lies between them is unattributed.
class Timeline {
 public:
  void start(TimePoint now) { start_ = now; }
  void begin(Phase phase, TimePoint now) { at(phase).begin = now; }
  void end(Phase phase, TimePoint now) { at(phase).end = now; }
  /// Takes over the phases of an opening that was made ahead of this exchange, without the time it lay waiting: they
  /// are moved so that they end at `now`, and the exchange starts where they do.
  void prepend(const Timeline& opening, TimePoint now);
  /// Ends the exchange: a span still open ends here too.
  void finish(TimePoint now);

  [[nodiscard]] const Span& span(Phase phase) const { return spans_[static_cast<std::size_t>(phase)]; }
  [[nodiscard]] std::optional<Duration> duration(Phase phase) const;
  [[nodiscard]] Duration total() const { return finish_ - start_; }
  /// total() minus all phase durations; the sum of everything reported is the total, always.
  [[nodiscard]] Duration unattributed() const;
  [[nodiscard]] TimePoint started() const { return start_; }

 private:
  Span& at(Phase phase) { return spans_[static_cast<std::size_t>(phase)]; }

  TimePoint start_{};
  TimePoint finish_{};
  std::array<Span, phase_count> spans_{};
};

/// The close of a WebSocket, RFC 6455 section 7.
struct CloseFacts {
  enum class By : std::uint8_t { us, peer };
  By first = By::us;        ///< who sent the first close frame
  std::optional<int> code;  ///< of the peer's close frame; none if it had no body or never came
  std::string reason;       ///< of the peer's close frame, at most 123 bytes
  bool echoed = false;      ///< the closing handshake completed
};

struct MessageFacts {
  std::string sent;      ///< redacted; empty where nothing was sent first
  std::string received;  ///< at most 1 KiB kept; empty if none came
  bool matched = false;
  Duration round_trip{};
};

/// What happened on an accepted WebSocket.
struct SessionFacts {
  std::string subprotocol;
  std::string extensions;
  std::vector<Duration> ping_round_trips;  ///< one per ping that was answered with its own payload
  int pings_sent = 0;
  std::vector<MessageFacts> messages;
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_received = 0;
  Duration open_for{};  ///< from the 101 to the end
  std::optional<CloseFacts> close;
};

/// What a peer that was spoken to over HTTP/2 said of itself (RFC 9113), apart from its response.
struct Http2Facts {
  bool settings = false;          ///< its SETTINGS came
  bool connect_protocol = false;  ///< with SETTINGS_ENABLE_CONNECT_PROTOCOL: it offers WebSocket over HTTP/2 (RFC 8441)
  std::string reset;              ///< the code with which it reset our stream: "REFUSED_STREAM"; empty: it did not
  std::string goaway;             ///< the code of its GOAWAY; empty: none came
};

/// What was asked, as it may be shown: secrets stand as `${name}`.
struct RequestFacts {
  std::string method;
  std::string url;   ///< "wss://host:port/path?token=${valid}"
  std::string host;  ///< Host field
  std::string path;  ///< without the query
  std::vector<HeaderField> fields;
  bool upgrade = false;  ///< carried the WebSocket handshake
};

struct Evidence {
  RequestFacts request;
  std::vector<std::string> resolved;     ///< addresses of the name, in the order they were tried
  std::vector<ConnectAttempt> attempts;  ///< the failed ones
  std::string address;                   ///< connected peer, "192.0.2.7:443"; empty if none
  Boxed<TlsFacts> tls;
  std::optional<Response> response;  ///< also a partial one whose head was complete
  Boxed<Http2Facts> http2;           ///< set where HTTP/2 was agreed on
  std::string unparsed;              ///< first bytes (at most 512) of an answer that is not HTTP
  std::optional<SessionFacts> session;
  Timeline times;
};

[[nodiscard]] std::string_view name(Framing framing);
[[nodiscard]] std::string_view name(CloseFacts::By side);

}  // namespace wsprobe
