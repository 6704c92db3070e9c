#include "unit/wire/error_rows.hpp"

namespace wsprobe::wire {
namespace {

using namespace std::string_literals;

DecoderLimits with(void (*change)(DecoderLimits&)) {
  DecoderLimits limits;
  change(limits);
  return limits;
}

const DecoderLimits small_head = with([](DecoderLimits& limits) { limits.head_bytes = 40; });
const DecoderLimits two_fields = with([](DecoderLimits& limits) { limits.fields = 2; });
const DecoderLimits one_interim = with([](DecoderLimits& limits) { limits.interim_responses = 1; });
const DecoderLimits short_chunk_line = with([](DecoderLimits& limits) { limits.chunk_line_bytes = 8; });
const DecoderLimits few_chunk_lines = with([](DecoderLimits& limits) { limits.chunk_lines_bytes = 5; });

constexpr auto plain = RequestShape::plain;
constexpr auto upgrade = RequestShape::upgrade;
constexpr auto head = RequestShape::head;
constexpr auto open = Then::stays_open;
constexpr auto closes = Then::closes;

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";

std::vector<ResponseErrorRow> make_rows() {
  return {
      // What answered is no HTTP/1.x.
      {"tls_alert", plain, "\x15\x03\x01\x00\x02\x02\x46"s, open, Reason::not_http, "a TLS alert"},
      {"tls_handshake", plain, "\x16\x03\x03\x00\x40\x02"s, open, Reason::not_http, "a TLS handshake"},
      {"tls_cut", plain, "\x15"s, closes, Reason::not_http, "\\x15"},
      {"http2_settings", plain, "\0\0\x0C\x04\0\0\0\0\0\0\x03"s, open, Reason::not_http, "HTTP/2"},
      {"http2_cut", plain, "\0\0\x0C\x04"s, closes, Reason::not_http, "\\x00"},
      {"http2_with_a_line_feed", plain, "\0\n\x0C\x04"s, open, Reason::not_http, "\\x00"},
      {"ssh_banner", plain, "SSH-2.0-OpenSSH_9.2p1\r\n", open, Reason::not_http, "an SSH banner"},
      {"mail_greeting", plain, "220 mail.example ESMTP\r\n", open, Reason::not_http, "a mail or FTP"},
      {"icy", plain, "ICY 200 OK\r\n", open, Reason::not_http, "ICY"},
      {"http_0_9", plain, "<html>hello</html>", open, Reason::not_http, "HTTP/0.9"},
      {"another_word", plain, "HTTQ/1.1 200 OK\r\n\r\n", open, Reason::not_http, "it begins with \"HTTQ"},
      {"lower_case", plain, "http/1.1 200 OK\r\n\r\n", open, Reason::not_http, "it begins with \"h"},
      {"space_first", plain, " HTTP/1.1 200 OK\r\n\r\n", open, Reason::not_http, "it begins with \" "},
      {"escape_sequence", plain, "\x1b[2J\x1b[H", open, Reason::not_http, "\\x1b"},
      {"carriage_return_alone", plain, "\r\r\nHTTP/1.1 200 OK\r\n", open, Reason::not_http, "\\r\\r\\n"},
      {"foreign_after_empty_lines", plain, "\r\n\r\nSSH-2.0\r\n", open, Reason::not_http, "S"},
      {"http_2_0", plain, "HTTP/2.0 200 OK\r\n\r\n", open, Reason::http_version_unsupported, "HTTP/2.0"},
      {"http_2", plain, "HTTP/2 200\r\n\r\n", open, Reason::http_version_unsupported, "HTTP/2"},
      {"http_1_2", plain, "HTTP/1.2 200 OK\r\n\r\n", open, Reason::http_version_unsupported, "HTTP/1.2"},
      {"http_0_9_status_line", plain, "HTTP/0.9 200 OK\r\n\r\n", open, Reason::http_version_unsupported, "HTTP/0.9"},
      {"http_10", plain, "HTTP/10.1 200 OK\r\n\r\n", open, Reason::http_version_unsupported, "HTTP/10"},

      // Status lines.
      {"no_version", plain, "HTTP/ 200 OK\r\n", open, Reason::bad_status_line, "HTTP/ 200"},
      {"no_status", plain, "HTTP/1.1\r\n", open, Reason::bad_status_line, "HTTP/1.1"},
      {"no_status_but_a_space", plain, "HTTP/1.1 \r\n", open, Reason::bad_status_line, "HTTP/1.1"},
      {"two_digits", plain, "HTTP/1.1 20 OK\r\n", open, Reason::bad_status_line, "20 OK"},
      {"four_digits", plain, "HTTP/1.1 2000 OK\r\n", open, Reason::bad_status_line, "2000"},
      {"letters", plain, "HTTP/1.1 abc OK\r\n", open, Reason::bad_status_line, "abc"},
      {"negative", plain, "HTTP/1.1 -20 OK\r\n", open, Reason::bad_status_line, "-20"},
      {"status_099", plain, "HTTP/1.1 099 Low\r\n", open, Reason::bad_status_line, "099"},
      {"two_spaces", plain, "HTTP/1.1  200 OK\r\n", open, Reason::bad_status_line, "  200"},
      {"tab_for_space", plain, "HTTP/1.1\t200 OK\r\n", open, Reason::bad_status_line, "\\t200"},
      {"nul_in_reason", plain, "HTTP/1.1 200 O\0K\r\n"s, open, Reason::bad_status_line, "O\\x00K"},
      {"escape_in_reason", plain, "HTTP/1.1 200 \x1b[31m\r\n", open, Reason::bad_status_line, "\\x1b"},
      {"bare_carriage_return", plain, "HTTP/1.1 200 OK\rX: y\r\n", open, Reason::bad_status_line, "OK\\rX"},
      {"garbage_after_interim", plain, "HTTP/1.1 100 Continue\r\n\r\nSSH-2.0\r\n", open, Reason::bad_status_line,
       "SSH"},

      // Header fields.
      {"no_colon", plain, ok + "Nonsense\r\n", open, Reason::bad_header, "no colon: \"Nonsense\""},
      {"empty_name", plain, ok + ": value\r\n", open, Reason::bad_header, "no token"},
      {"space_before_colon", plain, ok + "Server : x\r\n", open, Reason::bad_header, "no token: \"Server : x\""},
      {"space_in_name", plain, ok + "Ser ver: x\r\n", open, Reason::bad_header, "no token"},
      {"name_not_ascii", plain, ok + "S\xC3\xA9rver: x\r\n", open, Reason::bad_header, "no token"},
      {"folded_line", plain, ok + "X: a\r\n b\r\n", open, Reason::bad_header, "a folded line"},
      {"folded_first_line", plain, ok + "\tX: a\r\n", open, Reason::bad_header, "a folded line"},
      {"nul_in_value", plain, ok + "X: a\0b\r\n"s, open, Reason::bad_header, "a control character: \"X: a\\x00b\""},
      {"nul_in_name", plain, ok + "X\0Y: a\r\n"s, open, Reason::bad_header, "no token"},
      {"carriage_return_in_value", plain, ok + "X: a\rb\r\n", open, Reason::bad_header, "a\\rb"},
      {"two_carriage_returns", plain, ok + "X: a\r\r\n", open, Reason::bad_header, "a control character"},
      {"empty_line_with_two_carriage_returns", plain, ok + "\r\r\n", open, Reason::bad_header, "no colon: \"\\r\""},
      {"delete_in_value", plain, ok + "X: a\x7F\r\n", open, Reason::bad_header, "\\x7f"},

      // How long is the body?
      {"two_lengths", plain, ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", open, Reason::bad_framing,
       "two different"},
      {"length_list", plain, ok + "Content-Length: 1, 1\r\n\r\n", open, Reason::bad_framing, "\"1, 1\""},
      {"negative_length", plain, ok + "Content-Length: -1\r\n\r\n", open, Reason::bad_framing, "\"-1\""},
      {"signed_length", plain, ok + "Content-Length: +1\r\n\r\n", open, Reason::bad_framing, "\"+1\""},
      {"hex_length", plain, ok + "Content-Length: 0x10\r\n\r\n", open, Reason::bad_framing, "\"0x10\""},
      {"empty_length", plain, ok + "Content-Length:\r\n\r\n", open, Reason::bad_framing, "\"\""},
      {"length_beyond_64_bits", plain, ok + "Content-Length: 18446744073709551616\r\n\r\n", open, Reason::bad_framing,
       "18446744073709551616"},
      {"length_and_chunked", plain, ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", open,
       Reason::bad_framing, "both"},
      {"gzip_chunked", plain, ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", open, Reason::bad_framing,
       "gzip, chunked"},
      {"identity", plain, ok + "Transfer-Encoding: identity\r\n\r\n", open, Reason::bad_framing, "identity"},
      {"chunked_twice", plain, ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", open,
       Reason::bad_framing, "chunked"},
      {"empty_coding", plain, ok + "Transfer-Encoding:\r\n\r\n", open, Reason::bad_framing, "\"\""},
      {"unasked_switch", plain, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", open,
       Reason::unasked_switch, ""},
      {"unasked_switch_to_head", head, "HTTP/1.1 101 \r\n\r\n", open, Reason::unasked_switch, ""},

      // Chunks.
      {"chunk_size_missing", plain, chunked + "\r\n", open, Reason::bad_chunk, "chunk size \"\""},
      {"chunk_size_no_number", plain, chunked + "xyz\r\n", open, Reason::bad_chunk, "chunk size \"xyz\""},
      {"chunk_size_negative", plain, chunked + "-1\r\n", open, Reason::bad_chunk, "\"-1\""},
      {"chunk_size_after_space", plain, chunked + " 1\r\n", open, Reason::bad_chunk, "\" 1\""},
      {"chunk_size_two_words", plain, chunked + "1 2\r\n", open, Reason::bad_chunk, "\"1 2\""},
      {"chunk_size_beyond_63_bits", plain, chunked + "8000000000000000\r\n", open, Reason::bad_chunk, "8000"},
      {"chunk_size_beyond_64_bits", plain, chunked + "10000000000000001\r\n", open, Reason::bad_chunk, "1000"},
      {"chunk_extension_with_control", plain, chunked + "1;a=\x01\r\n", open, Reason::bad_chunk, "\\x01"},
      {"chunk_longer_than_it_says", plain, chunked + "1\r\nab\r\n", open, Reason::bad_chunk, "longer than it says"},
      {"chunk_line_too_long", plain, chunked + "1;23456789", open, Reason::bad_chunk, "a line of more than 8",
       short_chunk_line},
      {"chunk_lines_too_long", plain, chunked + "1;ab\r\nx\r\n1;ab\r\nx\r\n", open, Reason::bad_chunk,
       "more than 5 bytes of chunk sizes", few_chunk_lines},
      {"trailer_is_no_field", plain, chunked + "0\r\nnonsense\r\n\r\n", open, Reason::bad_header, "no colon"},
      {"trailer_folded", plain, chunked + "0\r\nX: 1\r\n 2\r\n\r\n", open, Reason::bad_header, "folded"},

      // Limits.
      {"head_too_large", plain, ok + "X: 23456789012345678901234567890\r\n\r\n", open, Reason::head_too_large,
       "more than 40", small_head},
      {"status_line_too_large", plain, "HTTP/1.1 200 " + std::string(40, 'x'), open, Reason::head_too_large,
       "more than 40", small_head},
      {"endless_empty_lines", plain, std::string(41, '\n'), open, Reason::head_too_large, "more than 40", small_head},
      {"trailer_too_large", plain, "HTTP/1.1 200 \nTransfer-Encoding:chunked\n\n0\n" + std::string(43, 'x'), open,
       Reason::head_too_large, "trailer", with([](DecoderLimits& limits) { limits.head_bytes = 42; })},
      {"too_many_fields", plain, ok + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", open, Reason::too_many_fields, "more than 2",
       two_fields},
      {"too_many_trailers", plain, chunked + "0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", open, Reason::too_many_fields,
       "trailer", two_fields},
      {"too_many_interim", plain, "HTTP/1.1 100 \r\n\r\nHTTP/1.1 102 \r\n\r\n", open, Reason::too_many_interim,
       "more than 1", one_interim},

      // The peer closes too early.
      {"closed_before_response", plain, "", closes, Reason::closed_before_response, ""},
      {"closed_in_status_line", plain, "HTTP/1.1 2", closes, Reason::closed_in_head, "after 10 bytes"},
      {"closed_in_fields", upgrade, "HTTP/1.1 101 \r\nUpgrade: web", closes, Reason::closed_in_head, "after 27 bytes"},
      {"closed_before_empty_line", plain, ok, closes, Reason::closed_in_head, "after 17 bytes"},
      {"closed_after_interim", plain, "HTTP/1.1 100 Continue\r\n\r\n", closes, Reason::closed_in_head, ""},
      {"closed_in_fixed_body", plain, ok + "Content-Length: 5\r\n\r\nabc", closes, Reason::closed_in_body, "2 bytes"},
      {"closed_in_chunk", plain, chunked + "5\r\nabc", closes, Reason::closed_in_body, "the last chunk"},
      {"closed_after_chunk", plain, chunked + "3\r\nabc\r\n", closes, Reason::closed_in_body, "the last chunk"},
      {"closed_in_chunk_size", plain, chunked + "5", closes, Reason::closed_in_body, "the last chunk"},
      {"closed_in_trailer", plain, chunked + "0\r\nX: 1\r\n", closes, Reason::closed_in_body, "the last chunk"},
  };
}

}  // namespace

const std::vector<ResponseErrorRow>& response_error_rows() {
  static const std::vector<ResponseErrorRow> rows = make_rows();
  return rows;
}

}  // namespace wsprobe::wire
