"""TCP and HTTP: silence and ends in every phase, what is not HTTP, bad heads and framings, responses without end."""

from __future__ import annotations

from behaviour_table import Row
from peers import Connection
from scripts import CHUNKED, FORBIDDEN, OK, answer, at_once, closing, ending, flooding, trickling

RESETS = "first_byte/reset_before_response request/closed_in_request connect/tcp_reset"

SILENCE = [
    Row("nobody listens", None, "connect/tcp_refused"),
    Row("silent", Connection.wait, "first_byte/timeout_first_byte"),
    Row("silent in the status line", answer("HTTP/1.1 4"), "response/timeout_response"),
    Row("silent after one byte", answer("H"), "response/timeout_response"),
    Row("silent in the head", answer(FORBIDDEN + "Content-Le"), "response/timeout_response"),
    Row("silent before the empty line", answer(FORBIDDEN + "X: y\r\n"), "response/timeout_response"),
    Row("silent in the body of a refusal", answer(FORBIDDEN + "Content-Length: 100\r\n\r\nsome"), "response/timeout_response"),
    Row("silent in a chunk of a refusal", answer(FORBIDDEN + CHUNKED + "9\r\nsome"), "response/timeout_response"),
    Row("silent in a refusal without a length", answer(FORBIDDEN + "\r\nsome"), "response/timeout_response"),
    Row("silent after an interim response", answer("HTTP/1.1 103 Early Hints\r\n\r\n"), "response/timeout_response"),
    Row("a head, a byte at a time", trickling((FORBIDDEN + "X: y\r\n" * 99).encode()), "response/timeout_response"),
    Row("a body, a byte at a time", answer(FORBIDDEN + "Content-Length: 100\r\n\r\n", lambda peer: peer.trickle(b"x" * 99, 0.03)),
        "response/timeout_response"),
    Row("chunks, a byte at a time", answer(FORBIDDEN + CHUNKED, lambda peer: peer.trickle(b"1\r\nx\r\n" * 99, 0.03)),
        "response/timeout_response"),
    Row("interim responses, one now and then",
        answer("", lambda peer: peer.trickle(b"HTTP/1.1 102 Processing\r\n\r\n" * 9, 0.01)), "response/timeout_response"),
]

ENDS = [
    Row("closed at once", closing, "first_byte/closed_before_response " + RESETS),
    Row("reset at once", Connection.reset, RESETS),
    Row("closed after the request", answer("", closing), "first_byte/closed_before_response"),
    Row("ended after the request", answer("", ending), "first_byte/closed_before_response"),
    Row("reset after the request", answer("", Connection.reset), "first_byte/reset_before_response"),
    Row("closed in the status line", answer("HTTP/1.", closing), "response/closed_in_head"),
    Row("closed in the head", answer(FORBIDDEN + "Content-Le", closing), "response/closed_in_head"),
    Row("reset in the head", answer(FORBIDDEN + "Content-Le", Connection.reset), "response/reset_in_head first_byte/reset_before_response"),
    Row("closed after an interim response", answer("HTTP/1.1 100 Continue\r\n\r\n", closing), "response/closed_in_head"),
    Row("closed in the body of a refusal", answer(FORBIDDEN + "Content-Length: 100\r\n\r\nsome", closing), "response/closed_in_body"),
    Row("reset in the body of a refusal", answer(FORBIDDEN + "Content-Length: 100\r\n\r\nsome", Connection.reset),
        "response/reset_in_body first_byte/reset_before_response response/reset_in_head"),
    Row("closed in a chunk of a refusal", answer(FORBIDDEN + CHUNKED + "9\r\nsome", closing), "response/closed_in_body"),
    Row("closed in the body of a document", answer(OK + "Content-Length: 100\r\n\r\n{", closing), "response/closed_in_body", "health"),
    Row("closed in a chunk of a document", answer(OK + CHUNKED + "9\r\n{", closing), "response/closed_in_body", "health"),
    Row("closed before the last chunk", answer(OK + CHUNKED + "2\r\n{}\r\n", closing), "response/closed_in_body", "health"),
    Row("reset in the body of a document", answer(OK + "Content-Length: 100\r\n\r\n{", Connection.reset),
        "response/reset_in_body response/reset_in_head first_byte/reset_before_response", "health"),
]

NOT_HTTP = [
    Row("SSH", answer("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "response/not_http"),
    Row("SSH before it is asked", at_once("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "response/not_http"),
    Row("SMTP", at_once("220 mail.example.com ESMTP Postfix\r\n"), "response/not_http"),
    Row("ICY", answer("ICY 200 OK\r\nicy-name: x\r\n\r\n"), "response/not_http"),
    Row("bytes at random", answer(bytes(range(256)) * 8, closing), "response/not_http"),
    Row("zeros", answer(bytes(4096)), "response/not_http"),
    Row("HTTP/0.9: a page without a head", answer("<html>hello</html>", closing), "response/not_http"),
    Row("JSON without a head", answer('{"status": "ok"}', closing), "response/not_http", "health"),
    Row("frames of HTTP/2", answer(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x64" * 3), "response/not_http"),
    Row("a TLS alert", answer(b"\x15\x03\x01\x00\x02\x02\x46", closing), "response/not_http"),
    Row("lower case", answer("http/1.1 200 ok\r\n\r\n"), "response/not_http"),
    Row("a space first", answer(" HTTP/1.1 200 OK\r\n\r\n"), "response/not_http"),
]

HEADS = [
    Row("a status that is no number", answer("HTTP/1.1 abc Forbidden\r\n\r\n"), "response/bad_status_line"),
    Row("a status of two digits", answer("HTTP/1.1 40 Forbidden\r\n\r\n"), "response/bad_status_line"),
    Row("a status of four digits", answer("HTTP/1.1 4030 Forbidden\r\n\r\n"), "response/bad_status_line"),
    Row("status 000", answer("HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n"), "response/bad_status_line"),
    Row("status 099", answer("HTTP/1.1 099 Nothing\r\nContent-Length: 0\r\n\r\n"), "response/bad_status_line"),
    Row("a negative status", answer("HTTP/1.1 -03 Forbidden\r\n\r\n"), "response/bad_status_line"),
    Row("status 999", answer("HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n"), "rejected 999"),
    Row("status 600", answer("HTTP/1.1 600 What\r\nContent-Length: 0\r\n\r\n"), "rejected 600"),
    Row("no status", answer("HTTP/1.1\r\n\r\n"), "response/bad_status_line"),
    Row("two spaces before the status", answer("HTTP/1.1  403 Forbidden\r\n\r\n"), "response/bad_status_line"),
    Row("HTTP/2.0 in a status line", answer("HTTP/2.0 200 OK\r\n\r\n"), "response/http_version_unsupported"),
    Row("HTTP/3.0 in a status line", answer("HTTP/3.0 200 OK\r\n\r\n"), "response/http_version_unsupported"),
    Row("HTTP/1.x", answer("HTTP/1.x 200 OK\r\n\r\n"), "response/http_version_unsupported"),
    Row("NUL in the reason phrase", answer("HTTP/1.1 403 For\0bidden\r\n\r\n"), "response/bad_status_line"),
    Row("a bare CR in the reason phrase", answer("HTTP/1.1 403 For\rbidden\r\n\r\n"), "response/bad_status_line"),
    Row("a field without a colon", answer(FORBIDDEN + "nonsense\r\n\r\n"), "response/bad_header"),
    Row("a field without a name", answer(FORBIDDEN + ": x\r\n\r\n"), "response/bad_header"),
    Row("a space before the colon", answer(FORBIDDEN + "Content-Length : 0\r\n\r\n"), "response/bad_header"),
    Row("a space in a name", answer(FORBIDDEN + "Content Length: 0\r\n\r\n"), "response/bad_header"),
    Row("NUL in a name", answer(FORBIDDEN + "X\0Y: z\r\n\r\n"), "response/bad_header"),
    Row("NUL in a value", answer(FORBIDDEN + "X: a\0b\r\nContent-Length: 0\r\n\r\n"), "response/bad_header"),
    Row("a bare CR in a value", answer(FORBIDDEN + "X: a\rb\r\nContent-Length: 0\r\n\r\n"), "response/bad_header"),
    Row("a folded field first", answer(FORBIDDEN + " X: y\r\n\r\n"), "response/bad_header"),
    Row("an endless field", flooding(b"x" * 65536, FORBIDDEN.encode() + b"X: "), "response/head_too_large", noisy=True),
    Row("an endless name", flooding(b"x" * 65536, FORBIDDEN.encode()), "response/head_too_large", noisy=True),
    Row("endless fields", flooding(b"X: y\r\n" * 4096, FORBIDDEN.encode()), "response/too_many_fields", noisy=True),
    Row("an endless status line", flooding(b"x" * 65536, b"HTTP/1.1 403 "), "response/head_too_large", noisy=True),
    Row("interim responses without end", flooding(b"HTTP/1.1 100 Continue\r\n\r\n" * 200), "response/too_many_interim", noisy=True),
    Row("interim responses of many fields", flooding(b"HTTP/1.1 103 Early Hints\r\n" + b"Link: <x>\r\n" * 200 + b"\r\n"),
        "response/too_many_interim", noisy=True),
]

FRAMINGS = [
    Row("two lengths", answer(FORBIDDEN + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "response/bad_framing"),
    Row("two lengths in one field", answer(FORBIDDEN + "Content-Length: 1, 2\r\n\r\nab"), "response/bad_framing"),
    Row("a negative length", answer(FORBIDDEN + "Content-Length: -1\r\n\r\n"), "response/bad_framing"),
    Row("a length with a sign", answer(FORBIDDEN + "Content-Length: +1\r\n\r\nx"), "response/bad_framing"),
    Row("a length in hexadecimal", answer(FORBIDDEN + "Content-Length: 0x10\r\n\r\n"), "response/bad_framing"),
    Row("a length that overflows", answer(FORBIDDEN + "Content-Length: 99999999999999999999999\r\n\r\n"), "response/bad_framing"),
    Row("an empty length", answer(FORBIDDEN + "Content-Length:\r\n\r\n"), "response/bad_framing"),
    Row("a length and chunks", answer(OK + "Content-Length: 2\r\n" + CHUNKED + "2\r\n{}\r\n0\r\n\r\n"), "response/bad_framing", "health"),
    Row("a coding that nobody knows", answer(OK + "Transfer-Encoding: lavender\r\n\r\n"), "response/bad_framing", "health"),
    Row("chunked that is not last", answer(OK + "Transfer-Encoding: chunked, gzip\r\n\r\n"), "response/bad_framing", "health"),
    Row("a chunk size that overflows", answer(OK + CHUNKED + "FFFFFFFFFFFFFFFFF\r\n"), "response/bad_chunk", "health"),
    Row("a chunk size that is none", answer(OK + CHUNKED + "xyz\r\n"), "response/bad_chunk", "health"),
    Row("an empty chunk size", answer(OK + CHUNKED + "\r\n"), "response/bad_chunk", "health"),
    Row("a negative chunk size", answer(OK + CHUNKED + "-2\r\n{}\r\n"), "response/bad_chunk", "health"),
    Row("a chunk longer than it says", answer(OK + CHUNKED + "2\r\n{}}\r\n0\r\n\r\n"), "response/bad_chunk", "health"),
    Row("an endless chunk extension", flooding(b"x" * 65536, OK.encode() + CHUNKED.encode() + b"2;x="), "response/bad_chunk", "health",
        noisy=True),
    Row("an endless chunk size", flooding(b"0" * 65536, OK.encode() + CHUNKED.encode()), "response/bad_chunk", "health", noisy=True),
    Row("endless chunks of a byte", flooding(b"1\r\nx\r\n" * 8192, OK.encode() + CHUNKED.encode()), "completed",
        "health", noisy=True),
    Row("endless trailers", flooding(b"X: y\r\n" * 4096, OK.encode() + CHUNKED.encode() + b"0\r\n"), "response/too_many_fields",
        "health", noisy=True),
    Row("an endless body", flooding(b"x" * 65536, OK.encode() + b"\r\n"), "completed", "health", noisy=True),
    Row("an endless body of a refusal", flooding(b"x" * 65536, FORBIDDEN.encode() + b"\r\n"), "rejected 403", noisy=True),
    Row("terabytes announced, and begun", flooding(b"x" * 65536, OK.encode() + b"Content-Length: 9999999999999\r\n\r\n"), "completed",
        "health", noisy=True),
]

ROWS = SILENCE + ENDS + NOT_HTTP + HEADS + FRAMINGS
