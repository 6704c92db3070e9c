"""The daemon with two thousand mixed scenarios for half an hour: it does not grow, and the healthy ones stay healthy.

WSPROBE_SOAK_SECONDS is how long, twenty minutes at least; WSPROBE_BENCH_SERVER the server of the measurements. The first half
is to warm up: the status page's strips hold the last sixty runs of every scenario, which takes a quarter of an hour.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from growth import Sample, growth
from mixture import HEALTHY, HOSTILE, TOTAL, Mixture, mixture
from watched_daemon import Metrics, Watched, watched
from wsprobe import Wsprobe

SECONDS = float(os.environ["WSPROBE_SOAK_SECONDS"])
WARM_UP = SECONDS / 2
PERIOD = 60.0  # seconds of a floor, and between reloads: the longest period of a scenario
EVERY = 5.0  # seconds between two looks
LAG_BOUND = 0.1  # seconds; a bucket of the histogram

# From the end of the warm-up to the end.
MOST_GROWTH = {"memory": 4.0, "descriptors": 3.0, "threads": 0.0, "children": 0.0, "database": 4.0}  # MiB, and how many


@dataclass
class Watch:
    """What the process holds, looked at from outside; and readers of every endpoint, as in a life of its own."""

    daemon: Watched
    database: Path
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    slowest_scrape: float = 0.0

    @property
    def age(self) -> float:
        return time.monotonic() - self.began

    def look(self) -> None:
        process = Path(f"/proc/{self.daemon.process.pid}")
        status = (process / "status").read_text()
        now = {
            "memory": int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024,
            "threads": float(re.findall(r"Threads:\s+(\d+)", status)[0]),
            "descriptors": float(len(list((process / "fd").iterdir()))),
            "children": float(len((process / f"task/{self.daemon.process.pid}/children").read_text().split())),
            "database": sum(file.stat().st_size for file in self.database.iterdir()) / 2**20,
        }
        for name, value in now.items():
            self.samples.setdefault(name, []).append((self.age, value))

    def read(self) -> None:
        begin = time.monotonic()
        self.daemon.get("/metrics")
        self.slowest_scrape = max(self.slowest_scrape, time.monotonic() - begin)
        for path in ("/", "/scenario/plain-1", "/badge/plain-1.svg", "/api/v1/reports?outcome=fail&limit=20", "/api/v1/scenarios",
                     "/probe?module=plain-2", "/-/healthy"):
            self.daemon.get(path)
        with contextlib.closing(urllib.request.urlopen(f"http://{self.daemon.address}/events", timeout=20)) as events:
            events.readline()

    def reason_of(self, scenario: str) -> str:
        return self.daemon.get(f"/api/v1/reports?scenario={scenario}&outcome=fail&limit=1")[:1500]

    def after_warm_up(self, name: str) -> list[Sample]:
        return [(at, value) for at, value in self.samples[name] if at >= WARM_UP]


def reload(daemon: Watched) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://{daemon.address}/-/reload", method="POST"), timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixture]:
    with mixture(tmp_path_factory.mktemp("soak"), os.environ["WSPROBE_BENCH_SERVER"]) as made:
        yield made


def live(daemon: Watched, world: Mixture, watch: Watch) -> int:
    """Reloads once a period, each fifth time with a mistake in a file. How often it reloaded."""
    reloads = 0
    looks = 0
    while watch.age < SECONDS:
        daemon.wait(EVERY)
        watch.look()
        looks += 1
        if looks % 4 == 0:
            watch.read()
        if watch.age < (reloads + 1) * PERIOD:
            continue
        reloads += 1
        if reloads % 5 == 0:
            with world.broken():
                assert reload(daemon) >= 400
                assert daemon.now().samples("wsprobe_config_last_reload_successful")[0][1] == 0
        world.change()
        assert reload(daemon) == 200
    return reloads


def check(metrics: Metrics, world: Mixture, watch: Watch) -> tuple[float, float]:
    runs, failures = metrics.by_scenario("wsprobe_scenario_runs_total"), metrics.by_scenario("wsprobe_scenario_failures_total")
    assert len(runs) >= TOTAL
    healthy = [name for name in runs if name.partition("-")[0] in HEALTHY]
    failing = [name for name in healthy if failures[name]]
    assert failing == [], f"{len(failing)} healthy ones failed, {failing[0]}: {watch.reason_of(failing[0])}"
    hostile = [behaviour.name for behaviour in world.corpus.behaviours]
    assert len(hostile) == HOSTILE
    assert all(failures[name] == runs[name] >= 1 for name in hostile)
    of_old = [name for name in runs if name.startswith("passing-") and not name.startswith(f"passing-{world.generation}-")]
    assert of_old == [], "scenarios of earlier configurations are still told of"
    return sum(runs.values()), sum(failures.values())


def share_in_time(metrics: Metrics) -> float:
    buckets = {labels["le"]: value for labels, value in metrics.samples("wsprobe_schedule_lag_seconds_bucket")}
    bound = min((edge for edge in buckets if edge != "+Inf" and float(edge) >= LAG_BOUND), key=float)
    return buckets[bound] / max(1.0, buckets["+Inf"])


def test_the_daemon_does_not_grow(world: Mixture, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wsprobe = Wsprobe(Path(os.environ["WSPROBE_BINARY"]), tmp_path)
    environment = world.corpus.environment | {"SOAK_TOKEN": "soak"}
    with watched(wsprobe, world.configuration, environment, *world.options) as daemon:
        watch = Watch(daemon, world.directory / "history")
        reloads = live(daemon, world, watch)
        metrics = daemon.now()
        runs, failures = check(metrics, world, watch)
        log = list(daemon.log)
    seen = {name: growth(watch.after_warm_up(name), PERIOD) for name in MOST_GROWTH}
    with capsys.disabled():
        print(f"\n{TOTAL} scenarios for {SECONDS:.0f} s, {reloads} reloads: {runs:.0f} runs of those there at the end, {failures:.0f} failed")
        for name, found in seen.items():
            print(f"  {name:<12} {found.floor:8.1f}   {found.over_all:+.2f} after the warm-up, at most {MOST_GROWTH[name]:+.0f}")
        print(f"  runs that began within {LAG_BOUND} s of their slot: {share_in_time(metrics):.4f}; slowest scrape {watch.slowest_scrape:.2f} s;"
              f" {len(log)} lines of log")
    assert metrics.samples("wsprobe_history_unrecorded_runs_total")[0][1] == 0
    assert {name: found for name, found in seen.items() if found.over_all > MOST_GROWTH[name]} == {}
    assert daemon.process.returncode in (0, 143, -15)
