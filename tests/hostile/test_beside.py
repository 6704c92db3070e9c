"""The daemon runs the whole corpus, and a hundred healthy scenarios beside it keep their schedule and their results.

WSPROBE_HOSTILE=long runs each side for two minutes instead of some seconds.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus import running_corpus
from measured import peak_in
from watched_daemon import Metrics, Watched, healthy_port, watched
from wsprobe import Wsprobe, slowness_of

BINARY = Path(os.environ["WSPROBE_BINARY"])
SLOWNESS = slowness_of(BINARY)
IS_LONG = os.environ.get("WSPROBE_HOSTILE") == "long"
SECONDS = 120.0 if IS_LONG else 8.0
HEALTHY = 100
LAG_BOUND = 0.1  # seconds; a bucket of the histogram
SHARE_IN_TIME = 0.99
MEMORY_LIMIT = 128 * 1024  # KiB, for four hundred scenarios

SCENARIO = """\
scenario: {name}
target: {{edge: "ws://127.0.0.1:{port}"}}
every: 1s
timeout: 2s
experiments: false
steps:
  - health: {{path: /health, expect: {{status: 200, json: {{/status: ok, /ws/available: true}}}}}}
  - upgrade: {{path: /api/ws, expect: accepted, ping: 1}}
"""


@dataclass(frozen=True)
class Seen:
    runs: dict[str, float]
    failures: dict[str, float]
    lag_in_time: float  # the share of runs
    started: float  # runs that began
    skipped: float  # slots


def share_in_time(metrics: Metrics) -> tuple[float, float]:
    buckets = {labels["le"]: value for labels, value in metrics.samples("wsprobe_schedule_lag_seconds_bucket")}
    bound = min((edge for edge in buckets if edge != "+Inf" and float(edge) >= LAG_BOUND * SLOWNESS), key=float)
    return buckets[bound] / max(1.0, buckets["+Inf"]), buckets["+Inf"]


def observe(daemon: Watched) -> Seen:
    daemon.wait(SECONDS)
    metrics = daemon.now()
    in_time, started = share_in_time(metrics)
    (skipped,) = metrics.samples("wsprobe_schedule_skipped_slots_total")
    return Seen(metrics.by_scenario("wsprobe_scenario_runs_total"), metrics.by_scenario("wsprobe_scenario_failures_total"), in_time,
                started, skipped[1])


@pytest.fixture
def wsprobe(tmp_path: Path) -> Wsprobe:
    return Wsprobe(BINARY, tmp_path)


def configuration(directory: Path, name: str, files: str) -> Path:
    file = directory / name
    file.write_text(f"scenarios: [{files}]\n")
    return file


def check_healthy(seen: Seen, what: str) -> None:
    mine = {name: runs for name, runs in seen.runs.items() if name.startswith("healthy-")}
    assert len(mine) == HEALTHY
    assert {name: seen.failures[name] for name in mine if seen.failures[name]} == {}, f"{what}: healthy scenarios fail"
    assert min(mine.values()) >= (SECONDS - 2) / SLOWNESS, f"{what}: {mine}"
    assert seen.lag_in_time >= SHARE_IN_TIME, f"{what}: {seen.lag_in_time:.4f} of {seen.started:.0f} runs began in time"


def test_healthy_scenarios_do_not_notice_the_corpus(wsprobe: Wsprobe, tmp_path: Path) -> None:
    with healthy_port() as port, running_corpus(tmp_path, every="5s", niceness=10) as corpus:
        for number in range(HEALTHY):
            (tmp_path / f"healthy-{number}.yaml").write_text(SCENARIO.format(name=f"healthy-{number}", port=port))
        status = tmp_path / "status"
        environment = corpus.environment | {"TEST_STATUS": str(status)}
        with watched(wsprobe, configuration(tmp_path, "alone.yml", "healthy-*.yaml"), environment, *corpus.options) as daemon:
            alone = observe(daemon)
        with watched(wsprobe, configuration(tmp_path, "beside.yml", "'*.yaml'"), environment, *corpus.options) as daemon:
            beside = observe(daemon)
    print(f"runs that began within {LAG_BOUND} s of their slot: {alone.lag_in_time:.4f} of {alone.started:.0f} alone, "
          f"{beside.lag_in_time:.4f} of {beside.started:.0f} beside the corpus; {peak_in(status)} KiB")
    check_healthy(alone, "alone")
    check_healthy(beside, "beside the corpus")
    assert beside.skipped <= (0 if SLOWNESS == 1 else beside.started / 4)  # a build that is slow misses slots by itself
    hostile = {behaviour.name: behaviour for behaviour in corpus.behaviours}
    for name, behaviour in hostile.items():
        assert beside.runs[name] >= 1, behaviour
        expected = 0 if behaviour.row.healthy_too else beside.runs[name]
        assert beside.failures[name] == expected, f"{behaviour}: {beside.failures[name]} of {beside.runs[name]} runs fail"
    assert 0 < peak_in(status) <= MEMORY_LIMIT * SLOWNESS
