"""What happens after the 101: messages, pings, the hold, closes; and tokens in the places where applications look for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from behaviour import GOOD_TOKEN, SOCKET_PATH, Behaviour
from deployment import Deployment, Lab, Plan
from rows_caddy import PLAIN
from verdict_checks import check_report
from wsprobe import TOKEN_VARIABLE, Run, Wsprobe

PLAN = Plan(site=PLAIN)
BACKENDS = ["uvicorn-websockets", "uvicorn-wsproto"]
BOTH = pytest.mark.parametrize("backend", BACKENDS)
BEHAVIOURS = [Behaviour(), Behaviour(close_code_after_accept=1008), Behaviour(close_code_after_accept=4401),
              *(Behaviour(token_in=place) for place in ("header", "cookie", "subprotocol", "first_message"))]


@pytest.fixture(scope="module", autouse=True)
def all_backends(lab: Lab) -> None:
    lab.start_backends([(backend, behaviour) for backend in BACKENDS for behaviour in BEHAVIOURS])


def run_steps(wsprobe: Wsprobe, deployment: Deployment, *steps: str, timeout: str = "10s") -> Run:
    lines = ["scenario: session", f"target: {{edge: {deployment.edge}}}", f"timeout: {timeout}",
             f"credentials: {{valid: {{env: {TOKEN_VARIABLE}}}}}", "steps:", *(f"  - {step}" for step in steps)]
    run = wsprobe.run(wsprobe.write("session.yaml", "\n".join(lines) + "\n"))
    assert run.exit_code in (0, 1), run.err
    check_report(run.report)
    return run


def upgrade(**keys: str) -> str:
    given = {"name": "socket", "path": SOCKET_PATH, "query": '{token: "${valid}"}', **keys}
    return "upgrade: {" + ", ".join(f"{key}: {value}" for key, value in given.items() if value) + "}"


PING = """[{send: '{"type":"ping"}', expect: {json: {/type: pong}}}]"""


@BOTH
def test_messages_are_sent_and_answers_expected(lab: Lab, wsprobe: Wsprobe, backend: str) -> None:
    deployment = lab.deploy(replace(PLAN, backend=backend))
    run = run_steps(wsprobe, deployment, upgrade(messages=PING, ping="3", hold="100ms"))
    assert run.exit_code == 0, run.out
    session = run.step("socket")["session"]
    assert [message["matched"] for message in session["messages"]] == [True]
    assert len(session["ping_seconds"]) == 3
    assert session["open_seconds"] >= 0.1
    assert session["close"]["code"] == 1000
    assert session["close"]["first"] == "us"


@pytest.mark.parametrize("expect", ["{json: {/type: pang}}", "{text: pong}", "{regex: '^never$'}"])
def test_another_answer_than_expected_is_unmet(lab: Lab, wsprobe: Wsprobe, expect: str) -> None:
    messages = "[{send: '{\"type\":\"ping\"}', expect: %s}]" % expect
    run = run_steps(wsprobe, lab.deploy(PLAN), upgrade(messages=messages), timeout="1500ms")
    assert run.exit_code == 1
    step = run.step("socket")
    assert step["as_expected"] is False
    assert run.report["verdict"]["cause"] != "healthy"


@pytest.mark.parametrize("expect", ["{regex: '\"type\": ?\"pong\"'}", "{json: {/type: pong}}"])
def test_the_forms_of_an_expected_answer(lab: Lab, wsprobe: Wsprobe, expect: str) -> None:
    messages = "[{send: '{\"type\":\"ping\"}', expect: %s}]" % expect
    assert run_steps(wsprobe, lab.deploy(PLAN), upgrade(messages=messages)).exit_code == 0


def test_a_message_that_never_comes_is_a_timeout_of_that_phase(lab: Lab, wsprobe: Wsprobe) -> None:
    messages = "[{send: '{\"type\":\"nothing\"}', expect: {json: {/type: pong}}}]"
    run = run_steps(wsprobe, lab.deploy(PLAN), upgrade(messages=messages), timeout="500ms")
    assert run.exit_code == 1
    failure = run.step("socket")["failure"]
    assert (failure["phase"], failure["kind"]) == ("message", "timeout")


@BOTH
def test_the_backend_is_seen_to_hold_our_socket(lab: Lab, wsprobe: Wsprobe, backend: str) -> None:
    """active_connections before, during and after: proof that this backend has this socket, not something in between."""
    deployment = lab.deploy(replace(PLAN, backend=backend))
    health = "health: {path: /api/system/health, expect: {status: 200, json: {/status: ok, /ws/available: true}}}"
    run = run_steps(wsprobe, deployment, health, upgrade(hold="300ms"))
    assert run.exit_code == 0, run.out
    assert run.step("health")["health"]["active_connections"] == 0
    witness = run.step("socket")["witness"]
    assert (witness["before"], witness["during"]) == (0, 1)
    assert witness["after"] in (0, None)


@BOTH
@pytest.mark.parametrize("code", [1008, 4401])
def test_an_accept_followed_by_a_close_is_the_applications_rejection(lab: Lab, wsprobe: Wsprobe, backend: str,
                                                                     code: int) -> None:
    deployment = lab.deploy(replace(PLAN, backend=backend, behaviour=Behaviour(close_code_after_accept=code)))
    run = run_steps(
        wsprobe, deployment, upgrade(name="valid-token", ping="1"),
        upgrade(name="invalid-token", query='{token: "${invalid}"}', expect=f"{{rejected_by: backend, status: [{code}]}}"))
    assert run.exit_code == 0, run.out
    step = run.step("invalid-token")
    assert (step["outcome"], step["status"]) == ("rejected", 101)
    assert step["session"]["close"]["code"] == code
    assert step["session"]["close"]["first"] == "peer"
    assert (step["verdict"]["emitter"], step["verdict"]["cause"]) == ("backend", "auth_rejected")


def test_another_close_code_than_expected_is_unmet(lab: Lab, wsprobe: Wsprobe) -> None:
    deployment = lab.deploy(replace(PLAN, behaviour=Behaviour(close_code_after_accept=4401)))
    run = run_steps(wsprobe, deployment, upgrade(query='{token: "${invalid}"}', expect="{rejected_by: backend, status: [1008]}"))
    assert run.exit_code == 1


def test_a_valid_token_that_is_thrown_out_after_the_accept_is_no_pass(lab: Lab, wsprobe: Wsprobe) -> None:
    deployment = lab.deploy(replace(PLAN, behaviour=Behaviour(close_code_after_accept=4401, token="another-token")))
    run = wsprobe.diagnose(deployment.socket_url)
    assert run.exit_code == 1
    step = run.step("valid-token")
    assert (step["outcome"], step["as_expected"]) == ("rejected", False)
    assert run.report["verdict"]["cause"] in ("auth_rejected", "undetermined")


PLACES = {
    "header": ({"headers": '{Authorization: "Bearer ${%s}"}'}, ["--token-header", "Authorization"]),
    "cookie": ({"headers": '{Cookie: "session=${%s}"}'}, ["--token-cookie", "session"]),
    "subprotocol": ({"subprotocols": '[lab.v1, "${%s}"]'}, ["--token-subprotocol", "lab.v1"]),
}


@BOTH
@pytest.mark.parametrize("place", PLACES)
def test_a_token_elsewhere_than_in_the_query(lab: Lab, wsprobe: Wsprobe, backend: str, place: str) -> None:
    keys, options = PLACES[place]
    deployment = lab.deploy(replace(PLAN, backend=backend, behaviour=Behaviour(token_in=place)))

    def step(name: str, credential: str, **more: str) -> str:
        return upgrade(name=name, query="", **{key: value % credential for key, value in keys.items()}, **more)

    run = run_steps(wsprobe, deployment, step("valid-token", "valid", messages=PING),
                    step("invalid-token", "invalid", expect="{rejected_by: backend, status: [403]}"))
    assert run.exit_code == 0, run.out
    assert run.step("valid-token")["credential"] == "valid"
    assert GOOD_TOKEN not in run.out

    diagnosis = wsprobe.diagnose(deployment.socket_url, *options)
    assert diagnosis.exit_code == 0, diagnosis.out
    assert diagnosis.report["verdict"]["cause"] == "healthy"
    assert GOOD_TOKEN not in diagnosis.out


@BOTH
def test_a_token_in_the_first_message(lab: Lab, wsprobe: Wsprobe, backend: str) -> None:
    deployment = lab.deploy(replace(PLAN, backend=backend, behaviour=Behaviour(token_in="first_message")))
    login = """[{send: '{"type":"auth","token":"${%s}"}', expect: {json: {/type: welcome}}}]"""
    run = run_steps(wsprobe, deployment, upgrade(name="valid-token", query="", messages=login % "valid"),
                    upgrade(name="invalid-token", query="", messages=login % "invalid",
                            expect="{rejected_by: backend, status: [4401]}"))
    assert run.exit_code == 0, run.out
    assert run.step("invalid-token")["outcome"] == "rejected"
    assert GOOD_TOKEN not in run.out


def test_an_origin_is_sent_as_given(lab: Lab, wsprobe: Wsprobe) -> None:
    deployment = lab.deploy(replace(PLAN, behaviour=Behaviour(only_origin="https://app.lab.test")))
    assert run_steps(wsprobe, deployment, upgrade(origin="https://app.lab.test")).exit_code == 0
    assert run_steps(wsprobe, deployment, upgrade(origin="https://evil.lab.test")).exit_code == 1
