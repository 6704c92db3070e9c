"""A daemon that runs the corpus, and what it says of it."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from daemon import Daemon
from programs import port_of
from wsprobe import Wsprobe

HERE = Path(__file__).resolve().parent
SAMPLE = re.compile(r"(?m)^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
Sample = tuple[dict[str, str], float]


def healthy_port() -> AbstractContextManager[int]:
    return port_of(sys.executable, HERE / "healthy_peer.py")


class Metrics:
    """What /metrics said at one moment."""

    def __init__(self, text: str) -> None:
        self.samples_of: dict[str, list[Sample]] = {}
        for name, labels, value in SAMPLE.findall(text):
            self.samples_of.setdefault(name, []).append((dict(LABEL.findall(labels or "")), float(value)))

    def samples(self, name: str) -> list[Sample]:
        return self.samples_of.get(name, [])

    def by_scenario(self, name: str) -> dict[str, float]:
        return {labels["scenario"]: value for labels, value in self.samples(name)}


class Watched(Daemon):
    def __init__(self, wsprobe: Wsprobe, configuration: Path, environment: Mapping[str, str], *options: str) -> None:
        wsprobe.environment |= environment
        super().__init__(wsprobe, configuration, *options, "--config.file")

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=20) as answer:
            return answer.read().decode()

    def now(self) -> Metrics:
        return Metrics(self.get("/metrics"))

    def wait(self, seconds: float) -> None:
        """Lets it run. It may not end meanwhile."""
        threading.Event().wait(seconds)
        assert self.process.poll() is None, "".join(self.log[-5:])


@contextlib.contextmanager
def watched(wsprobe: Wsprobe, configuration: Path, environment: Mapping[str, str], *options: str) -> Iterator[Watched]:
    daemon = Watched(wsprobe, configuration, environment, *options)
    try:
        yield daemon
    finally:
        daemon.stop()
