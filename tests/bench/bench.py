"""The measurements: every figure is a ratio of medians taken in turn, in one run, on one machine.

A raw-socket loop in C style is the baseline for CPU, curl for the cold start; then come programs that do the same by other
libraries (peers/). Absolute times mean nothing on a shared machine and are printed only to make the ratios checkable.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


class Server:
    def __init__(self, program: str, certificate: Path | None = None):
        arguments = [program] + ([str(certificate)] if certificate else [])
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=10)


def numbers(command: list[str]) -> list[float]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def client(options, *arguments) -> float:
    return numbers([options.client, *map(str, arguments)])[0]


def in_turn(rounds: int, one, other) -> tuple[list[float], list[float]]:
    ones, others = [], []
    for _ in range(rounds):
        ones.append(one())
        others.append(other())
    return ones, others


def row(name: str, ours: list[float], theirs: list[float], aim: float, unit: str, scale: float) -> None:
    ratios = sorted(a / b for a, b in zip(ours, theirs))
    median = statistics.median(ours) / statistics.median(theirs)
    verdict = "met" if median <= aim else "MISSED"
    print(f"{name:<44} {median:5.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f})   aim {aim:.2f} {verdict:<7}"
          f" {statistics.median(ours) * scale:8.1f} / {statistics.median(theirs) * scale:.1f} {unit}", flush=True)


def cpu(options, rounds: int, count: int, port: int, *tls) -> tuple[list[float], list[float]]:
    ours, theirs = in_turn(rounds, lambda: client(options, "probe", port, count, *tls),
                           lambda: client(options, "raw", port, count, *tls))
    return [value / count for value in ours], [value / count for value in theirs]


def wall_of(command: list[str], environment: dict[str, str]) -> float:
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.monotonic() - begin


def cold_start(options, port: int) -> tuple[list[float], list[float]]:
    """The bench server refuses token=refused, so that the diagnosis is of a healthy deployment and exits 0."""
    environment = dict(os.environ, BENCH_TOKEN="bench")
    diagnose = [options.wsprobe, "diagnose", f"ws://127.0.0.1:{port}/api/ws", "--token-env", "BENCH_TOKEN",
                "--invalid-token", "refused", "--no-experiments", "--format", "json"]
    curl = ["curl", "-s", f"http://127.0.0.1:{port}/api/system/health"]
    for command in (diagnose, curl):
        wall_of(command, environment)
    return in_turn(40, lambda: wall_of(diagnose, environment), lambda: wall_of(curl, environment))


# Others that do the same, by the packages that Debian has of them: name, how they are started.
PEERS = Path(__file__).resolve().parent / "peers"


def peers(directory: Path) -> dict[str, list[str]]:
    """Those whose language is installed; the Go program is built here."""
    found = {}
    if shutil.which("go"):
        program = directory / "probe"
        environment = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOCACHE=str(directory / "go-cache"), GOFLAGS="")
        subprocess.run(["go", "build", "-o", program, PEERS / "probe.go"], check=True, env=environment)
        found["gorilla (Go)"] = [str(program)]
    if shutil.which("node"):
        found["ws (Node)"] = ["env", "NODE_PATH=/usr/share/nodejs", "node", "--expose-gc", str(PEERS / "probe.js")]
    found["websockets (Python)"] = [sys.executable, str(PEERS / "probe.py")]
    return found


def peer_rows(options, name: str, command: list[str], port: int) -> None:
    """CPU and time of an upgrade and its close, ours to theirs, in turn; below 1 is faster than they are."""
    count = 2000
    ours, theirs = in_turn(options.rounds, lambda: numbers([options.client, "probe", str(port), str(count)]),
                           lambda: numbers([*command, "probe", str(port), str(count)]))
    for at, what in enumerate(("CPU", "time")):
        row(f"{what} of an upgrade and close / {name}", [pair[at] / count for pair in ours],
            [pair[at] / count for pair in theirs], 1.0, "us", 1e6)


def peer_memory_row(options, name: str, command: list[str], port: int, count: int) -> None:
    ours, theirs = in_turn(3, lambda: numbers([options.client, "hold", str(port), str(count)])[0],
                           lambda: numbers([*command, "hold", str(port), str(count)])[0])
    row(f"memory a held connection, {count:,} / {name}", ours, theirs, 1.0, "KiB", 1 / 1024)


def cold_start_row(options, name: str, command: list[str], port: int) -> None:
    """One probe by a process of its own: `run` with one upgrade, against theirs with one."""
    with tempfile.TemporaryDirectory() as directory:
        scenario = Path(directory) / "one.yaml"
        scenario.write_text(f"scenario: one\ntarget: {{edge: 'ws://127.0.0.1:{port}'}}\nsteps:\n"
                            "  - upgrade: {path: /api/ws, query: {token: bench}, expect: accepted}\n")
        run = [options.wsprobe, "run", str(scenario), "--no-experiments", "--format", "json"]
        once = [*command, "probe", str(port), "1"]
        environment = dict(os.environ)
        row(f"cold start, run / {name}", *in_turn(15, lambda: wall_of(run, environment), lambda: wall_of(once, environment)), 1.0,
            "ms", 1e3)


def memory_row(name: str, measured: float, aim_kib: float) -> None:
    kib = measured / 1024
    print(f"{name:<44} {kib:5.1f} KiB   aim {aim_kib:.0f} KiB {'met' if kib <= aim_kib else 'MISSED'}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("server", "client", "wsprobe"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--held", type=int, default=10000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        certificate = Path(directory) / "ca.pem"
        with Server(options.server) as plain, Server(options.server, certificate) as tls:
            print("ratio of medians (smallest to largest of the pairs)", flush=True)
            ours, raw = cpu(options, options.rounds, 4000, plain.port)
            row("CPU, plain upgrade and close / raw loop", ours, raw, 1.10, "us", 1e6)
            print(f"{'the same, a second of one core':<44} {1 / statistics.median(ours):,.0f} / {1 / statistics.median(raw):,.0f}",
                  flush=True)
            row("CPU, TLS upgrade and close / raw OpenSSL", *cpu(options, options.rounds, 400, tls.port, certificate), 1.05,
                "us", 1e6)
            row("cold start, diagnose / curl of health", *cold_start(options, plain.port), 1.50, "ms", 1e3)
            memory_row("resident memory a held connection, plain", client(options, "hold", plain.port, 5000), 6)
            memory_row("resident memory a held connection, TLS", client(options, "hold", tls.port, 5000, certificate), 20)
            for name, command in peers(Path(directory)).items():
                peer_rows(options, name, command, plain.port)
                cold_start_row(options, name, command, plain.port)
                peer_memory_row(options, name, command, plain.port, options.held)
    return 0


if __name__ == "__main__":
    sys.exit(main())
