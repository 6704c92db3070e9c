"""Peers behind TLS whose HTTP/2 is a script of the test, while over HTTP/1.1 they are a healthy application.

Frames are written by hand (RFC 9113 section 4; HPACK without its tables, RFC 7541): no library corrects them.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import struct
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from behaviour import GOOD_TOKEN, HEALTH_PATH, SOCKET_PATH
from certificates import Certificate
from peers import Connection, Script, frame, is_upgrade

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
ACK = END_STREAM = 1
END_HEADERS = 4
INITIAL_WINDOW_SIZE, ENABLE_CONNECT_PROTOCOL = 4, 8
STREAM = 1
"""The first stream of a client."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def http2_frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


def settings(*entries: tuple[int, int]) -> bytes:
    return http2_frame(SETTINGS, payload=b"".join(struct.pack("!HI", *entry) for entry in entries))


OFFER = settings((ENABLE_CONNECT_PROTOCOL, 1))


def field(name: str, value: str) -> bytes:
    """A literal that enters no table; both of less than 127 bytes."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def head(status: int, *fields: tuple[str, str], flags: int = END_HEADERS) -> bytes:
    block = field(":status", str(status)) + b"".join(field(*one) for one in fields)
    return http2_frame(HEADERS, flags, STREAM, block)


def data(payload: bytes, flags: int = 0) -> bytes:
    return http2_frame(DATA, flags, STREAM, payload)


class Frames:
    """What the client sends, frame by frame, without its preface."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.bytes = b""
        assert self.take(len(PREFACE)) == PREFACE

    def take(self, count: int) -> bytes:
        while len(self.bytes) < count:
            more = self.connection.socket.recv(65536)
            if not more:
                raise ConnectionError("the client has gone")
            self.bytes += more
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def until(self, kind: int) -> bytes:
        """The payload of the next frame of that kind."""
        while True:
            start = self.take(9)
            payload = self.take(int.from_bytes(start[:3], "big"))
            if start[3] == kind:
                return payload


# ---- over HTTP/1.1 ----


def unmasked_frame(connection: Connection, rest: bytes) -> tuple[int, bytes, bytes]:
    """Opcode and payload of a client's short frame, and what came behind it."""
    while len(rest) < 6 or len(rest) < 6 + (rest[1] & 0x7F):
        more = connection.socket.recv(65536)
        if not more:
            raise ConnectionError("the client has gone")
        rest += more
    length, mask = rest[1] & 0x7F, rest[2:6]
    payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(rest[6:6 + length]))
    return rest[0] & 0x0F, payload, rest[6 + length:]


def converse(connection: Connection) -> None:
    """Pings are answered, and the close."""
    rest, opcode = b"", 0
    while opcode != 8:
        opcode, payload, rest = unmasked_frame(connection, rest)
        if opcode in (8, 9):
            connection.send(frame(8 if opcode == 8 else 10, payload))


def healthy_over_http1(connection: Connection) -> None:
    while True:
        request = connection.request()
        target = urlsplit(request.split(" ")[1])
        if is_upgrade(request) and target.path == SOCKET_PATH:
            if parse_qs(target.query).get("token") == [GOOD_TOKEN]:
                connection.accept_upgrade(request)
                return converse(connection)
            status, body = "403 Forbidden", ""
        elif target.path == HEALTH_PATH:
            status, body = "200 OK", json.dumps({"status": "ok", "ws": {"available": True}})
        else:
            status, body = "404 Not Found", '{"error":"not found"}'
        connection.send(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")


# ---- over TLS ----


def tls(certificate: Certificate, over_http2: Script) -> Script:
    """Whoever offers h2 gets it and the script, anybody else the healthy application."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    context.set_alpn_protocols(["h2", "http/1.1"])

    def script(connection: Connection) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection.socket, server_side=True) as secured:
            connection.socket = secured
            (over_http2 if secured.selected_alpn_protocol() == "h2" else healthy_over_http1)(connection)

    return script


def asked(then: Callable[[Connection], None], offer: bytes = OFFER) -> Script:
    """Offers WebSocket, waits until it is asked for, and then ..."""

    def script(connection: Connection) -> None:
        connection.send(offer)
        Frames(connection).until(HEADERS)
        then(connection)

    return script


def saying(*frames: bytes) -> Script:
    """These, and nothing more."""

    def script(connection: Connection) -> None:
        connection.send(b"".join(frames))
        connection.wait()

    return script


def flooding(again: bytes, first: bytes = b"") -> Script:
    def script(connection: Connection) -> None:
        connection.send(first)
        connection.flood(again)

    return script


def opened_properly(connection: Connection) -> None:
    """Accepts, and answers pings and the close."""
    connection.send(OFFER)
    frames = Frames(connection)
    frames.until(HEADERS)
    connection.send(head(200))
    opcode = 0
    while opcode != 8:
        sent = frames.until(DATA)
        opcode, payload, _ = unmasked_frame(connection, sent)
        connection.send(data(frame(8 if opcode == 8 else 10, payload)))
