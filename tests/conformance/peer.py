"""A WebSocket server's side of one connection, frame by frame, that is able to do everything wrong."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zlib
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
LEFT_OUT = b"\x00\x00\xff\xff"
PATIENCE = 60.0


class Fault(Exception):
    """What the client did wrong."""


@dataclass(frozen=True)
class Deflate:
    """What was agreed about compression (RFC 7692)."""

    server_bits: int = 15
    client_bits: int = 15
    server_keeps: bool = True
    client_keeps: bool = True

    def answer(self) -> str:
        words = ["permessage-deflate"]
        words += [] if self.server_keeps else ["server_no_context_takeover"]
        words += [] if self.client_keeps else ["client_no_context_takeover"]
        words += [f"server_max_window_bits={self.server_bits}"] if self.server_bits != 15 else []
        words += [f"client_max_window_bits={self.client_bits}"] if self.client_bits != 15 else []
        return "; ".join(words)


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = False) -> bytes:
    size = len(payload)
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask = 0x80 if masked else 0
    if size < 126:
        head += bytes([mask | size])
    elif size < 1 << 16:
        head += bytes([mask | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([mask | 127]) + size.to_bytes(8, "big")
    return head + (bytes(4) if masked else b"") + payload


def fragments(opcode: int, payload: bytes, size: int) -> list[bytes]:
    pieces = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
    last = len(pieces) - 1
    return [frame(CONTINUATION if at else opcode, piece, fin=at == last) for at, piece in enumerate(pieces)]


def close_body(code: int, reason: bytes = b"") -> bytes:
    return code.to_bytes(2, "big") + reason


def unmask(payload: bytes, key: bytes) -> bytes:
    if not payload:
        return payload
    stream = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(payload), "big")


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.deflate: Deflate | None = None
        self.compressor = self.decompressor = None

    async def head(self) -> tuple[str, dict[str, str]]:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        return lines[0].split(" ")[1], {name.lower(): value for name, value in fields.items()}

    async def accept(self, fields: dict[str, str], deflate: Deflate | None) -> None:
        digest = hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        answer.append("Sec-WebSocket-Accept: " + base64.b64encode(digest).decode())
        if deflate:
            answer.append("Sec-WebSocket-Extensions: " + deflate.answer())
            self.deflate = deflate
        await self.send(("\r\n".join(answer) + "\r\n\r\n").encode())

    async def send(self, data: bytes, chop: int = 0) -> None:
        """Whole, or in so many bytes at a time. A client that has gone away is seen by reading."""
        try:
            for at in range(0, len(data), chop or max(len(data), 1)):
                self.writer.write(data[at : at + (chop or len(data))])
                await asyncio.wait_for(self.writer.drain(), PATIENCE)
                if chop:
                    await asyncio.sleep(0)
        except ConnectionError:
            pass

    def compress(self, payload: bytes) -> bytes:
        assert self.deflate
        if self.compressor is None or not self.deflate.server_keeps:
            self.compressor = zlib.compressobj(wbits=-self.deflate.server_bits)
        packed = self.compressor.compress(payload) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
        return packed[:-4] or b"\x00"  # section 7.2.3.6

    def decompress(self, payload: bytes) -> bytes:
        assert self.deflate
        if self.decompressor is None or not self.deflate.client_keeps:
            # Output is taken in pieces smaller than the window, so that what refers too far back is noticed.
            self.decompressor = zlib.decompressobj(wbits=-self.deflate.client_bits)
        data, out = payload + LEFT_OUT, []
        while data:
            out.append(self.decompressor.decompress(data, 128))
            data = self.decompressor.unconsumed_tail
        while rest := self.decompressor.decompress(b"", 128):
            out.append(rest)
        return b"".join(out)

    async def receive(self) -> tuple[int, bytes] | None:
        """The client's next message or control frame; none at the end of the connection."""
        message, opcode, packed = b"", None, False
        while True:
            try:
                first, second = await asyncio.wait_for(self.reader.readexactly(2), PATIENCE)
                if not second & 0x80:
                    raise Fault("a frame without a mask")
                size = second & 0x7F
                if size > 125:
                    size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
                key = await self.reader.readexactly(4)
                payload = unmask(await asyncio.wait_for(self.reader.readexactly(size), PATIENCE), key)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
            except asyncio.TimeoutError:
                raise Fault("silence") from None
            kind = first & 0x0F
            if first & (0x30 if self.deflate and kind in (TEXT, BINARY) else 0x70):
                raise Fault("reserved bits")
            if kind >= CLOSE:
                return kind, payload
            opcode, packed = (kind, bool(first & 0x40)) if opcode is None else (opcode, packed)
            message += payload
            if first & 0x80:
                return opcode, self.decompress(message) if packed else message
