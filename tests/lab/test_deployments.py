"""The lab's own truth, without wsprobe: each deployment really does what its row says.

Plain sockets ask, and the backend's own record tells what reached it.
"""

from __future__ import annotations

import pytest

import raw
from behaviour import HEALTH_PATH, SOCKET_PATH, Record
from deployment import Deployment, Lab
from rows import ROWS, row
from rows_base import OF_BACKEND, Meets, Row

BAD_TOKEN = "no-such-token"


@pytest.fixture(scope="module", autouse=True)
def all_backends(lab: Lab, rows_asked_for: list[Row]) -> None:
    lab.start_backends([(each.plan.backend, each.plan.behaviour) for each in rows_asked_for if each.plan.backend_runs])


def origin_of(case: Row) -> list[str]:
    return [f"Origin: {value}" for name, value in zip(case.options, case.options[1:]) if name == "--origin"]


def ask_the_backend_itself(deployment: Deployment, case: Row, meets: Meets, token: str) -> raw.Answer:
    """For what arrived there."""
    target = f"{meets.arrives_at}?token={token}" if token else str(meets.arrives_at)
    return raw.ask(deployment.backend_address, target, origin_of(case), upgrade=meets.arrives_as_upgrade)


def check(deployment: Deployment, case: Row, meets: Meets, answer: raw.Answer, mark: int, token: str = "") -> None:
    """The answer is the one of the row, and the backend has seen what the row says."""
    seen = deployment.record.since(mark)
    if meets.arrives_at is None:
        assert seen == []
    else:
        assert [(one.path, one.upgrade) for one in seen] == [(meets.arrives_at, meets.arrives_as_upgrade)], answer
        assert seen[0].token == token
    if meets.status == OF_BACKEND:
        own = ask_the_backend_itself(deployment, case, meets, token)
        assert own.status != 101
        assert (answer.status, answer.body) == (own.status, own.body)
    else:
        assert answer.status == meets.status, answer
    assert answer.close_code == meets.close_code


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.name)
def test_the_row_is_true(lab: Lab, case: Row) -> None:
    deployment = lab.deploy(case.plan)
    edge = deployment.proxy.address

    mark = deployment.record.mark()
    check(deployment, case, case.health, raw.ask(edge, HEALTH_PATH), mark)
    for token, meets in ((case.token, case.valid), (BAD_TOKEN, case.invalid)):
        mark = deployment.record.mark()
        answer = raw.ask(edge, f"{SOCKET_PATH}?token={token}", origin_of(case), upgrade=True, read_close=meets.close_code != 0)
        check(deployment, case, meets, answer, mark, token)


def test_behind_wsproto_the_proxy_is_the_only_product_that_a_refusal_names(lab: Lab) -> None:
    deployment = lab.deploy(row("healthy-wsproto").plan)
    answer = raw.ask(deployment.proxy.address, f"{SOCKET_PATH}?token={BAD_TOKEN}", upgrade=True)
    assert answer.values("Server") == ["Caddy"]


def test_the_health_document_counts_open_sockets(lab: Lab) -> None:
    backend = lab.backend()
    before = raw.ask(backend.address, HEALTH_PATH)
    assert b'"active_connections":0' in before.rest
