"""Every deployment of rows.py, asked by `run` and by `diagnose`: what is told is what is true, or it is `undetermined`."""

from __future__ import annotations

import re

import pytest

from behaviour import SOCKET_PATH, Behaviour, Record
from deployment import Deployment, Lab
from matrix import MISSED, WRONG, Matrix
from reports import save
from rows import ROWS, row
from rows_base import Meets, Row
from verdict_checks import check_report
from wsprobe import Run, Wsprobe

ENOUGH_TO_COUNT = 100  # verdicts


@pytest.fixture(scope="module", autouse=True)
def all_backends(lab: Lab, rows_asked_for: list[Row]) -> None:
    lab.start_backends([(each.plan.backend, each.plan.behaviour) for each in rows_asked_for if each.plan.backend_runs])


def ask(wsprobe: Wsprobe, deployment: Deployment, case: Row, command: str, output: str = "json") -> Run:
    if command == "diagnose":
        return wsprobe.diagnose(deployment.socket_url, *case.options, token=case.token, output=output)
    file = wsprobe.scenario(deployment.edge, codes=case.refusal_codes)
    if case.options:
        assert case.options[0] == "--origin"
        file.write_text(file.read_text().replace("query:", f'origin: "{case.options[1]}", query:'))
    return wsprobe.run(file, token=case.token, output=output)


def check_arrivals(record: Record, mark: int, meets: Meets, is_the_token: re.Pattern[str]) -> None:
    """What the probe's own requests met, as the backend saw it."""
    seen = [one for one in record.since(mark) if is_the_token.fullmatch(one.token)]
    if meets.arrives_at is None:
        assert not [one for one in seen if one.path == SOCKET_PATH and one.upgrade]
    else:
        assert (meets.arrives_at, meets.arrives_as_upgrade) in [(one.path, one.upgrade) for one in seen]


def ways_to_ask() -> list[object]:
    """`diagnose` about every deployment; `run`, which judges alike, about the representative ones."""
    return [pytest.param(case, command, id=f"{case.name}-{command}") for case in ROWS for command in ("run", "diagnose")
            if case.representative or command == "diagnose"]


@pytest.mark.parametrize(("case", "command"), ways_to_ask())
def test_what_is_told_is_true(lab: Lab, wsprobe: Wsprobe, matrix: Matrix, case: Row, command: str) -> None:
    deployment = lab.deploy(case.plan)
    mark = deployment.record.mark()
    run = ask(wsprobe, deployment, case, command)
    assert run.exit_code in (0, 1), run.err
    report = run.report
    invalid = run.step("invalid-token")
    rights = {"deployment": case.overall} | ({"invalid-token": case.refusal} if case.refusal is not None else {})
    save(case, command, run, rights)

    # Into the matrix first: a deployment that fails below is still shown there.
    told = {"deployment": report["verdict"], "invalid-token": invalid["verdict"]}
    grades = {about: matrix.add(case.name, command, about, told[about], known) for about, known in rights.items()}
    assert WRONG not in grades.values(), told

    check_report(report)
    assert run.exit_code == (0 if report["outcome"] == "pass" else 1)
    if case.passes is not None and MISSED not in grades.values():  # what is not shown is not met
        assert run.exit_code == (0 if case.passes else 1)
    check_arrivals(deployment.record, mark, case.valid, re.compile(re.escape(case.token)))
    check_arrivals(deployment.record, mark, case.invalid, re.compile(r"wsprobe-invalid-[0-9a-f]{16}"))
    assert case.token not in run.out + run.err


def test_enough_is_told_and_little_of_it_is_wrong(matrix: Matrix, request: pytest.FixtureRequest) -> None:
    """The representative deployments are the odd ones: each fault once. What is told of all of them is counted by --whole."""
    if len(matrix.entries) < ENOUGH_TO_COUNT:
        return  # some deployments were asked for by name
    assert matrix.figures("emitter").precision == 1
    assert matrix.figures("cause").precision >= 0.98
    # The aim is 0.95 for both. The emitter's is missed: docs/ATTRIBUTION.md says where and why; here it may not get worse.
    enough = {"emitter": 0.92, "cause": 0.95} if request.config.getoption("--whole") else {"emitter": 0.9, "cause": 0.9}
    for word, least in enough.items():
        assert matrix.figures(word).coverage >= least, word


@pytest.mark.parametrize("command", ["run", "diagnose"])
@pytest.mark.parametrize("name", ["denied", "socket-rewritten", "upgrade-stripped", "backend-crashes"])
def test_green_health_beside_a_failing_upgrade_is_said(lab: Lab, wsprobe: Wsprobe, name: str, command: str) -> None:
    case = row(name)
    deployment = lab.deploy(case.plan)
    run = ask(wsprobe, deployment, case, command)
    assert run.exit_code == 1
    assert run.step("health")["as_expected"] is True
    assert run.step("valid-token")["as_expected"] is False
    for text in (run.report["verdict"]["summary"], ask(wsprobe, deployment, case, command, "human").out):
        words = " ".join(text.split())
        assert re.search(r"health[^.]*\bgreen\b", words, re.IGNORECASE), text
        assert re.search(r"\bupgrade\b[^.]*\b(fail|refuse)", words, re.IGNORECASE), text


def test_red_health_is_never_called_green(lab: Lab, wsprobe: Wsprobe) -> None:
    for name in ("incident", "backend-down", "health-says-unavailable"):
        case = row(name)
        run = ask(wsprobe, lab.deploy(case.plan), case, "diagnose", "human")
        assert not re.search(r"health[^.]*\bgreen\b", " ".join(run.out.split()), re.IGNORECASE), run.out


def test_the_refusal_of_wsproto_is_the_backends_though_only_caddy_is_named(lab: Lab, wsprobe: Wsprobe) -> None:
    case = row("healthy-wsproto")
    run = ask(wsprobe, lab.deploy(case.plan), case, "diagnose")
    refusal = run.step("invalid-token")
    assert [value for name, value in refusal["response"]["headers"] if name.lower() == "server"] == ["Caddy"]
    assert refusal["outcome"] == "rejected"
    assert refusal["status"] == 403
    assert (refusal["verdict"]["emitter"], refusal["verdict"]["cause"]) == ("backend", "auth_rejected")


def test_a_wrong_token_given_as_valid_is_told_apart_from_nothing_it_cannot_be_told_from(lab: Lab, wsprobe: Wsprobe) -> None:
    """A refused token, a missing route and a rewritten path give the same bytes: the same words have to be said."""
    told = set()
    for name in ("wrong-valid-token", "no-route", "socket-rewritten"):
        case = row(name)
        verdict = ask(wsprobe, lab.deploy(case.plan), case, "run").report["verdict"]
        told.add((verdict["emitter"], verdict["fault"], verdict["cause"]))
    assert len(told) == 1, told


def test_a_direct_path_settles_whether_the_proxy_is_at_fault(lab: Lab, wsprobe: Wsprobe) -> None:
    case = row("socket-rewritten")
    deployment = lab.deploy(case.plan)
    backend = lab.backend(case.plan.backend, case.plan.behaviour)
    verdict = wsprobe.diagnose(deployment.socket_url, "--direct", f"ws://{backend.address}").report["verdict"]
    assert verdict["fault"] in ("proxy", "undetermined")
    assert verdict["cause"] in ("proxy_rewrote_path", "undetermined")


def test_without_a_token_nothing_is_claimed_about_users(lab: Lab, wsprobe: Wsprobe) -> None:
    deployment = lab.deploy(row("healthy").plan)
    mark = deployment.record.mark()
    run = wsprobe.call("diagnose", deployment.socket_url, "--format", "json")
    assert run.exit_code in (0, 1), run.err
    report = run.report
    assert [step["name"] for step in report["steps"]] == ["health", "no-token", "invalid-token"]
    assert report["verdict"]["cause"] in ("healthy", "auth_rejected", "undetermined")
    said = [*report["notes"], *(reason["fact"] for reason in report["verdict"]["reasons"])]
    assert any("token" in sentence.lower() for sentence in said)
    assert Behaviour().token not in {one.token for one in deployment.record.since(mark)}  # nobody guessed it


def test_no_experiments_sends_the_steps_and_nothing_else(lab: Lab, wsprobe: Wsprobe) -> None:
    case = row("incident")
    deployment = lab.deploy(case.plan)
    mark = deployment.record.mark()
    report = wsprobe.run(wsprobe.scenario(deployment.edge), options=["--no-experiments"]).report
    assert report["experiments"] == []
    assert len(deployment.record.since(mark)) == 3
    assert report["verdict"]["cause"] in ("proxy_rewrote_path", "undetermined")
