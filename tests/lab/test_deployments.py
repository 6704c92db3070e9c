"""The lab's own truth, without wsprobe: each deployment really does what its row says.

Plain sockets ask, and the backend's own record tells what reached it.
"""

from __future__ import annotations

import pytest

import raw
from behaviour import HEALTH_PATH, SOCKET_PATH, Record
from deployment import Deployment, Lab
from rows import ROWS, Meets, Row, row

BAD_TOKEN = "no-such-token"


@pytest.fixture(scope="module", autouse=True)
def all_backends(lab: Lab) -> None:
    lab.start_backends([(each.plan.backend, each.plan.behaviour) for each in ROWS if each.plan.backend_runs])


def check(meets: Meets, answer: raw.Answer, record: Record, mark: int) -> None:
    assert answer.status == meets.status, answer
    assert answer.close_code == meets.close_code
    seen = record.since(mark)
    if meets.arrives_at is None:
        assert seen == []
    else:
        assert [(one.path, one.upgrade) for one in seen] == [(meets.arrives_at, meets.arrives_as_upgrade)]


def upgrade(deployment: Deployment, token: str, meets: Meets, options: tuple[str, ...]) -> raw.Answer:
    origin = [f"Origin: {value}" for name, value in zip(options, options[1:]) if name == "--origin"]
    return raw.ask(deployment.proxy.address, f"{SOCKET_PATH}?token={token}", origin, upgrade=True,
                   read_close=meets.close_code != 0)


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.name)
def test_the_row_is_true(lab: Lab, case: Row) -> None:
    deployment = lab.deploy(case.plan)
    record = deployment.record

    mark = record.mark()
    check(case.health, raw.ask(deployment.proxy.address, HEALTH_PATH), record, mark)
    for token, meets in ((case.token, case.valid), (BAD_TOKEN, case.invalid)):
        mark = record.mark()
        check(meets, upgrade(deployment, token, meets, case.options), record, mark)
        if meets.arrives_at is not None:
            assert record.since(mark)[0].token == token


def test_behind_wsproto_the_proxy_is_the_only_product_that_a_refusal_names(lab: Lab) -> None:
    deployment = lab.deploy(row("healthy-wsproto").plan)
    answer = raw.ask(deployment.proxy.address, f"{SOCKET_PATH}?token={BAD_TOKEN}", upgrade=True)
    assert answer.values("Server") == ["Caddy"]


def test_the_health_document_counts_open_sockets(lab: Lab) -> None:
    backend = lab.backend()
    before = raw.ask(backend.address, HEALTH_PATH)
    assert b'"active_connections":0' in before.rest
