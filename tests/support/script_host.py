"""Asks wsprobe-script-host as wsprobe does: one request on its standard input, one answer on its standard output.

Each value is a netstring; a number is one in decimal digits, a list begins with how many it has.
"""

from __future__ import annotations

import resource
import subprocess
from dataclasses import dataclass, field

ENDS = ("completed", "threw", "needed", "out_of_time", "out_of_memory", "left_page", "not_run")


@dataclass
class Script:
    text: str | bytes
    address: str = ""
    first_line: int = 1
    module: bool = False
    deferred: bool = False


@dataclass
class Run:
    end: str
    detail: str
    line: int


@dataclass
class Answer:
    runs: list[Run]
    later: list[Run]
    value: str | None
    type: str
    assigned: tuple[int | None, int]
    changed_later: bool
    found: dict[str, str]
    sockets: list[tuple[str, int | None, int]]


@dataclass
class Asked:
    """How the host ended, what it said, and what it cost."""

    code: int
    err: str
    processor_seconds: float
    resident: int  # bytes, at most
    answer: Answer | None
    raw: bytes = field(repr=False, default=b"")


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def bytes(self) -> bytes:
        colon = self.data.index(b":", self.at)
        length = int(self.data[self.at:colon])
        end = colon + 1 + length
        assert self.data[end:end + 1] == b","
        self.at = end + 1
        return self.data[colon + 1:end]

    def text(self) -> str:
        return self.bytes().decode()

    def number(self) -> int:
        return int(self.bytes())

    def place(self) -> tuple[int | None, int]:
        script = self.number()
        return (script - 1 if script else None, self.number())

    def run(self) -> Run:
        return Run(ENDS[self.number()], self.text(), self.number())


def encode(page: str, scripts: list[Script], variable: str = "WS_BASE_URL", base: str | None = None) -> bytes:
    out = bytearray()

    def put(value: str | bytes | int | bool) -> None:
        data = value if isinstance(value, bytes) else (value if isinstance(value, str) else str(int(value))).encode()
        out.extend(str(len(data)).encode() + b":" + data + b",")

    for value in ("wsprobe script request 1", page, base or page, variable, len(scripts)):
        put(value)
    for script in scripts:
        for value in (script.address, script.text, script.first_line, script.module, script.deferred):
            put(value)
    return bytes(out)


def decode(data: bytes) -> Answer:
    reader = _Reader(data)
    assert reader.text() == "wsprobe script answer 1"
    runs = [reader.run() for _ in range(reader.number())]
    later = [reader.run() for _ in range(reader.number())]
    value = reader.text() if reader.number() else None
    kind = reader.text()
    assigned = reader.place()
    changed = bool(reader.number())
    found = {reader.text(): reader.text() for _ in range(reader.number())}
    sockets = []
    for _ in range(reader.number()):
        url = reader.text()
        sockets.append((url, *reader.place()))
    assert reader.at == len(data)
    return Answer(runs, later, value, kind, assigned, changed, found, sockets)


def processor_seconds() -> float:
    """Of the children that have ended: what a busy machine does not lengthen."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ask(host: str, request: bytes, before: object = None) -> Asked:
    used = processor_seconds()
    child = subprocess.Popen([host], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={},
                             preexec_fn=before)
    out, err = child.communicate(request, timeout=60)
    used = processor_seconds() - used
    resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    answer = decode(out) if child.returncode == 0 else None
    return Asked(child.returncode, err.decode(errors="replace"), used, resident, answer, out)
