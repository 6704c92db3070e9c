"""`/probe` of the daemon against `/probe` of blackbox_exporter: both are asked for the same health document, in turn.

    bench_probe_endpoint.py --wsprobe PROGRAM --server BENCH_SERVER [--rounds 7] [--probes 500]

blackbox_exporter cannot tell whether a WebSocket upgrade is right, so that the only thing to compare is what both can do:
one HTTP request by a module of its own, and the answer in Prometheus' format. Ours also names the emitter and the cause, and
says each phase. CPU is that of the daemon alone; the time is what a Prometheus waits for.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import MEBIBYTES, MICROSECONDS, Server
from tables import compare, comparison

TICKS = os.sysconf("SC_CLK_TCK")
SCENARIO = """scenario: health
target: {{edge: "ws://127.0.0.1:{port}"}}
every: 1h
experiments: false
steps:
  - health: {{path: /api/system/health}}
"""
MODULES = "modules:\n  health: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4}}\n"


class Daemon:
    """Listens on `port`; `path` is what makes it probe."""

    def __init__(self, command: list[str], port: int, path: str, log: Path) -> None:
        self.path = path
        with log.open("w") as errors:
            self.process = subprocess.Popen(command, stdout=errors, stderr=errors)
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def probe(self) -> str:
        self.connection.request("GET", self.path)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200 and re.search(r"(?m)^probe_success(?:\{[^}]*\})? 1$", text), text[:500]
        return text

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024

    def measure(self, probes: int) -> tuple[float, float]:
        """CPU seconds and seconds a probe."""
        used, begin = self.cpu_seconds(), time.monotonic()
        for _ in range(probes):
            self.probe()
        return (self.cpu_seconds() - used) / probes, (time.monotonic() - begin) / probes

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def both(options: argparse.Namespace, directory: Path, port: int) -> Iterator[tuple[Daemon, Daemon]]:
    (directory / "health.yaml").write_text(SCENARIO.format(port=port))
    (directory / "blackbox.yml").write_text(MODULES)
    own, other = free_port(), free_port()
    with contextlib.ExitStack() as running:
        ours = Daemon([options.wsprobe, "serve", str(directory / "health.yaml"), "--web.listen-address", f"127.0.0.1:{own}"], own,
                      "/probe?module=health", directory / "wsprobe.log")
        running.callback(ours.stop)
        theirs = Daemon(["prometheus-blackbox-exporter", f"--config.file={directory / 'blackbox.yml'}",
                         f"--web.listen-address=127.0.0.1:{other}"], other,
                        f"/probe?module=health&target=http://127.0.0.1:{port}/api/system/health", directory / "blackbox.log")
        running.callback(theirs.stop)
        yield ours, theirs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wsprobe", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--probes", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Server(options.server) as server, both(options, Path(name), server.port) as (ours, theirs):
        for daemon in (ours, theirs):
            daemon.measure(50)  # what is made once is not counted
        pairs = [(ours.measure(options.probes), theirs.measure(options.probes)) for _ in range(options.rounds)]
        resident = [[float(daemon.resident_bytes())] for daemon in (ours, theirs)]
    comparison("`/probe` of a health document")
    for at, what in enumerate(("CPU", "time")):
        compare(what, "blackbox_exporter", [one[at] for one, _ in pairs], [other[at] for _, other in pairs], 1.0, *MICROSECONDS)
    compare(f"resident memory after {options.rounds * options.probes:,}", "blackbox_exporter", *resident, 1.0, *MEBIBYTES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
