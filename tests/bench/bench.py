"""The measurements of one client against others that do the same: every figure is taken in turn with its other, in one run.

A raw-socket loop in C style is the baseline for CPU, curl for one request and one process; then come programs that do the
same by other libraries (peers/). Absolute figures mean nothing on a shared machine and are printed only to make the ratios
checkable. Below 1 is less than theirs.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tables import compare, comparison, line, met, print_conditions, print_load, title

PEERS = Path(__file__).resolve().parent / "peers"
HEALTH = "/api/system/health"
MICROSECONDS, MILLISECONDS, KIBIBYTES, MEBIBYTES = ("us", 1e6), ("ms", 1e3), ("KiB", 1 / 1024), ("MiB", 1 / 2**20)
SCENARIO = """scenario: one
target: {{edge: 'ws://127.0.0.1:{port}'}}
steps:
  - upgrade: {{path: /api/ws, query: {{token: bench}}, expect: accepted}}
"""


class Server:
    def __init__(self, program: str, certificate: Path | None = None):
        self.certificate = certificate
        arguments = [program] + ([str(certificate)] if certificate else [])
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=10)

    def arguments(self, mode: str, count: int) -> list[str]:
        """As bench_client and the peers take them."""
        return [mode, str(self.port), str(count)] + ([str(self.certificate)] if self.certificate else [])


@dataclass(frozen=True)
class Peer:
    name: str
    command: list[str]


@dataclass(frozen=True)
class Bench:
    client: str
    wsprobe: str
    rounds: int
    held: int
    plain: Server
    tls: Server
    directory: Path
    peers: list[Peer]


def numbers(command: list[str]) -> list[float]:
    """What the program measured of itself."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def in_turn(rounds: int, one, other) -> tuple[list, list]:
    ones, others = [], []
    for _ in range(rounds):
        ones.append(one())
        others.append(other())
    return ones, others


@dataclass(frozen=True)
class Whole:
    """A process from its start to its end."""

    wall: float
    cpu: float
    peak: float  # bytes resident at most


def whole(command: list[str], environment: dict[str, str] | None = None) -> Whole:
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} exited with {process.returncode}")
    return Whole(time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def built_peers(directory: Path) -> list[Peer]:
    """By the packages that Debian has of them; the Go program is built here."""
    program = directory / "probe"
    environment = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOCACHE=str(directory / "go-cache"), GOFLAGS="")
    subprocess.run(["go", "build", "-o", program, PEERS / "probe.go"], check=True, env=environment)
    return [Peer("gorilla (Go)", [str(program)]),
            Peer("ws (Node)", ["env", "NODE_PATH=/usr/share/nodejs", "node", "--expose-gc", str(PEERS / "probe.js")]),
            Peer("websockets (Python)", [sys.executable, str(PEERS / "probe.py")])]


def upgrade_rows(bench: Bench) -> dict[tuple[str, str], float]:
    """CPU and time of an upgrade and its close. Returns the median CPU seconds by program and transport."""
    cpu: dict[tuple[str, str], float] = {}
    for transport, server, count in (("plain", bench.plain, 2000), ("TLS", bench.tls, 400)):
        comparison(f"An upgrade and its close, {transport}")
        raw = Peer("raw OpenSSL loop" if server.certificate else "raw loop", [bench.client])
        for peer in (raw, *bench.peers):
            ours, theirs = in_turn(bench.rounds, lambda s=server, n=count: numbers([bench.client, *s.arguments("probe", n)]),
                                   lambda p=peer, s=server, n=count: numbers([*p.command, *s.arguments("raw" if p is raw else "probe", n)]))
            for at, what in enumerate(("CPU", "time")):
                aim = 1.0 if peer is not raw else None if what == "time" else 1.05 if server.certificate else 1.10
                compare(what, peer.name, [pair[at] / count for pair in ours], [pair[at] / count for pair in theirs], aim, *MICROSECONDS)
            cpu.setdefault(("wsprobe", transport), statistics.median(pair[0] for pair in ours) / count)
            cpu[(peer.name if peer is not raw else "raw loop", transport)] = statistics.median(pair[0] for pair in theirs) / count
    return cpu


def rate_rows(cpu: dict[tuple[str, str], float]) -> None:
    title("Upgrades a second of one core", "program", "plain", "TLS")
    for name in dict.fromkeys(name for name, _ in cpu):
        line(name, *(f"{1 / cpu[(name, transport)]:,.0f}" for transport in ("plain", "TLS")))


def health_rows(bench: Bench) -> None:
    """curl cannot finish an upgrade: what both can do is a health document, each on a connection of its own."""
    comparison("A health document")
    for transport, server, count in (("plain", bench.plain, 2000), ("TLS", bench.tls, 400)):
        trust = ["--cacert", str(server.certificate)] if server.certificate else []
        url = f"{'https' if server.certificate else 'http'}://127.0.0.1:{server.port}{HEALTH}?[1-{count}]"
        ours, theirs = in_turn(bench.rounds, lambda s=server, n=count: whole([bench.client, *s.arguments("health", n)]),
                               lambda t=trust, u=url: whole(["curl", "-sf", "-H", "Connection: close", *t, "-o", "/dev/null", u]))
        for what in ("cpu", "wall"):
            compare(f"{'CPU' if what == 'cpu' else 'time'}, {transport}", "curl", [getattr(one, what) / count for one in ours],
                    [getattr(one, what) / count for one in theirs], 1.0, *MICROSECONDS)


def cold_start_rows(bench: Bench) -> None:
    """One probe by a process of its own. The server refuses token=refused, so that the diagnosis is of a healthy deployment."""
    comparison("One probe by a process of its own")
    environment = dict(os.environ, BENCH_TOKEN="bench")
    scenario = bench.directory / "one.yaml"
    scenario.write_text(SCENARIO.format(port=bench.plain.port))
    run = [bench.wsprobe, "run", str(scenario), "--no-experiments", "--format", "json"]
    diagnose = [bench.wsprobe, "diagnose", f"ws://127.0.0.1:{bench.plain.port}/api/ws", "--token-env", "BENCH_TOKEN",
                "--invalid-token", "refused", "--no-experiments", "--format", "json"]
    curl = Peer("curl of the health document", ["curl", "-sf", f"http://127.0.0.1:{bench.plain.port}{HEALTH}"])
    compared = [("`diagnose`, 5 requests", diagnose, curl, 40, 1.5), ("`run`, one upgrade", run, curl, 40, 1.0)]
    compared += [("`run`, one upgrade", run, Peer(peer.name, [*peer.command, "once", str(bench.plain.port), "1"]), 15, 1.0)
                 for peer in bench.peers]
    for what, ours, peer, rounds, aim in compared:
        for command in (ours, peer.command):
            whole(command, environment)
        pairs = in_turn(rounds, lambda c=ours: whole(c, environment), lambda c=peer.command: whole(c, environment))
        compare(f"{what}: time", peer.name, *([one.wall for one in side] for side in pairs), aim, *MILLISECONDS)
        if peer is not curl:
            compare(f"{what}: memory at most", peer.name, *([one.peak for one in side] for side in pairs), 1.0, *MEBIBYTES)


def memory_rows(bench: Bench) -> None:
    """Every connection from 127.0.0.1: the tuples are enough for this count, the descriptors have to be asked for."""
    ours = {}
    title(f"Resident memory a held connection, {bench.held:,} held", "transport", "measured", "aim", "")
    for transport, server, aim in (("plain", bench.plain, 6), ("TLS", bench.tls, 20)):
        ours[transport] = [numbers([bench.client, *server.arguments("hold", bench.held)])[0] for _ in range(3)]
        kib = statistics.median(ours[transport]) / 1024
        line(transport, f"{kib:.1f} KiB", f"{aim} KiB", met(kib, aim))
    comparison(f"Resident memory a held connection, {bench.held:,} held by each")
    for transport, server, rounds in (("plain", bench.plain, 3), ("TLS", bench.tls, 1)):
        for peer in bench.peers:
            theirs = [numbers([*peer.command, *server.arguments("hold", bench.held)])[0] for _ in range(rounds)]
            compare(transport, peer.name, ours[transport][:rounds], theirs, 1.0, *KIBIBYTES)


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("server", "client", "wsprobe"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--held", type=int, default=10000)
    options = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))  # for every child
    print_conditions(options.wsprobe)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with Server(options.server) as plain, Server(options.server, directory / "ca.pem") as tls:
            bench = Bench(options.client, options.wsprobe, options.rounds, options.held, plain, tls, directory, built_peers(directory))
            rate_rows(upgrade_rows(bench))
            health_rows(bench)
            cold_start_rows(bench)
            memory_rows(bench)
    print_load()
    return 0


if __name__ == "__main__":
    sys.exit(main())
