"""The cases: what the server does, and exactly what a client has to do then.

The groups are those of the well-known suite: framing, pings, reserved bits, opcodes, fragments, UTF-8, closing, limits,
automatic fragmentation, compression. An `Exchange` is answered with its items in their order and then closed by the
server; a `Break` of the protocol has to be answered with its items, a close frame with one of its codes, and the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterator

from peer import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Deflate, close_body, fragments, frame

Item = tuple[int, bytes]
KIB, MIB = 1 << 10, 1 << 20


@dataclass
class Exchange:
    name: str
    data: bytes
    items: list[Item]
    chop: int = 0


@dataclass
class Break:
    name: str
    data: bytes
    codes: set[int]
    items: list[Item] = field(default_factory=list)
    chop: int = 0


@dataclass
class Closing:
    """The server closes with this payload, and the client has to echo its code."""

    name: str
    data: bytes
    code: int | None
    items: list[Item] = field(default_factory=list)


@dataclass
class Compressed:
    """So many messages of this size, one after the other, each echoed."""

    name: str
    deflate: Deflate
    opcode: int
    size: int
    count: int
    fragment: int = 0


Case = Exchange | Break | Closing | Compressed


def framing() -> Iterator[Case]:
    for group, opcode, letter in ((1, TEXT, b"*"), (2, BINARY, b"\xfe")):
        for at, (size, chop) in enumerate(
            [(0, 0), (125, 0), (126, 0), (127, 0), (128, 0), (65535, 0), (65536, 0), (65536, 997)], 1
        ):
            yield Exchange(f"1.{group}.{at}", frame(opcode, letter * size), [(opcode, letter * size)], chop)


def pings() -> Iterator[Case]:
    binary = bytes([0, 255, 254, 253, 252, 251, 0, 255])
    for at, payload in enumerate([b"", b"Hello", binary, b"\xfe" * 125], 1):
        yield Exchange(f"2.{at}", frame(PING, payload), [(PONG, payload)])
    yield Break("2.5", frame(PING, b"\xfe" * 126), {1002})
    yield Exchange("2.6", frame(PING, b"\xfe" * 125), [(PONG, b"\xfe" * 125)], 1)
    yield Exchange("2.7", frame(PONG), [])
    yield Exchange("2.8", frame(PONG, b"unasked"), [])
    yield Exchange("2.9", frame(PONG, b"unasked") + frame(PING, b"asked"), [(PONG, b"asked")])
    ten = [b"payload-%d" % at for at in range(10)]
    for name, chop in (("2.10", 0), ("2.11", 1)):
        yield Exchange(name, b"".join(frame(PING, one) for one in ten), [(PONG, one) for one in ten], chop)


def reserved_bits() -> Iterator[Case]:
    hello = frame(TEXT, b"Hello")
    echoed = [(TEXT, b"Hello")]
    yield Break("3.1", frame(TEXT, b"x", reserved=1), {1002})
    yield Break("3.2", hello + frame(TEXT, b"x", reserved=2) + frame(PING), {1002}, echoed)
    yield Break("3.3", hello + frame(TEXT, b"x", reserved=3) + frame(PING), {1002}, echoed)
    yield Break("3.4", hello + frame(TEXT, b"x", reserved=4) + frame(PING), {1002}, echoed, 1)
    yield Break("3.5", frame(BINARY, b"\xff", reserved=5), {1002})
    yield Break("3.6", frame(PING, b"x", reserved=6), {1002})
    yield Break("3.7", frame(CLOSE, close_body(1000), reserved=7), {1002})


def opcodes() -> Iterator[Case]:
    hello = frame(TEXT, b"Hello")
    for group, first in ((1, 3), (2, 11)):
        for at in range(5):
            payload = b"" if at % 2 == 0 else b"reserved"
            before = hello if at >= 2 else b""
            data = before + frame(first + at, payload) + frame(PING)
            yield Break(f"4.{group}.{at + 1}", data, {1002}, [(TEXT, b"Hello")] if before else [])


def fragmentation() -> Iterator[Case]:
    one, two = b"fragment1", b"fragment2"
    start, end = frame(TEXT, one, fin=False), frame(CONTINUATION, two)
    whole, ping, pong = (TEXT, one + two), frame(PING, b"ping"), (PONG, b"ping")
    yield Break("5.1", frame(PING, one, fin=False) + frame(CONTINUATION, two), {1002})
    yield Break("5.2", frame(PONG, one, fin=False) + frame(CONTINUATION, two), {1002})
    for at, chop in ((3, 0), (4, 5), (5, 1)):
        yield Exchange(f"5.{at}", start + end, [whole], chop)
    for at, chop in ((6, 0), (7, 5), (8, 1)):
        yield Exchange(f"5.{at}", start + ping + end, [pong, whole], chop)
    stray = frame(CONTINUATION, b"stray") + frame(TEXT, b"Hello")
    open_stray = frame(CONTINUATION, b"stray", fin=False) + frame(TEXT, b"Hello")
    for at, (data, chop) in enumerate([(stray, 0), (stray, 5), (stray, 1), (open_stray, 0), (open_stray, 5), (open_stray, 1)], 9):
        yield Break(f"5.{at}", data, {1002}, [], chop)
    yield Break("5.15", start + end + frame(CONTINUATION, b"x", fin=False) + frame(TEXT, b"Hello"), {1002}, [whole])
    both = (frame(CONTINUATION, one, fin=False) + frame(TEXT, two)) * 2
    yield Break("5.16", both, {1002})
    yield Break("5.17", frame(CONTINUATION, one) + frame(TEXT, two), {1002})
    yield Break("5.18", start + frame(TEXT, two), {1002})
    five = start + frame(CONTINUATION, b"2", fin=False) + ping + frame(CONTINUATION, b"3", fin=False)
    five += frame(CONTINUATION, b"4", fin=False) + ping + frame(CONTINUATION, b"5")
    yield Exchange("5.19", five, [pong, pong, (TEXT, one + b"2345")])
    yield Exchange("5.20", five, [pong, pong, (TEXT, one + b"2345")], 1)


KOSME = "κόσμε".encode()
GOOD_TEXTS = [
    KOSME, b"Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!", b"\x00", b"\x7f", b"\xc2\x80",
    b"\xdf\xbf", b"\xe0\xa0\x80", b"\xef\xbf\xbf", b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf",
    b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xef\xbb\xbf", b"\xf0\xa0\x80\x80",
] + [chr(plane << 16 | low).encode() for plane in range(17) for low in (0xFFFE, 0xFFFF)]
BAD_TEXTS = (
    [KOSME[:at] for at in (1, 3, 5, 7, 9)]
    + [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf"]
    + [b"\xfd\xbf\xbf\xbf\xbf\xbf", b"\xf4\x90\x80\x80"]
    + [b"\x80" * count for count in range(1, 8)] + [b"\xbf", bytes(range(0x80, 0xC0))]
    + [b" ".join(bytes([lead]) for lead in leads) for leads in
       (range(0xC0, 0xE0), range(0xE0, 0xF0), range(0xF0, 0xF8), range(0xF8, 0xFC), range(0xFC, 0xFE))]
    + [b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80"]
    + [b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf"]
    + [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]
    + [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf"]
    + [b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf"]
    + [b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"]
    + [b"\xed" + bytes([middle, last]) for middle in (0xA0, 0xAD, 0xAE, 0xAF, 0xB0, 0xBE, 0xBF) for last in (0x80, 0xBF)]
    + [KOSME + b"\xed\xa0\x80" + b"edited", b"\xed\xa0\x80\xed\xb0\x80", b"\xed\xaf\xbf\xed\xbf\xbf"]
)


def texts() -> Iterator[Case]:
    empty = [frame(TEXT, b"", fin=False), frame(CONTINUATION, b"", fin=False), frame(CONTINUATION)]
    yield Exchange("6.1.1", frame(TEXT), [(TEXT, b"")])
    yield Exchange("6.1.2", b"".join(empty), [(TEXT, b"")])
    yield Exchange("6.1.3", empty[0] + frame(CONTINUATION, b"middle", fin=False) + empty[2], [(TEXT, b"middle")])
    for at, text in enumerate(GOOD_TEXTS, 1):
        yield Exchange(f"6.2.{at}", frame(TEXT, text), [(TEXT, text)])
        if at <= 12:
            yield Exchange(f"6.2.{at}f", b"".join(fragments(TEXT, text, 1)), [(TEXT, text)])
    for at, text in enumerate(BAD_TEXTS, 1):
        yield Break(f"6.3.{at}", frame(TEXT, text), {1007})
        if at <= 12:
            yield Break(f"6.3.{at}f", b"".join(fragments(TEXT, text, 1)), {1007})
    # The message never ends: what is wrong already has to be told at once.
    bad = KOSME + b"\xf4\x90\x80\x80"
    yield Break("6.4.1", frame(TEXT, bad, fin=False), {1007})
    yield Break("6.4.2", frame(TEXT, KOSME, fin=False) + frame(CONTINUATION, b"\xf4\x90", fin=False), {1007})
    unfinished = frame(TEXT, bad + b"edited")
    yield Break("6.4.3", unfinished[:-7], {1007})
    yield Break("6.4.4", unfinished[:-7], {1007}, [], 1)


def closes() -> Iterator[Case]:
    hello, echoed, ok = frame(TEXT, b"Hello"), [(TEXT, b"Hello")], frame(CLOSE, close_body(1000))
    yield Closing("7.1.1", hello + ok, 1000, echoed)
    yield Closing("7.1.2", ok + ok, 1000)
    yield Closing("7.1.3", ok + frame(PING), 1000)
    yield Closing("7.1.4", ok + hello, 1000)
    yield Closing("7.1.5", frame(TEXT, b"start", fin=False) + ok + frame(CONTINUATION, b"end"), 1000)
    yield Closing("7.1.6", frame(TEXT, b"*" * (256 * KIB)) + ok + frame(PING), 1000, [(TEXT, b"*" * (256 * KIB))])
    yield Closing("7.3.1", frame(CLOSE), None)
    yield Break("7.3.2", frame(CLOSE, b"a"), {1002})
    yield Closing("7.3.3", frame(CLOSE, close_body(1000)), 1000)
    yield Closing("7.3.4", frame(CLOSE, close_body(1000, b"Hello")), 1000)
    yield Closing("7.3.5", frame(CLOSE, close_body(1000, b"*" * 123)), 1000)
    yield Break("7.3.6", frame(CLOSE, close_body(1000, b"*" * 124)), {1002})
    yield Break("7.5.1", frame(CLOSE, close_body(1000, KOSME + b"\xed\xa0\x80edited")), {1002, 1007})
    good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
    for at, code in enumerate(good, 1):
        yield Closing(f"7.7.{at}", frame(CLOSE, close_body(code)), code)
    for at, code in enumerate([0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535], 1):
        yield Break(f"7.9.{at}", frame(CLOSE, close_body(code)), {1002})


def limits(scale: int) -> Iterator[Case]:
    """Up to 16 MiB, or that divided by `scale`."""
    sizes = [size // scale for size in (64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB)]
    pieces = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB]
    for opcode, letter, whole, cut in ((TEXT, b"*", 1, 3), (BINARY, b"\xfe", 2, 4)):
        for at, size in enumerate(sizes, 1):
            yield Exchange(f"9.{whole}.{at}", frame(opcode, letter * size), [(opcode, letter * size)])
        payload = letter * (4 * MIB // scale)
        for at, piece in enumerate(pieces, 1):
            yield Exchange(f"9.{cut}.{at}", b"".join(fragments(opcode, payload, piece)), [(opcode, payload)])
        payload = letter * (MIB // scale)
        for at, chop in enumerate([64, 128, 256, 512, KIB, 2 * KIB], 1):
            yield Exchange(f"9.{whole + 4}.{at}", frame(opcode, payload), [(opcode, payload)], chop)
        for at, size in enumerate([0, 16, 64, 256, KIB, 4 * KIB], 1):
            count = 1000 // min(scale, 10)
            one = frame(opcode, letter * size)
            yield Exchange(f"9.{whole + 6}.{at}", one * count, [(opcode, letter * size)] * count)
    payload = b"*" * 65536
    yield Exchange("10.1.1", b"".join(fragments(TEXT, payload, 1300)), [(TEXT, payload)])


def compression(scale: int) -> Iterator[Case]:
    sizes = [16, 64, 256, KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB]
    count = max(1000 // (scale * scale), 3)
    for kind, (opcode, cut) in enumerate([(TEXT, 0), (BINARY, 0), (TEXT, 256), (BINARY, 256), (TEXT, 4096)], 1):
        for at, size in enumerate([0, 1, *sizes, 257, 1023, 4095, 32769, 65535, 131073], 1):
            yield Compressed(f"12.{kind}.{at}", Deflate(), opcode, size, count if size <= 8 * KIB else max(count // 10, 3), cut)
    agreed = [
        Deflate(), Deflate(server_keeps=False), Deflate(client_keeps=False), Deflate(server_bits=9),
        Deflate(client_bits=9), Deflate(client_bits=8), Deflate(9, 9, False, False),
    ]
    for kind, deflate in enumerate(agreed, 1):
        for at, size in enumerate([0, 1, *sizes, 257, 1023, 4095, 32769, 65535, 131073], 1):
            opcode = TEXT if at % 2 else BINARY
            yield Compressed(f"13.{kind}.{at}", deflate, opcode, size, max(count // 10, 3), 1000 if at % 3 == 0 else 0)


def all_cases(scale: int) -> list[Case]:
    """With `scale` 1 everything in full; with more, large messages and many of them are fewer and smaller."""
    groups = (framing(), pings(), reserved_bits(), opcodes(), fragmentation(), texts(), closes(), limits(scale), compression(scale))
    return [case for group in groups for case in group]
