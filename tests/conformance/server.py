"""A fuzzing server: /getCaseCount, /runCase?case=N&agent=NAME, /updateReports?agent=NAME, over ws or wss.

What is not exactly as expected is a failure; nothing is "non-strict".
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from urllib.parse import parse_qs, urlsplit

from cases import Break, Case, Closing, Compressed, Exchange
from peer import BINARY, CLOSE, CONTINUATION, TEXT, Connection, Fault, close_body, frame

OK = "OK"


async def expect(connection: Connection, items: list[tuple[int, bytes]]) -> None:
    for at, wanted in enumerate(items, 1):
        item = await connection.receive()
        if item != wanted:
            got = "the end" if item is None else f"opcode {item[0]}, {len(item[1])} bytes {item[1][:20]!r}"
            raise Fault(f"item {at} of {len(items)} is {got}, not opcode {wanted[0]}, {len(wanted[1])} bytes")


async def expect_close(connection: Connection, codes: set[int]) -> None:
    item = await connection.receive()
    bodies = [close_body(code) for code in codes]
    if item is None or item[0] != CLOSE or item[1] not in bodies:
        raise Fault(f"not the close frame that has to come: {item!r}"[:200])


async def end(connection: Connection) -> None:
    """The server closes, and the client echoes."""
    await connection.send(frame(CLOSE, close_body(1000)))
    await expect_close(connection, {1000})


def pattern(size: int, number: int) -> bytes:
    """JSON-like text that compresses, and is another for each message."""
    unit = b'{"id": %d, "price": "%d.%02d"}' % (number, number * 7919 % 9973, number % 100)
    return (unit * (size // len(unit) + 1))[:size]


async def run_compressed(connection: Connection, case: Compressed) -> None:
    for number in range(case.count):
        payload = pattern(case.size, number)
        packed = connection.compress(payload)
        size = case.fragment or max(len(packed), 1)
        pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
        for at, piece in enumerate(pieces):
            opcode, reserved = (CONTINUATION, 0) if at else (case.opcode, 4)
            await connection.send(frame(opcode, piece, fin=at == len(pieces) - 1, reserved=reserved))
        await expect(connection, [(case.opcode, payload)])
    await end(connection)


async def run(connection: Connection, case: Case) -> None:
    if isinstance(case, Compressed):
        await run_compressed(connection, case)
        return
    chop = getattr(case, "chop", 0)
    sending = asyncio.create_task(connection.send(case.data, chop))
    try:
        await expect(connection, case.items)
        if isinstance(case, Break):
            await expect_close(connection, case.codes)
        elif isinstance(case, Closing) and case.code is None:
            await expect(connection, [(CLOSE, b"")])
        elif isinstance(case, Closing):
            await expect_close(connection, {case.code})
        elif isinstance(case, Exchange):
            await sending
            await end(connection)
    finally:
        sending.cancel()
    if isinstance(case, Break) and connection.writer.can_write_eof():
        connection.writer.write_eof()
        if await connection.receive() is not None:
            raise Fault("more came after the close frame")


class Server:
    """Serves in a thread of its own until the block is left. `results` has the name of each case that ran."""

    def __init__(self, cases: list[Case], tls: ssl.SSLContext | None = None) -> None:
        self.cases, self.tls = cases, tls
        self.results: dict[str, str] = {}
        self.running: set[asyncio.Task[None]] = set()
        self.reported = False
        self.port = 0

    async def serve_case(self, connection: Connection, fields: dict[str, str], number: int) -> None:
        case = self.cases[number - 1]
        self.results[case.name] = "it broke off"
        try:
            await connection.accept(fields, case.deflate if isinstance(case, Compressed) else None)
            await run(connection, case)
            self.results[case.name] = OK
        except Fault as fault:
            self.results[case.name] = str(fault)
        except Exception as error:  # what the client sent cannot even be read
            self.results[case.name] = repr(error)

    async def all_judged(self) -> None:
        """The last case may still be waiting for its connection to end."""
        if self.running:
            await asyncio.wait(self.running, timeout=5)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        try:
            target, fields = await connection.head()
            url = urlsplit(target)
            if url.path == "/runCase":
                number = int(parse_qs(url.query)["case"][0])
                judging = asyncio.create_task(self.serve_case(connection, fields, number))
                self.running.add(judging)
                judging.add_done_callback(self.running.discard)
                await judging
            else:
                await connection.accept(fields, None)
                if url.path == "/getCaseCount":
                    await connection.send(frame(TEXT, str(len(self.cases)).encode()))
                if url.path == "/updateReports":
                    await self.all_judged()
                    self.reported = True
                await end(connection)
        except (Fault, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def main(self) -> None:
        self.loop, self.stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        async with server:
            await self.stopping.wait()

    def __enter__(self) -> Server:
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.main()))
        self.thread.start()
        self.ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join()
