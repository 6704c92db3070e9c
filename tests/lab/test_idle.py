"""Proxies that cut a socket on which nothing is said for a second: who does it, and that saying something prevents it."""

from __future__ import annotations

import re
import time

import pytest

import raw
from behaviour import GOOD_TOKEN, SOCKET_PATH
from deployment import Deployment, Lab, Plan
from matrix import WRONG, Matrix
from rows_base import or_undetermined, right
from rows_matrix import IDIOMS
from verdict_checks import check_report
from wsprobe import Run, Wsprobe

PROXIES = [proxy for proxy in IDIOMS if "cut-when-idle" in IDIOMS[proxy]]
# A cut after less than ten seconds is not known for a timeout by its duration.
CUT = or_undetermined(right("proxy none", "proxy", "idle_timeout connection_aborted"))


@pytest.fixture(params=PROXIES)
def deployment(request: pytest.FixtureRequest, lab: Lab) -> Deployment:
    return lab.deploy(Plan(site=IDIOMS[request.param]["cut-when-idle"][0].site, proxy=request.param))


def hold(wsprobe: Wsprobe, deployment: Deployment, keys: str) -> Run:
    file = wsprobe.scenario(deployment.edge, timeout="20s")
    file.write_text(file.read_text().replace("ping: 1, hold: 100ms", keys))
    return wsprobe.run(file)


def seconds_until_cut(address: raw.Address) -> float:
    began = time.monotonic()
    with raw.held_open(address, f"{SOCKET_PATH}?token={GOOD_TOKEN}", timeout=8) as connection:
        assert raw.receive(connection) == b""
    return time.monotonic() - began


def test_the_socket_is_cut(deployment: Deployment) -> None:
    assert 0.8 < seconds_until_cut(deployment.proxy.address) < 6
    with pytest.raises(TimeoutError), raw.held_open(deployment.backend_address, f"{SOCKET_PATH}?token={GOOD_TOKEN}",
                                                    timeout=2.5) as connection:
        connection.recv(1)


def test_the_cut_is_not_blamed_on_the_backend(deployment: Deployment, wsprobe: Wsprobe, matrix: Matrix) -> None:
    run = hold(wsprobe, deployment, "hold: 4s")
    assert run.exit_code == 1
    check_report(run.report)
    verdict = run.report["verdict"]
    assert matrix.add(f"{deployment.plan.proxy}-cut-when-idle", "run", "deployment", verdict, CUT) != WRONG, verdict
    assert re.search(r"accepted|open", " ".join(reason["fact"] for reason in verdict["reasons"])), verdict
