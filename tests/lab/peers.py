"""Peers that misbehave: a listener on loopback that hands every connection to a script of its own.

A script is a function of the accepted connection. It runs in a thread of its own and may stop in the middle of
anything; when the peer is closed, its connections are reset.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

from programs import Address, listening_socket

Script = Callable[["Connection"], None]
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class Connection:
    """One accepted connection, with the few things that scripts need."""

    def __init__(self, connection: socket.socket, stop: threading.Event) -> None:
        self.socket = connection
        self.stop = stop

    def request(self) -> str:
        """The head of one request."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the client has gone")
            data += more
        return data.decode("latin-1")

    def send(self, data: bytes | str) -> None:
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionError("the client has gone")
            data += more
        return data

    def wait(self) -> None:
        """Says nothing more, and keeps the connection until the client has gone."""
        while self.socket.recv(65536):
            pass

    def end(self) -> None:
        """A FIN, and the other direction stays open."""
        self.socket.shutdown(socket.SHUT_WR)

    def flood(self, data: bytes) -> None:
        while not self.stop.is_set():
            self.send(data)

    def trickle(self, data: bytes, pause: float) -> None:
        for index in range(len(data)):
            self.send(data[index:index + 1])
            if self.stop.wait(pause):
                return

    def accept_upgrade(self, request: str, *extra: str) -> None:
        key = field(request, "Sec-WebSocket-Key")
        self.send("\r\n".join(["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                               f"Sec-WebSocket-Accept: {accept_of(key)}", *extra, "", ""]))

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def accept_of(key: str) -> str:
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def field(request: str, name: str) -> str:
    for line in request.split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name.lower():
            return value.strip()
    return ""


def is_upgrade(request: str) -> bool:
    return field(request, "Upgrade").lower() == "websocket"


def frame(opcode: int, payload: bytes) -> bytes:
    """A server's frame: final, unmasked, at most 64 KiB."""
    length = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + struct.pack("!H", len(payload))
    return bytes([0x80 | opcode]) + length + payload


def close_frame(code: int, reason: bytes = b"") -> bytes:
    return frame(8, struct.pack("!H", code) + reason)


class Peer:
    """Serves a script until it is closed."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.listener = listening_socket()
        self.address = Address(*self.listener.getsockname())
        self.stop = threading.Event()
        self.accepted = threading.Semaphore(0)
        self.connections: list[socket.socket] = []
        self.threads: list[threading.Thread] = []
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            thread = threading.Thread(target=self.serve, args=(connection,), daemon=True)
            self.threads = [one for one in self.threads if one.is_alive()] + [thread]
            thread.start()
            self.accepted.release()

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self.script(Connection(connection, self.stop))
        self.connections.remove(connection)

    def close(self) -> None:
        self.stop.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.acceptor.join(5)
        for thread in self.threads:
            thread.join(5)

    @property
    def url(self) -> str:
        return f"ws://{self.address}/api/ws"

    @property
    def edge(self) -> str:
        return f"ws://{self.address}"


@contextlib.contextmanager
def peer(script: Script) -> Iterator[Peer]:
    running = Peer(script)
    try:
        yield running
    finally:
        running.close()
