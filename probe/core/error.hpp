// Failures as values.
//
// A failure says three things: in which phase of the exchange it happened, who is at its origin, and what exactly was
// seen (the reason). There is one reason per distinguishable behaviour of a peer, because three hops failing in three
// ways must not look alike; coarse kinds lie on top for those who only want the class. A refusal (403) is not a
// failure: see outcome.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsprobe {

/// The stretches of one exchange, in the order in which they are passed.
enum class Phase : std::uint8_t {
  resolve,     ///< name to addresses
  connect,     ///< TCP handshake
  tls,         ///< TLS handshake and certificate verification
  request,     ///< writing the request
  first_byte,  ///< waiting for the first byte of the response
  response,    ///< the rest of the head and the body
  upgrade,     ///< judging the 101 (no I/O; almost no time)
  message,     ///< frames: messages, pings, the hold
  close,       ///< the closing handshake
};
inline constexpr std::size_t phase_count = 9;

enum class Origin : std::uint8_t {
  local,    ///< this machine or this configuration
  network,  ///< between here and the peer, or the name service
  peer,     ///< whoever answered
};

/// The coarse class, as reports name it in `failure.kind`.
enum class FailureKind : std::uint8_t { dns, tcp, tls, timeout, closed, protocol_error, limit, local };

/// X(enumerator, kind, usual origin, sentence). The enumerator's name is its name in reports.
/// The sentence says what was seen; The remedy is the verdict's.
#define WSPROBE_REASONS(X)                                                                                           \
  X(dns_not_found, dns, network, "the name does not exist (NXDOMAIN)")                                               \
  X(dns_no_address, dns, network, "the name exists but has no address of the wanted family")                         \
  X(dns_server_failure, dns, network, "the name server answered SERVFAIL")                                           \
  X(dns_refused, dns, network, "the name server refused the question")                                               \
  X(dns_malformed, dns, network, "the name server's answer could not be read")                                       \
  X(dns_unreachable, dns, network, "no name server could be reached")                                                \
  X(dns_bad_name, dns, local, "the name is not a valid host name")                                                   \
  X(dns_error, dns, network, "the name could not be resolved")                                                       \
  X(tcp_refused, tcp, network, "connection refused: nothing listens on that address and port")                       \
  X(tcp_unreachable, tcp, network, "no route to that address")                                                       \
  X(tcp_reset, tcp, peer, "the connection was reset while it was being made")                                        \
  X(tcp_not_permitted, tcp, local, "this machine does not permit the connection")                                    \
  X(tcp_error, tcp, network, "the connection could not be made")                                                     \
  X(timeout_resolve, timeout, network, "no answer from the name server in time")                                     \
  X(timeout_connect, timeout, network, "no answer to the TCP handshake in time")                                     \
  X(timeout_tls, timeout, peer, "the TLS handshake did not finish in time")                                          \
  X(timeout_request, timeout, peer, "the peer did not take the request in time")                                     \
  X(timeout_first_byte, timeout, peer, "no byte of a response came in time")                                         \
  X(timeout_response, timeout, peer, "the response did not finish in time")                                          \
  X(timeout_message, timeout, peer, "an expected frame did not come in time")                                        \
  X(timeout_close, timeout, peer, "the peer did not answer the close frame in time")                                 \
  X(tls_expired, tls, peer, "the certificate has expired")                                                           \
  X(tls_not_yet_valid, tls, peer, "the certificate is not valid yet")                                                \
  X(tls_wrong_host, tls, peer, "the certificate is for another host name")                                           \
  X(tls_self_signed, tls, peer, "the certificate is self-signed and not trusted here")                               \
  X(tls_untrusted, tls, peer, "the certificate chain does not lead to a trusted authority")                          \
  X(tls_revoked, tls, peer, "the certificate has been revoked")                                                      \
  X(tls_ocsp_invalid, tls, peer, "the stapled OCSP response is stale or does not verify")                            \
  X(tls_ocsp_missing, tls, peer, "the certificate demands a stapled OCSP response and none came")                    \
  X(tls_not_a_ca, tls, peer, "a certificate of the chain may not issue certificates")                                \
  X(tls_wrong_purpose, tls, peer, "the certificate may not be used for a server")                                    \
  X(tls_name_constraint, tls, peer, "a name constraint of the chain forbids this certificate")                       \
  X(tls_weak_key, tls, peer, "a key of the certificate chain is too weak")                                           \
  X(tls_weak_digest, tls, peer, "a signature of the certificate chain uses a broken digest")                         \
  X(tls_bad_certificate, tls, peer, "the certificate could not be verified")                                         \
  X(tls_handshake_alert, tls, peer, "the peer refused the TLS handshake with an alert")                              \
  X(tls_unrecognized_name, tls, peer, "the peer does not serve this host name over TLS")                             \
  X(tls_client_certificate, tls, peer, "the peer demands a client certificate, or refused ours")                     \
  X(tls_protocol_version, tls, peer, "no common TLS version: the peer speaks none from TLS 1.2 on")                  \
  X(tls_no_shared_cipher, tls, peer, "no common cipher suite")                                                       \
  X(tls_plain_http, tls, peer, "the port speaks plain HTTP, not TLS")                                                \
  X(tls_not_tls, tls, peer, "the port does not speak TLS")                                                           \
  X(tls_closed_in_handshake, tls, peer, "the peer closed the connection during the TLS handshake")                   \
  X(tls_reset_in_handshake, tls, peer, "the connection was reset during the TLS handshake")                          \
  X(tls_bad_record, tls, peer, "a TLS record was malformed")                                                         \
  X(tls_error, tls, peer, "the TLS layer failed")                                                                    \
  X(closed_before_response, closed, peer, "the peer closed the connection without a byte of response")               \
  X(closed_in_head, closed, peer, "the peer closed the connection inside the response head")                         \
  X(closed_in_body, closed, peer, "the peer closed the connection before the body was complete")                     \
  X(closed_truncated, closed, peer, "the TLS connection ended without a close_notify: the response may be cut")      \
  X(closed_in_request, closed, peer, "the peer closed the connection while the request was being sent")              \
  X(reset_before_response, closed, peer, "the connection was reset without a byte of response")                      \
  X(reset_in_head, closed, peer, "the connection was reset inside the response head")                                \
  X(reset_in_body, closed, peer, "the connection was reset inside the body")                                         \
  X(closed_early, closed, peer, "the peer closed the WebSocket before the session was over")                         \
  X(closed_without_close_frame, closed, peer, "the WebSocket ended without a close frame")                           \
  X(reset_in_session, closed, peer, "the connection was reset while the WebSocket was open")                         \
  X(not_http, protocol_error, peer, "the answer is not HTTP")                                                        \
  X(http_version_unsupported, protocol_error, peer, "the answer is of an HTTP version this request cannot get")      \
  X(bad_status_line, protocol_error, peer, "the status line is malformed")                                           \
  X(bad_header, protocol_error, peer, "a header field is malformed")                                                 \
  X(bad_framing, protocol_error, peer, "the body's length is contradictory or malformed")                            \
  X(bad_chunk, protocol_error, peer, "the chunked body is malformed")                                                \
  X(unasked_switch, protocol_error, peer, "101 Switching Protocols to a request that did not ask for it")            \
  X(accept_missing, protocol_error, peer, "the 101 has no Sec-WebSocket-Accept")                                     \
  X(accept_wrong, protocol_error, peer, "the 101 has a wrong Sec-WebSocket-Accept: it is no answer to this request") \
  X(accept_repeated, protocol_error, peer, "the 101 has more than one Sec-WebSocket-Accept")                         \
  X(upgrade_header_bad, protocol_error, peer, "the 101 has no `Upgrade: websocket`")                                 \
  X(connection_header_bad, protocol_error, peer, "the 101 has no `Connection: Upgrade`")                             \
  X(subprotocol_bad, protocol_error, peer, "the 101 chose a subprotocol that was not offered, or several")           \
  X(extension_bad, protocol_error, peer, "the 101 chose an extension that was not offered")                          \
  X(body_on_switch, protocol_error, peer, "the 101 announces a body")                                                \
  X(frame_masked, protocol_error, peer, "the peer sent a masked frame")                                              \
  X(frame_reserved_bits, protocol_error, peer, "a frame has reserved bits set")                                      \
  X(frame_reserved_opcode, protocol_error, peer, "a frame has a reserved opcode")                                    \
  X(frame_bad_control, protocol_error, peer, "a control frame is fragmented or longer than 125 bytes")               \
  X(frame_bad_length, protocol_error, peer, "a frame's length is not in its shortest form or out of range")          \
  X(frame_bad_continuation, protocol_error, peer, "a fragment came out of order")                                    \
  X(frame_bad_utf8, protocol_error, peer, "a text message is not valid UTF-8")                                       \
  X(frame_bad_close, protocol_error, peer, "a close frame has an invalid code or payload")                           \
  X(frame_error, protocol_error, peer, "a frame breaks the WebSocket protocol")                                      \
  X(data_after_close, protocol_error, peer, "data followed the close frame")                                         \
  X(head_too_large, limit, peer, "the response head is larger than the limit")                                       \
  X(too_many_fields, limit, peer, "the response has more header fields than the limit")                              \
  X(too_many_interim, limit, peer, "more interim (1xx) responses than the limit")                                    \
  X(body_too_large, limit, peer, "the body is larger than the limit")                                                \
  X(message_too_large, limit, peer, "a WebSocket message is larger than the limit")                                  \
  X(session_input_limit, limit, peer, "the peer sent more frames or bytes than a session may receive")               \
  X(session_output_limit, limit, peer, "the peer does not read what its own frames make us send")                    \
  X(http2_reset, closed, peer, "the peer reset the HTTP/2 stream")                                                   \
  X(http2_goaway, closed, peer, "the peer ended the HTTP/2 connection (GOAWAY)")                                     \
  X(http2_error, protocol_error, peer, "the peer breaks the HTTP/2 protocol")                                        \
  X(http2_limit, limit, peer, "the peer sent more HTTP/2 frames, settings or header bytes than the limit")           \
  X(cancelled, local, local, "stopped by a signal")                                                                  \
  X(out_of_descriptors, local, local, "this process has no file descriptor left")                                    \
  X(out_of_memory, local, local, "this process has no memory left")                                                  \
  X(bad_configuration, local, local, "the configuration cannot be used")                                             \
  X(local_error, local, local, "an operation failed on this machine")

enum class Reason : std::uint8_t {
#define WSPROBE_ENUMERATOR(name, kind, origin, sentence) name,
  WSPROBE_REASONS(WSPROBE_ENUMERATOR)
#undef WSPROBE_ENUMERATOR
};

[[nodiscard]] std::span<const Reason> all_reasons();
[[nodiscard]] FailureKind kind_of(Reason reason);
[[nodiscard]] Origin usual_origin_of(Reason reason);
[[nodiscard]] std::string_view name(Reason reason);
[[nodiscard]] std::string_view name(Phase phase);
[[nodiscard]] std::string_view name(Origin origin);
[[nodiscard]] std::string_view name(FailureKind kind);

/// What was seen, as half a sentence: "the certificate has expired".
[[nodiscard]] std::string_view sentence(Reason reason);

/// The timeout reason of a phase, e.g. `timeout_first_byte`. The `upgrade` phase does no I/O and maps to response.
[[nodiscard]] Reason timeout_in(Phase phase);

struct Error {
  Phase phase;
  Origin origin;
  Reason reason;
  /// The particulars: addresses tried, the certificate's date, the errno text. May hold what a peer wrote, so it is
  /// redacted and escaped before it is shown. May be empty.
  std::string detail;
};

/// An error whose origin is the reason's usual one.
[[nodiscard]] Error make_error(Phase phase, Reason reason, std::string detail = {});

/// The whole as one sentence: "connect: connection refused: nothing listens ... (127.0.0.1:9)".
[[nodiscard]] std::string describe(const Error& error);

template <typename T>
using Result = tl::expected<T, Error>;

}  // namespace wsprobe
