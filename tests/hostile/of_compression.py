"""Compression: answers to an offer of permessage-deflate that are none, messages that do not decompress or would not end
(RFC 7692), and health documents that come compressed though nobody asked for that."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

from behaviour_table import Row
from peers import Connection, frame
from scripts import CHUNKED, OK, accepted, answer, document, flooding, repeating, saying

GOOD = '{"status": "ok", "ws": {"available": true}}'
AGREED = "permessage-deflate"
RSV1, RSV2, RSV3 = 0x40, 0x20, 0x10
KIB, MIB = 1 << 10, 1 << 20


def packed(data: bytes, bits: int = 15) -> bytes:
    """One message, without the four bytes that are left out (section 7.2.1)."""
    maker = zlib.compressobj(9, wbits=-bits)
    return (maker.compress(data) + maker.flush(zlib.Z_SYNC_FLUSH))[:-4]


def of_zeros(size: int) -> bytes:
    return packed(bytes(size))


def marked(whole: bytes, *bits: int) -> bytes:
    """The frame with these reserved bits set."""
    return bytes([whole[0] | sum(bits)]) + whole[1:]


def compressed(payload: bytes, opcode: int = 1) -> bytes:
    return marked(frame(opcode, payload), RSV1)


def agreed(then: Callable[[Connection], None], answer_to_offer: str = AGREED):
    return accepted(then, f"Sec-WebSocket-Extensions: {answer_to_offer}")


ANSWERS = {
    "window bits of 16": f"{AGREED}; server_max_window_bits=16",
    "window bits of 7": f"{AGREED}; server_max_window_bits=7",
    "window bits of 0": f"{AGREED}; client_max_window_bits=0",
    "window bits with a zero in front": f"{AGREED}; server_max_window_bits=08",
    "window bits that are no number": f"{AGREED}; server_max_window_bits=x",
    "negative window bits": f"{AGREED}; server_max_window_bits=-9",
    "window bits that overflow": f"{AGREED}; server_max_window_bits=4294967305",
    "window bits without a value": f"{AGREED}; server_max_window_bits",
    "the client's window bits without a value": f"{AGREED}; client_max_window_bits",
    "window bits twice": f"{AGREED}; server_max_window_bits=9; server_max_window_bits=10",
    "a takeover with a value": f"{AGREED}; server_no_context_takeover=1",
    "a takeover twice": f"{AGREED}; client_no_context_takeover; client_no_context_takeover",
    "a parameter that nobody knows": f"{AGREED}; fast",
    "compression twice": f"{AGREED}, {AGREED}",
    "another extension beside it": f"{AGREED}, x-unknown",
    "another extension instead": "x-webkit-deflate-frame",
    "an answer that is no list": f"{AGREED}; =9",
}

# 257 bytes that do not compress, so that a second message of the same is a reference to the first.
PATTERN = bytes((index * 167 + index // 7) % 128 for index in range(257))


def in_one_context(*messages: bytes) -> list[bytes]:
    maker = zlib.compressobj(9, wbits=-15)
    return [compressed((maker.compress(one) + maker.flush(zlib.Z_SYNC_FLUSH))[:-4]) for one in messages]


def in_fragments(payload: bytes, size: int) -> bytes:
    pieces = [payload[at:at + size] for at in range(0, len(payload), size)]
    first, middle = b"\x41" + frame(0, pieces[0])[1:], [b"\x00" + frame(0, piece)[1:] for piece in pieces[1:-1]]
    return b"".join([first, *middle, frame(0, pieces[-1])])


MESSAGES = [
    Row("RSV2 on a compressed message", agreed(saying(marked(compressed(packed(b"x")), RSV2))), "message/frame_reserved_bits", "compressed"),
    Row("RSV3 on a compressed message", agreed(saying(marked(compressed(packed(b"x")), RSV3))), "message/frame_reserved_bits", "compressed"),
    Row("a compressed ping", agreed(saying(compressed(b"x", 9))), "message/frame_reserved_bits", "compressed"),
    Row("a compressed pong", agreed(saying(compressed(b"x", 10))), "message/frame_reserved_bits", "compressed"),
    Row("a compressed close", agreed(saying(compressed(b"\x03\xe8", 8))), "message/frame_reserved_bits", "compressed"),
    Row("a fragment that says it is compressed", agreed(saying(b"\x41\x01\x00", b"\xc0\x01\x00")), "message/frame_reserved_bits", "compressed"),
    Row("a block of the reserved type", agreed(saying(compressed(b"\x07\x00"))), "message/frame_error", "compressed"),
    Row("a stored block whose lengths disagree", agreed(saying(compressed(b"\x00\x05\x00\x00\x00hello"))), "message/frame_error", "compressed"),
    Row("a stored block that is cut", agreed(saying(compressed(b"\x00\x05\x00\xfa\xffhe"))), "message/frame_error", "compressed"),
    Row("a reference before the beginning", agreed(saying(compressed(b"\x02\x07\x00"))), "message/frame_error", "compressed"),
    Row("bytes that do not decompress", agreed(saying(compressed(bytes(range(255, 155, -1))))), "message/frame_error", "compressed"),
    Row("gzip instead of DEFLATE", agreed(saying(compressed(gzip.compress(b"hello")))), "message/frame_error", "compressed"),
    Row("zlib instead of DEFLATE", agreed(saying(compressed(zlib.compress(b"hello" * 9)))), "message/frame_error", "compressed"),
    Row("compressed text that is not UTF-8", agreed(saying(compressed(packed(b"\xff\xfe")))), "message/frame_bad_utf8", "compressed"),
    Row("a context that was to be dropped", agreed(saying(*in_one_context(PATTERN, PATTERN)), f"{AGREED}; server_no_context_takeover"),
        "message/frame_error", "compressed"),
    # How far back a window reaches depends on the cuts, so the largest is kept: it is read, and the pong does not come.
    Row("a window larger than agreed", agreed(saying(compressed(packed(PATTERN + bytes(2000) + PATTERN))),
                                              f"{AGREED}; server_max_window_bits=9"), "message/timeout_message", "compressed"),
    Row("nothing, compressed, and no pong", agreed(saying(compressed(b"\x00"))), "message/timeout_message", "compressed"),
    Row("a bomb of two megabytes", agreed(saying(compressed(of_zeros(2 * MIB), 2))), "message/message_too_large", "compressed"),
    Row("a bomb of sixty megabytes", agreed(saying(compressed(of_zeros(60 * MIB), 2))), "message/message_too_large", "compressed"),
    Row("a bomb in fragments of a byte", agreed(saying(in_fragments(of_zeros(4 * MIB), 1))), "message/message_too_large", "compressed"),
    Row("bombs of a megabyte each without end", agreed(repeating(compressed(of_zeros(MIB), 2) * 8), f"{AGREED}; server_no_context_takeover"),
        "message/session_input_limit", "compressed", noisy=True),
    Row("compressed messages of nothing without end", agreed(repeating(compressed(b"\x00") * 4096)), "message/session_input_limit",
        "compressed", noisy=True),
    Row("empty blocks without end", agreed(repeating(b"\x00\x7e\x3f\xfc" + b"\x00\x00\x00\xff\xff" * 3276,
                                                     b"\x41\x05\x00\x00\x00\xff\xff")), "message/session_input_limit", "compressed",
        noisy=True),
]


def encoded(name: str, body: bytes, coding: str, outcome: str = "completed") -> Row:
    return Row(name, document(body, extra=f"Content-Encoding: {coding}\r\n"), outcome, "health")


DOCUMENTS = [
    encoded("a good document in gzip", gzip.compress(GOOD.encode()), "gzip"),
    encoded("a good document in deflate", zlib.compress(GOOD.encode()), "deflate"),
    encoded("a document in a coding that nobody knows", GOOD.encode()[::-1], "lavender"),
    encoded("a bomb of gzip", gzip.compress(bytes(40 * MIB)), "gzip"),
    encoded("a bomb in a bomb", gzip.compress(gzip.compress(bytes(40 * MIB))), "gzip, gzip"),
    encoded("gzip that is cut", gzip.compress(GOOD.encode())[:-9], "gzip"),
    Row("gzip as a transfer coding", answer(OK.encode() + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\n\x1f\r\n"), "response/bad_framing",
        "health"),
    Row("gzip without end", flooding(gzip.compress(bytes(64 * KIB)), OK.encode() + b"Content-Encoding: gzip\r\n\r\n"), "completed", "health",
        noisy=True),
    Row("chunks of gzip without end", flooding(b"400\r\n" + bytes(1024) + b"\r\n", (OK + "Content-Encoding: gzip\r\n" + CHUNKED).encode()),
        "completed", "health", noisy=True),
]

ROWS = [Row(f"compression: {name}", agreed(saying(), text), "upgrade/extension_bad", "compressed") for name, text in ANSWERS.items()]
ROWS += MESSAGES + DOCUMENTS
