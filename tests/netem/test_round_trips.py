"""What a whole diagnosis costs over a path with round trips of 100 ms, counted in round trips.

The time is the report's own: from the first packet to the verdict, without the start of the process.
"""

from __future__ import annotations

import json
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

LAB = Path(__file__).resolve().parents[1] / "lab"
sys.path.insert(0, str(LAB))

import http2_edges  # noqa: E402
import proxies.base  # noqa: E402
import proxies.caddy  # noqa: E402
from behaviour import HEALTH_PATH, SOCKET_PATH, Behaviour  # noqa: E402
from certificates import Authority  # noqa: E402
from deployment import Lab, Plan  # noqa: E402
from long_path import DEPLOYMENT, LongPath, NoLongPath  # noqa: E402
from programs import Address  # noqa: E402
from proxies import Site  # noqa: E402
from rows_caddy import COOLIFY, DENY, PLAIN  # noqa: E402
from wsprobe import SCENARIO, TOKEN_VARIABLE  # noqa: E402

ROUND_TRIP = 0.1
AIM = 7
"""Round trips a whole diagnosis may take."""
AIM_OVER_HTTP2 = 10
"""Where the edge offers WebSocket over HTTP/2: the same again that way, once the steps have ended."""
SLACK = 0.9
"""What the machine itself may add to that, in round trips: the programs' work, and two busy cores."""
HELD = {"run": 1.0, "diagnose": 0.0}
"""For how long the scenario has an accepted socket held, in round trips: that is asked for and not counted."""
TRIES = 3
HOST = "edge.lab.test"


def address_on_the_path() -> Address:
    with socket.socket() as probe:
        probe.bind((DEPLOYMENT, 0))
        return Address(DEPLOYMENT, probe.getsockname()[1])


@dataclass(frozen=True)
class Bench:
    lab: Lab
    path: LongPath
    authority: Authority


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    try:
        path = LongPath(ROUND_TRIP)
    except NoLongPath as error:
        pytest.fail(f"no long path on this machine: {error}", pytrace=False)
    proxies.caddy.private_address = http2_edges.private_address = address_on_the_path
    with tempfile.TemporaryDirectory(prefix="wsprobe-netem-") as directory, Lab(Path(directory)) as lab:
        Path(directory).chmod(0o755)
        print(f"\nround trips of {ROUND_TRIP * 1000:.0f} ms, delayed by {path.delayed_by}", file=sys.stderr)
        yield Bench(lab, path, Authority(Path(directory) / "authority", "The lab's authority"))
    path.stop()


CASES = {
    "healthy": (Plan(PLAIN), "healthy"),
    "incident": (Plan(COOLIFY, root_has_index=True), "proxy_rewrote_path"),
    # wsproto does not complain of a long path: without a witness that leaves two causes.
    "incident-wsproto": (Plan(COOLIFY, root_has_index=True, backend="uvicorn-wsproto"), "undetermined"),
    "proxy-denied": (Plan(DENY), "proxy_denied"),
    "upstream-down": (Plan(PLAIN, backend_runs=False), "upstream_unreachable"),
}


def deploy(bench: Bench, plan: Plan, scheme: str) -> tuple[str, list[str]]:
    """The edge's URL without a path, and the options that reach it."""
    if scheme == "ws":
        return bench.lab.deploy(plan).edge, []
    certificate = bench.authority.issue(HOST)
    deployment = bench.lab.deploy(replace(plan, site=plan.site))
    secured = Site(f"\ttls {certificate.chain} {certificate.key}\n{plan.site}", deployment.site.values, "https", HOST)
    deployment.proxy.serve([secured])
    address = deployment.proxy.address
    return f"wss://{HOST}:{address.port}", ["--resolve", f"{HOST}:{address.port}:{address.host}",
                                            "--cacert", str(bench.authority.root)]


def ask(bench: Bench, command: str, edge: str, options: list[str], directory: Path) -> dict:
    if command == "diagnose":
        arguments = ["diagnose", edge + SOCKET_PATH, "--token-env", TOKEN_VARIABLE]
    else:
        scenario = directory / "scenario.yaml"
        scenario.write_text(SCENARIO.format(name="long-path", edge=edge, timeout="10s", variable=TOKEN_VARIABLE,
                                            health=HEALTH_PATH, socket=SOCKET_PATH, codes=[401, 403]))
        arguments = ["run", str(scenario)]
    binary = os.environ.get("WSPROBE_BINARY") or str(LAB.parents[1] / "build" / "wsprobe")
    done = subprocess.run([*bench.path.enter, binary, *arguments, "--format", "json", *options], capture_output=True,
                          text=True, timeout=60, check=False, env={**os.environ, TOKEN_VARIABLE: Behaviour().token})
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    return report["reports"][0] if "reports" in report else report


@pytest.mark.parametrize("command", ["diagnose", "run"])
@pytest.mark.parametrize("scheme", ["ws", "wss"])
@pytest.mark.parametrize("case", CASES)
def test_a_diagnosis_takes_few_round_trips(bench: Bench, tmp_path: Path, case: str, scheme: str, command: str) -> None:
    plan, cause = CASES[case]
    edge, options = deploy(bench, plan, scheme)
    took = math.inf
    for _ in range(TRIES):
        report = ask(bench, command, edge, options, tmp_path)
        assert report["verdict"]["cause"] == cause, report["verdict"]
        held = HELD[command] if any(step["outcome"] == "completed" for step in report["steps"] if step["kind"] == "upgrade") else 0
        took = min(took, report["duration_seconds"] / ROUND_TRIP - held)
        if took <= AIM:
            break
    experiments = [step["name"] for step in report["experiments"]]
    print(f"\n{case:17} {scheme:3} {command:8} {took:4.1f} round trips, {len(experiments)} experiments", file=sys.stderr)
    assert took <= AIM + SLACK


def test_a_websocket_over_http2_costs_three_more(bench: Bench, tmp_path: Path) -> None:
    """HAProxy offers it: answer, ping and close come after those over HTTP/1.1, because the application counts sockets."""
    certificate = bench.authority.issue(HOST)
    edge = http2_edges.Edge(http2_edges.Plan("haproxy"), bench.lab.fresh_directory("edge"), certificate,
                            bench.lab.backend().address)
    address = edge.address
    options = ["--resolve", f"{HOST}:{address.port}:{address.host}", "--cacert", str(bench.authority.root)]
    took = math.inf
    try:
        for _ in range(TRIES):
            report = ask(bench, "diagnose", f"wss://{HOST}:{address.port}", options, tmp_path)
            (made,) = report["experiments"]
            assert (report["verdict"]["cause"], made["name"], made["status"]) == ("healthy", "http2_websocket", 200)
            took = min(took, report["duration_seconds"] / ROUND_TRIP)
            if took <= AIM_OVER_HTTP2:
                break
    finally:
        edge.stop()
    print(f"\nhealthy, over HTTP/2 too: {took:4.1f} round trips", file=sys.stderr)
    assert took <= AIM_OVER_HTTP2 + SLACK
