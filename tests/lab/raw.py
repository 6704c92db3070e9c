"""Requests over plain sockets, for the truth about a deployment: no HTTP library has a say in what is seen."""

from __future__ import annotations

import base64
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from programs import Address


@dataclass(frozen=True)
class Answer:
    status: int  # 0: closed without an answer
    head: str
    rest: bytes
    close_code: int = 0  # of a close frame that followed a 101

    def values(self, name: str) -> list[str]:
        pairs = [line.partition(":") for line in self.head.split("\r\n")[1:]]
        return [value.strip() for key, _, value in pairs if key.lower() == name.lower()]


def ask(address: Address, target: str, headers: Sequence[str] = (), *, upgrade: bool = False, timeout: float = 10,
        read_close: bool = False) -> Answer:
    """One request. `read_close` waits for a frame after a 101 and keeps the code of a close."""
    lines = [f"GET {target} HTTP/1.1", f"Host: {address}", *headers]
    if upgrade:
        key = base64.b64encode(os.urandom(16)).decode()
        lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
    else:
        lines.append("Connection: close")
    with socket.create_connection((address.host, address.port), timeout=timeout) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return Answer(0, "", data)
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        while (status != 101 and not upgrade) or (read_close and status == 101 and len(rest) < 4):
            more = connection.recv(65536)
            if not more:
                break
            rest += more
    is_close = status == 101 and len(rest) >= 4 and rest[0] == 0x88
    return Answer(status, head.decode("latin-1"), rest, struct.unpack("!H", rest[2:4])[0] if is_close else 0)
