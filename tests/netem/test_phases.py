"""Each phase is as long as what was put into it, within a millisecond.

A peer that holds back one thing at a time (the answer to a look-up, its half of the TLS handshake, the first byte, the rest
of the body, a pong, its close frame) and a path whose round trips grow. What a phase has gained over a run in which nothing
is held back has to be what was held back, and no other phase may have gained anything. Runs with and without take turns;
the medians are compared.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lab"), str(TESTS / "support")]

from certificates import Authority  # noqa: E402
from long_path import DEPLOYMENT, LongPath, NoLongPath  # noqa: E402
from name_server import NameServer, Question, addresses  # noqa: E402
from peers import Connection, frame, is_upgrade  # noqa: E402

HOST = "edge.lab.test"
ROUNDS = 15
TOLERANCE = 0.001  # seconds
REAL_TIME = 5
AT_ONCE = ["chrt", "--fifo", str(REAL_TIME)]  # both sides run when they can: who else works here must not pass for a phase
BODY = b'{"status": "ok"}'
PING, PONG, CLOSE = 9, 10, 8

SCENARIO = """\
scenario: phases
target: {{edge: "wss://{host}:{port}"}}
timeout: 10s
experiments: false
steps:
  - health: {{name: document, path: /health}}
  - upgrade: {{name: socket, path: /api/ws, expect: accepted, ping: 1}}
"""


@dataclass
class Held:
    """What the peer holds back before it goes on, in seconds."""

    resolve: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0
    response: float = 0.0
    ping: float = 0.0
    close: float = 0.0


def wait(seconds: float) -> None:
    """More exact than a sleep: the last stretch is spent looking at the clock."""
    end = time.perf_counter() + seconds
    if seconds > 0.002:
        threading.Event().wait(seconds - 0.002)
    while time.perf_counter() < end:
        pass


class ConcurrentNameServer(NameServer):
    """A question does not wait for the one before it: the steps of a run ask at the same time."""

    def serve_udp(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, client = self.udp.recvfrom(4096)
                if not raw:
                    return
                threading.Thread(target=self.answer_one, args=(raw, client), daemon=True).start()

    def answer_one(self, raw: bytes, client: tuple[str, int]) -> None:
        answer = self.answer_to(raw, "udp")
        if answer is not None:
            self.udp.sendto(answer, client)


class ExactPeer:
    """A healthy application over TLS, and the name server that knows it, on the far side of the path."""

    def __init__(self, directory: Path) -> None:
        self.held = Held()
        authority = Authority(directory / "authority", "The authority of the measured path")
        certificate = authority.issue(HOST)
        self.root = authority.root
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.chain, certificate.key)
        self.context.num_tickets = 0
        self.listener = socket.create_server((DEPLOYMENT, 0))
        self.port = self.listener.getsockname()[1]
        self.names = ConcurrentNameServer(self.answer_look_up, DEPLOYMENT)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def answer_look_up(self, question: Question) -> bytes | None:
        if question.type == 1:
            wait(self.held.resolve)
        return addresses(DEPLOYMENT)(question)

    def accept(self) -> None:
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError, ConnectionError):
            plain.recv(1, socket.MSG_PEEK)
            wait(self.held.tls)
            with self.context.wrap_socket(plain, server_side=True) as secured:
                connection = Connection(secured, threading.Event())
                request = connection.request()
                wait(self.held.first_byte)
                if is_upgrade(request):
                    connection.accept_upgrade(request)
                    self.session(connection)
                else:
                    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
                    connection.send(head.encode() + BODY[:4])
                    wait(self.held.response)
                    connection.send(BODY[4:])

    def session(self, connection: Connection) -> None:
        while True:
            first, length = connection.exactly(2)
            mask = connection.exactly(4)
            payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(connection.exactly(length & 0x7F)))
            if first & 0x0F == PING:
                wait(self.held.ping)
                connection.send(frame(PONG, payload))
            elif first & 0x0F == CLOSE:
                wait(self.held.close)
                connection.send(frame(CLOSE, payload))
                return

    def stop(self) -> None:
        self.listener.close()
        self.names.close()


@dataclass(frozen=True)
class World:
    path: LongPath
    peer: ExactPeer
    scenario: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    try:
        path = LongPath(0.0)
    except NoLongPath as error:
        pytest.fail(f"no long path on this machine: {error}", pytrace=False)
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME))  # with the threads that this one starts
    with tempfile.TemporaryDirectory(prefix="wsprobe-netem-") as name:
        directory = Path(name)
        peer = ExactPeer(directory)
        scenario = directory / "phases.yaml"
        scenario.write_text(SCENARIO.format(host=HOST, port=peer.port))
        yield World(path, peer, scenario, peer.names.environment(directory))
        peer.stop()
    path.stop()
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


Phases = dict[tuple[str, str], float]  # step and phase


def run(world: World) -> Phases:
    command = [*world.path.enter, *AT_ONCE, os.environ["WSPROBE_BINARY"], "run", str(world.scenario), "--cacert", str(world.peer.root),
               "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                          env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **world.environment})
    assert done.returncode == 0, done.stderr + done.stdout
    found: Phases = {}
    for step in json.loads(done.stdout)["steps"]:
        found |= {(step["name"], phase): seconds for phase, seconds in step["phases"].items() if phase != "unattributed"}
        if step["session"]:
            (found[step["name"], "ping"],) = step["session"]["ping_seconds"]
    return found


def gains(world: World, held: Held, round_trip: float) -> tuple[Phases, Phases]:
    """What each phase has gained in the median, and the spread of the longer runs (half of them lie within)."""
    without: list[Phases] = []
    with_it: list[Phases] = []
    for _ in range(ROUNDS):
        for into, now, there_and_back in ((without, Held(), 0.0), (with_it, held, round_trip)):
            world.peer.held = now
            world.path.set_round_trip(there_and_back)
            into.append(run(world))
    median: Phases = {}
    spread: Phases = {}
    for key in without[0]:
        longer = sorted(one[key] for one in with_it)
        median[key] = statistics.median(longer) - statistics.median(one[key] for one in without)
        spread[key] = longer[3 * len(longer) // 4] - longer[len(longer) // 4]
    return median, spread


DOCUMENT, SOCKET = "document", "socket"
CASES: dict[str, tuple[Held, float, dict[tuple[str, str], float]]] = {
    "the answer to the look-up": (Held(resolve=0.040), 0.0, {(DOCUMENT, "resolve"): 0.040, (SOCKET, "resolve"): 0.040}),
    "the TLS handshake": (Held(tls=0.025), 0.0, {(DOCUMENT, "tls"): 0.025, (SOCKET, "tls"): 0.025}),
    "the first byte": (Held(first_byte=0.035), 0.0, {(DOCUMENT, "first_byte"): 0.035, (SOCKET, "first_byte"): 0.035}),
    "the rest of the body": (Held(response=0.020), 0.0, {(DOCUMENT, "response"): 0.020}),
    "the pong": (Held(ping=0.015), 0.0, {(SOCKET, "ping"): 0.015, (SOCKET, "message"): 0.015}),
    "the close frame": (Held(close=0.030), 0.0, {(SOCKET, "close"): 0.030}),
    "each round trip": (Held(), 0.030, {
        (step, phase): 0.030 for step in (DOCUMENT, SOCKET) for phase in ("resolve", "connect", "tls", "first_byte")} | {
        (SOCKET, phase): 0.030 for phase in ("ping", "message", "close")}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_phase_is_as_long_as_what_was_put_into_it(world: World, case: str) -> None:
    held, round_trip, expected = CASES[case]
    gained, spread = gains(world, held, round_trip)
    assert set(expected) <= set(gained)
    print(f"\n  {case}, by {world.path.delayed_by if round_trip else 'the peer'}:", file=sys.stderr)
    for key, value in sorted(gained.items()):
        if key in expected or abs(value) > TOLERANCE:
            print(f"    {key[0]:<9}{key[1]:<11} {expected.get(key, 0.0) * 1000:5.1f} ms put in, {value * 1000:6.2f} measured"
                  f" (half within {spread[key] * 1000:.2f})", file=sys.stderr)
    wrong = {key: value for key, value in gained.items() if abs(value - expected.get(key, 0.0)) > TOLERANCE}
    assert wrong == {}
