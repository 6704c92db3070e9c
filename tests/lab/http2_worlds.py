"""What peers that agree on HTTP/2 do then: they hang, break off, break the rules or never stop, while over HTTP/1.1 all is well."""

from __future__ import annotations

import os
from dataclasses import dataclass

from http2_peers import (
    ACK, CONTINUATION, DATA, ENABLE_CONNECT_PROTOCOL, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, OFFER, PING,
    PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, STREAM, WINDOW_UPDATE, asked, data, field, flooding, head, http2_frame, saying,
    settings,
)
from peers import Connection, Script, close_frame, frame

PING_FRAME = http2_frame(PING, payload=b"12345678")
GOAWAY_CALM = http2_frame(GOAWAY, payload=b"\0\0\0\0" + b"\0\0\0\x0b")
BIG_FIELD = field("name", "v" * 100)


def trickling(pause: float, piece: bytes) -> Script:
    def script(connection: Connection) -> None:
        while not connection.stop.wait(pause):
            connection.send(piece)

    return script


def closing(connection: Connection) -> None:
    del connection  # closed by whoever called


def accepted(then: Script, offer: bytes = OFFER) -> Script:
    """A correct 200, and then ..."""

    def script(connection: Connection) -> None:
        connection.send(head(200))
        then(connection)

    return asked(script, offer)


def bomb() -> bytes:
    """One large field enters HPACK's table, and a byte each names it again."""
    block = field(":status", "200") + b"\x40\x01a\x7f\xa1\x1e" + b"v" * 4000 + b"\xbe" * 8000
    return http2_frame(HEADERS, END_HEADERS, STREAM, block)


def many_fields(count: int) -> bytes:
    return http2_frame(HEADERS, END_HEADERS, STREAM, field(":status", "200") + field("a", "b") * count)


@dataclass(frozen=True)
class World:
    script: Script
    outcomes: str  # "phase/reason" or "rejected STATUS"; several where it is a matter of pieces and moments
    offered: bool = True  # WebSocket over HTTP/2, before it goes wrong
    noisy: bool = False  # sends all it can


WORLDS = {
    # Before the SETTINGS.
    "silence": World(Connection.wait, "first_byte/timeout_first_byte", False),
    "an end": World(closing, "first_byte/closed_before_response first_byte/reset_before_response", False),
    "a reset": World(Connection.reset, "first_byte/reset_before_response first_byte/closed_before_response", False),
    "HTTP/1.1 instead": World(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "first_byte/http2_error", False),
    "bytes without end": World(flooding(os.urandom(4096)), "first_byte/http2_error", False, noisy=True),
    "half a SETTINGS": World(saying(OFFER[:11]), "first_byte/timeout_first_byte", False),
    "SETTINGS cut": World(saying(http2_frame(SETTINGS, payload=b"12345")), "first_byte/http2_error", False),
    "a SETTINGS of a megabyte": World(saying(b"\x10\0\0" + OFFER[3:9] + bytes(1 << 20)), "first_byte/http2_error", False),
    "a ping first": World(saying(PING_FRAME), "first_byte/http2_error", False),
    "GOAWAY first": World(saying(GOAWAY_CALM), "first_byte/http2_error", False),
    "an offer of 2": World(saying(settings((ENABLE_CONNECT_PROTOCOL, 2))), "first_byte/http2_error", False),
    # In place of an answer.
    "SETTINGS without end": World(flooding(settings((3, 100)) * 500, OFFER), "first_byte/http2_limit", noisy=True),
    "pings without end": World(asked(flooding(PING_FRAME * 500)), "first_byte/http2_limit", noisy=True),
    "a ping now and then": World(asked(trickling(0.02, PING_FRAME)), "first_byte/timeout_first_byte"),
    "priorities without end": World(asked(flooding(http2_frame(PRIORITY, 0, 3, b"\0\0\0\0\x10") * 500)), "first_byte/http2_limit", noisy=True),
    "unknown frames without end": World(asked(flooding(http2_frame(0xBB, 0, 0, b"?") * 500)), "first_byte/http2_limit", noisy=True),
    "GOAWAY with the SETTINGS": World(saying(OFFER + GOAWAY_CALM), "first_byte/http2_goaway"),
    "GOAWAY": World(asked(saying(GOAWAY_CALM)), "first_byte/http2_goaway"),
    "RST_STREAM": World(asked(saying(http2_frame(RST_STREAM, 0, STREAM, b"\0\0\0\x07"))), "first_byte/http2_reset"),
    "silence instead of an answer": World(asked(Connection.wait), "first_byte/timeout_first_byte"),
    "an end instead of an answer": World(asked(closing), "first_byte/closed_before_response"),
    "a reset instead of an answer": World(asked(Connection.reset), "first_byte/reset_before_response first_byte/closed_before_response"),
    "CONTINUATION without end": World(
        asked(flooding(http2_frame(CONTINUATION, 0, STREAM, BIG_FIELD) * 100, head(200, flags=0))),
        "first_byte/http2_error", noisy=True),
    "empty CONTINUATION without end": World(
        asked(flooding(http2_frame(CONTINUATION, 0, STREAM) * 500, head(200, flags=0))), "first_byte/http2_error", noisy=True),
    "a head that never ends": World(asked(saying(head(200, flags=0))), "first_byte/timeout_first_byte"),
    "a head of a megabyte in a byte each": World(asked(saying(bomb())), "first_byte/head_too_large"),
    "too many fields": World(asked(saying(many_fields(300))), "first_byte/too_many_fields"),
    "interim answers without end": World(asked(flooding(head(103))), "first_byte/too_many_interim", noisy=True),
    "101": World(asked(saying(head(101))), "first_byte/http2_error"),
    "no status": World(asked(saying(http2_frame(HEADERS, END_HEADERS, STREAM, field("a", "b")))), "first_byte/http2_error"),
    "a push": World(asked(saying(http2_frame(SETTINGS, ACK) + http2_frame(PUSH_PROMISE, END_HEADERS, STREAM, b"\0\0\0\2"))),
                    "first_byte/http2_error"),
    "DATA before the head": World(asked(saying(data(b"x"))), "first_byte/http2_error"),
    "the offer taken back": World(asked(saying(settings((ENABLE_CONNECT_PROTOCOL, 0)))), "first_byte/http2_error"),
    "a window beyond all bounds": World(asked(saying(http2_frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"))), "first_byte/http2_error"),
    "a frame beyond its bound": World(asked(saying(b"\x7f\xff\xff" + data(b"")[3:])), "first_byte/http2_error"),
    # After a 200.
    "no window": World(accepted(Connection.wait, settings((ENABLE_CONNECT_PROTOCOL, 1), (INITIAL_WINDOW_SIZE, 0))),
                       "message/timeout_message"),
    "accepted and silent": World(accepted(Connection.wait), "message/timeout_message"),
    "accepted and ended": World(accepted(saying(data(b"", END_STREAM))), "message/closed_without_close_frame"),
    "accepted and reset": World(accepted(saying(http2_frame(RST_STREAM, 0, STREAM, b"\0\0\0\2"))), "message/reset_in_session"),
    "accepted and closed": World(accepted(saying(data(close_frame(4401)))), "rejected 200"),
    "accepted, then a page": World(accepted(saying(data(b"<!doctype html>" * 20))),
                                   "message/frame_reserved_bits"),
    "accepted, then GOAWAY": World(accepted(saying(GOAWAY_CALM)), "message/reset_in_session"),
    "empty DATA without end": World(accepted(flooding(data(b"") * 1000)), "message/http2_limit", noisy=True),
    "messages without end": World(accepted(flooding(data(frame(1, b"x" * 1000)) * 10)),
                                  "message/session_input_limit", noisy=True),
    "a window of ours that is ignored": World(accepted(flooding(data(b"\x82\x7e\x3f\xf0" + bytes(16368)))), "message/session_input_limit",
                                               noisy=True),
    # A refusal that does not end.
    "a body without end": World(asked(flooding(data(b"no " * 1000), head(404))), "rejected 404", noisy=True),
    "a body that stops": World(asked(saying(head(404) + data(b"no such"))), "rejected 404"),
}
