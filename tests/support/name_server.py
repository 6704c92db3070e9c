"""A name server on loopback, UDP and TCP on one port, whose answers are a function of the question.

`environment()` makes a program ask it that is started with the library test_preload in WSPROBE_TEST_PRELOAD.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

A, CNAME, AAAA = 1, 5, 28
NO_ERROR, FORM_ERROR, SERVER_FAILURE, NAME_ERROR, NOT_IMPLEMENTED, REFUSED = range(6)


@dataclass(frozen=True)
class Question:
    raw: bytes
    name: str
    type: int
    over: str  # udp or tcp
    number: int  # of this question, from 1


@dataclass(frozen=True)
class Record:
    type: int
    value: str  # an address or a name
    name: str = ""  # "": the name that was asked for


Answer = Callable[[Question], bytes | None]  # None: silence


def encoded(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def question_of(raw: bytes, over: str, number: int) -> Question:
    labels, at = [], 12
    while raw[at]:
        labels.append(raw[at + 1:at + 1 + raw[at]].decode("latin-1"))
        at += raw[at] + 1
    return Question(raw, ".".join(labels).lower(), struct.unpack_from("!H", raw, at + 1)[0], over, number)


def section_of(question: Question) -> bytes:
    """The question itself, without what follows it (EDNS)."""
    end = question.raw.index(b"\0", 12) + 5
    return question.raw[12:end]


def data_of(record: Record) -> bytes:
    if record.type == CNAME:
        return encoded(record.value)
    return socket.inet_pton(socket.AF_INET if record.type == A else socket.AF_INET6, record.value)


def response(question: Question, records: Sequence[Record] = (), *, code: int = NO_ERROR, truncated: bool = False) -> bytes:
    head = question.raw[:2] + struct.pack("!HHHHH", 0x8180 | code | (0x0200 if truncated else 0), 1, len(records), 0, 0)
    text = head + section_of(question)
    for record in records:
        data = data_of(record)
        text += encoded(record.name or question.name) + struct.pack("!HHIH", record.type, 1, 60, len(data)) + data
    return text


def addresses(*values: str) -> Answer:
    """These for questions of their family, and nothing for the other."""

    def answer(question: Question) -> bytes:
        wanted = [Record(AAAA if ":" in value else A, value) for value in values]
        return response(question, [record for record in wanted if record.type == question.type])

    return answer


def a_port_of_both(host: str) -> tuple[socket.socket, socket.socket]:
    """A free port of UDP is not always one of TCP."""
    for _ in range(50):
        udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
        tcp.bind((host, 0))
        try:
            udp.bind(tcp.getsockname())
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()
    raise OSError("no port is free for both")


class NameServer:
    def __init__(self, answer: Answer, host: str = "127.0.0.1") -> None:
        self.answer = answer
        self.host = host
        self.count = 0
        self.udp, self.tcp = a_port_of_both(host)
        self.port = self.udp.getsockname()[1]
        self.tcp.listen(16)
        self.held: list[socket.socket] = []
        self.threads = [threading.Thread(target=one, daemon=True) for one in (self.serve_udp, self.serve_tcp)]
        for thread in self.threads:
            thread.start()

    def answer_to(self, raw: bytes, over: str) -> bytes | None:
        self.count += 1
        return self.answer(question_of(raw, over, self.count))

    def serve_udp(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, client = self.udp.recvfrom(4096)
                if not raw:
                    return
                answer = self.answer_to(raw, "udp")
                if answer is not None:
                    self.udp.sendto(answer, client)

    def serve_tcp(self) -> None:
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            self.held.append(connection)
            with contextlib.suppress(OSError, struct.error):
                connection.settimeout(1)
                size = struct.unpack("!H", connection.recv(2))[0]
                answer = self.answer_to(connection.recv(size), "tcp")
                if answer is not None:
                    connection.sendall(struct.pack("!H", len(answer)) + answer)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.tcp.shutdown(socket.SHUT_RDWR)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (self.host, self.port))
        for thread in self.threads:
            thread.join(5)
        for one in (self.udp, self.tcp, *self.held):
            one.close()

    def environment(self, directory: Path) -> dict[str, str]:
        file = directory / f"resolv-{self.port}.conf"
        file.write_text(f"nameserver {self.host}\noptions timeout:5 attempts:1\n")
        return {"LD_PRELOAD": os.environ["WSPROBE_TEST_PRELOAD"], "TEST_RESOLV_CONF": str(file),
                "TEST_NAME_SERVER_PORT": str(self.port), "ASAN_OPTIONS": preloading("ASAN_OPTIONS"),
                "TSAN_OPTIONS": preloading("TSAN_OPTIONS")}


def preloading(variable: str) -> str:
    """The sanitizers want to be the first library."""
    return ":".join(filter(None, [os.environ.get(variable, ""), "verify_asan_link_order=0"]))


@contextlib.contextmanager
def name_server(answer: Answer) -> Iterator[NameServer]:
    running = NameServer(answer)
    try:
        yield running
    finally:
        running.close()
