"""Strangers: what is told of proxies and backends that no rule was written for.

A wrong claim fails. What is left open is counted, and shown with the rest at the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import raw
import strangers
from behaviour import GOOD_TOKEN, SOCKET_PATH
from deployment import Deployment, Lab, Plan
from matrix import WRONG, Matrix
from rows_base import Right
from strange_rows import MORE_TRUTH, Fault, plans
from wsprobe import Wsprobe


@pytest.fixture(scope="module")
def strange_lab() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="wsprobe-strangers-") as name, Lab(Path(name)) as running:
        Path(name).chmod(0o755)
        strangers.register_backends(Path(name))
        yield running


def besides(right: Right, cause: str | None) -> Right:
    return replace(right, causes=right.causes | {cause}, faults=right.faults | {"proxy"}) if cause else right


def check_the_truth(deployment: Deployment, fault: Fault) -> None:
    """Measured with a plain socket and the backend's own record."""
    mark = deployment.record.mark()
    answer = raw.ask(deployment.proxy.address, f"{SOCKET_PATH}?token={GOOD_TOKEN}", upgrade=True)
    seen = [(one.path, one.upgrade) for one in deployment.record.since(mark)]
    assert (answer.status == 101) == fault.accepted, answer
    assert seen == ([] if fault.arrives_at is None else [(fault.arrives_at, fault.as_upgrade)])


@pytest.mark.parametrize(("name", "fault", "plan"), [pytest.param(*each, id=each[0]) for each in plans()])
def test_nothing_wrong_is_told_of_strangers(strange_lab: Lab, wsprobe: Wsprobe, matrix: Matrix, name: str, fault: Fault,
                                            plan: Plan) -> None:
    deployment = strange_lab.deploy(plan)
    check_the_truth(deployment, fault)
    run = wsprobe.diagnose(deployment.socket_url)
    assert run.exit_code in (0, 1), run.err
    verdict = run.report["verdict"]
    if fault.backend_runs and run.step("valid-token")["status"] == 502:
        return  # the proxy took up a connection that the backend had just ended, and says so itself: another deployment
    more = MORE_TRUTH.get(f"{plan.proxy}/{fault.name}")
    grades = [matrix.add(name, "diagnose", "deployment", verdict, besides(fault.overall, more))]
    if fault.refusal is not None:
        refusal = run.step("invalid-token")["verdict"]
        grades.append(matrix.add(name, "diagnose", "invalid token", refusal, besides(fault.refusal, more)))
    assert WRONG not in grades, run.out
