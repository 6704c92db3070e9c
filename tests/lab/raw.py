"""Requests over plain sockets, for the truth about a deployment: no HTTP library has a say in what is seen."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from programs import Address


@dataclass(frozen=True)
class Answer:
    status: int  # 0: closed without an answer
    head: str
    rest: bytes

    def values(self, name: str) -> list[str]:
        pairs = [line.partition(":") for line in self.head.split("\r\n")[1:]]
        return [value.strip() for key, _, value in pairs if key.lower() == name.lower()]

    @property
    def close_code(self) -> int:
        """Of a close frame that followed a 101."""
        is_close = self.status == 101 and len(self.rest) >= 4 and self.rest[0] == 0x88
        return int(struct.unpack("!H", self.rest[2:4])[0]) if is_close else 0

    @property
    def is_chunked(self) -> bool:
        return "chunked" in self.values("Transfer-Encoding")

    @property
    def is_complete(self) -> bool:
        if self.is_chunked:
            return self.rest.endswith(b"0\r\n\r\n")
        lengths = self.values("Content-Length")
        return bool(lengths) and len(self.rest) >= int(lengths[0])

    @property
    def body(self) -> bytes:
        """Without its framing, which every hop may change."""
        if not self.is_chunked:
            return self.rest
        text, rest = b"", self.rest
        while size := int(rest.partition(b"\r\n")[0] or b"0", 16):
            start = rest.index(b"\r\n") + 2
            text, rest = text + rest[start:start + size], rest[start + size + 2:]
        return text


def receive(connection: socket.socket) -> bytes:
    """What comes next; nothing where the connection was closed or reset."""
    with contextlib.suppress(ConnectionResetError):
        return connection.recv(65536)
    return b""


@contextlib.contextmanager
def held_open(address: Address, target: str, *, timeout: float) -> Iterator[socket.socket]:
    """The connection of an upgrade that was accepted, after the head of the answer."""
    with socket.create_connection((address.host, address.port), timeout=timeout) as connection:
        connection.sendall("\r\n".join(upgrade_request(address, target)).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert head.startswith(b"HTTP/1.1 101"), head
        yield connection


def upgrade_request(address: Address, target: str, headers: Sequence[str] = ()) -> list[str]:
    key = base64.b64encode(os.urandom(16)).decode()
    return [f"GET {target} HTTP/1.1", f"Host: {address}", *headers, "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "", ""]


def ask(address: Address, target: str, headers: Sequence[str] = (), *, upgrade: bool = False, timeout: float = 10,
        read_close: bool = False) -> Answer:
    """One request. `read_close` waits for a frame after a 101 and keeps the code of a close."""
    plain = [f"GET {target} HTTP/1.1", f"Host: {address}", *headers, "Connection: close", "", ""]
    lines = upgrade_request(address, target, headers) if upgrade else plain
    with socket.create_connection((address.host, address.port), timeout=timeout) as connection:
        connection.sendall("\r\n".join(lines).encode())
        data = b""
        while b"\r\n\r\n" not in data:
            more = receive(connection)
            if not more:
                return Answer(0, "", data)
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        answer = Answer(int(head.split(b" ", 2)[1]), head.decode("latin-1"), rest)
        while not (answer.is_complete if answer.status != 101 else not read_close or len(answer.rest) >= 4):
            more = receive(connection)
            if not more:
                break
            answer = replace(answer, rest=answer.rest + more)
    return answer
