"""With a witness, what cannot be told from outside is told: the log of the application or of the proxy is read beside it.

Each row deploys a fault that looks like another one from outside, and says what the log settles.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from behaviour import GOOD_TOKEN, SOCKET_PATH, Behaviour
from deployment import Deployment, Lab, Plan
from verdict_checks import check_report
from wsprobe import Run, Wsprobe

UPGRADE = """\
		proxy_http_version 1.1;
		proxy_set_header Upgrade $$http_upgrade;
		proxy_set_header Connection $$connection_upgrade;
		proxy_set_header Host $$host;
"""
INCIDENT = """\
	root * $root
	try_files {path} /index.html /index.php
	header -Server
	reverse_proxy $upstream"""
DENIED = UPGRADE + f"		location = {SOCKET_PATH} {{ return 403; }}\n		location / {{ proxy_pass http://$upstream; }}"
REWRITTEN = UPGRADE + (f"		location = {SOCKET_PATH} {{ rewrite ^ /index.html break; proxy_pass http://$upstream; }}\n"
                       "		location / { proxy_pass http://$upstream; }")
INTERCEPTED = UPGRADE + """\
		proxy_intercept_errors on;
		error_page 403 @denied;
		location @denied { internal; default_type text/plain; return 403 "not here"; }
		location / { proxy_pass http://$upstream; }"""
STRIPPED = "		proxy_http_version 1.1;\n		location / { proxy_pass http://$upstream; }"
HAPROXY_DENIES = f"	http-request deny if {{ path {SOCKET_PATH} }}"
HAPROXY_SENDS_NOWHERE = f"	use_backend nowhere if {{ path {SOCKET_PATH} }}"

Witness = Callable[[Lab, Deployment], str]


def backend_log(lab: Lab, deployment: Deployment) -> str:
    plan = deployment.plan
    return f"backend={lab.backend(plan.backend, plan.behaviour).child.log}"


def proxy_log(lab: Lab, deployment: Deployment) -> str:
    return f"proxy={deployment.proxy.child.log}"


@dataclass(frozen=True)
class Row:
    name: str
    plan: Plan
    witness: Witness
    step: str
    emitter: str
    fault: str
    cause: str
    words: str  # of a reason


ROWS = [
    Row("the-incident-behind-uvicorn-that-prints-no-query",
        Plan(INCIDENT, backend="uvicorn-wsproto", root_has_index=True), backend_log,
        "valid-token", "backend", "proxy", "proxy_rewrote_path", "/index.html where the client asked for /api/ws"),
    Row("the-incident-behind-hypercorn",
        Plan(INCIDENT, backend="hypercorn", root_has_index=True), backend_log,
        "valid-token", "backend", "proxy", "proxy_rewrote_path", "/index.html where the client asked for /api/ws"),
    Row("one-path-rewritten-by-nginx",
        Plan(REWRITTEN, proxy="nginx", backend="hypercorn"), backend_log,
        "valid-token", "backend", "proxy", "proxy_rewrote_path", "/index.html where the client asked for /api/ws"),
    Row("denied-by-nginx", Plan(DENIED, proxy="nginx", backend="hypercorn"), backend_log,
        "valid-token", "proxy", "proxy", "proxy_denied", "and not this one"),
    Row("denied-by-nginx-before-uvicorn", Plan(DENIED, proxy="nginx"), backend_log,
        "valid-token", "proxy", "proxy", "proxy_denied", "and not this one"),
    Row("refusals-replaced-by-nginx", Plan(INTERCEPTED, proxy="nginx", backend="hypercorn"), backend_log,
        "invalid-token", "backend", "none", "auth_rejected", "has this request with the status 403"),
    Row("upgrade-lost", Plan(STRIPPED, proxy="nginx"), backend_log,
        "valid-token", "backend", "proxy", "upgrade_stripped", "plain GET where an upgrade was sent"),
    Row("denied-by-haproxy", Plan(HAPROXY_DENIES, proxy="haproxy"), proxy_log,
        "valid-token", "proxy", "proxy", "proxy_denied", "PR--"),
    Row("haproxy-cannot-connect", Plan(HAPROXY_SENDS_NOWHERE, proxy="haproxy"), proxy_log,
        "valid-token", "proxy", "undetermined", "upstream_unreachable", "SC--"),
    Row("refused-by-aiohttp-behind-haproxy", Plan("", proxy="haproxy", backend="aiohttp"), backend_log,
        "invalid-token", "backend", "none", "auth_rejected", "has this request with the status 403"),
]


def ask(lab: Lab, wsprobe: Wsprobe, plan: Plan, *options: str) -> tuple[Deployment, Run]:
    deployment = lab.deploy(plan)
    scenario = wsprobe.scenario(deployment.edge)
    text = scenario.read_text() + "witness:\n" + "".join(f"  - {option}\n" for option in options)
    scenario.write_text(text)
    return deployment, wsprobe.run(scenario)


def entry(witness: str) -> str:
    owner, _, path = witness.partition("=")
    return json.dumps({"file": path, "of": owner})


def reasons_of(verdict: dict[str, Any]) -> str:
    return "\n".join(reason["fact"] for reason in verdict["reasons"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_log_settles_it(lab: Lab, wsprobe: Wsprobe, row: Row) -> None:
    deployment = lab.deploy(row.plan)
    _, run = ask(lab, wsprobe, row.plan, entry(row.witness(lab, deployment)))
    check_report(run.report)
    verdict = run.step(row.step)["verdict"]
    told = (verdict["emitter"], verdict["fault"], verdict["cause"])
    assert told == (row.emitter, row.fault, row.cause), reasons_of(verdict)
    assert row.words in reasons_of(verdict)
    (witness,) = run.report["witnesses"]
    assert witness["problem"] is None and witness["lines_ours"] > 0
    assert GOOD_TOKEN not in run.out + run.err


def test_a_command_says_what_the_file_says(lab: Lab, wsprobe: Wsprobe) -> None:
    plan = Plan(REWRITTEN, proxy="nginx", backend="hypercorn")
    log = lab.backend(plan.backend, plan.behaviour).child.log
    command = json.dumps({"command": ["cat", str(log)], "of": "backend"})
    _, run = ask(lab, wsprobe, plan, command)
    verdict = run.step("valid-token")["verdict"]
    assert verdict["cause"] == "proxy_rewrote_path" and verdict["confidence"] > 0.95
    assert run.report["witnesses"][0]["format"] == "hypercorn"


@pytest.mark.parametrize("witness, problem", [
    ({"file": "/nonexistent/access.log", "of": "backend"}, "No such file or directory"),
    ({"command": ["/nonexistent/docker", "logs", "x"], "of": "backend"}, "No such file or directory"),
    ({"command": ["sh", "-c", "echo no such container >&2; exit 1"], "of": "backend"}, "no such container"),
    ({"command": ["sleep", "1000"], "of": "backend"}, "nothing was written"),
    ({"command": ["yes"], "of": "backend"}, "prints more than 8 MiB"),
    ({"file": "/dev/null", "of": "backend"}, "not a regular file"),
], ids=lambda value: None if isinstance(value, dict) else value.split()[0])
def test_a_witness_that_says_nothing_changes_nothing(
        lab: Lab, wsprobe: Wsprobe, witness: dict[str, Any], problem: str) -> None:
    plan = Plan(DENIED, proxy="nginx", backend="hypercorn")
    _, with_witness = ask(lab, wsprobe, plan, json.dumps(witness))
    without = wsprobe.run(wsprobe.scenario(lab.deploy(plan).edge))
    assert problem in with_witness.report["witnesses"][0]["problem"]
    for key in ("emitter", "fault", "cause", "confidence"):
        assert with_witness.report["verdict"][key] == without.report["verdict"][key]
    assert with_witness.seconds < 10 * wsprobe.slowness


@pytest.mark.parametrize("backend", ["hypercorn", "uvicorn-websockets", "aiohttp"])
def test_a_request_that_went_to_another_replica_is_not_taken_for_denied(
        lab: Lab, wsprobe: Wsprobe, backend: str) -> None:
    """Two replicas behind one nginx, and the log of one of them: what the other answered is the application's too."""
    other = lab.backend(backend, Behaviour(close_code_after_accept=0, only_origin="", token=GOOD_TOKEN, hangs=False,
                                           health_says_available=True, has_health=True, checks_token=True,
                                           token_in="header"))
    site = UPGRADE + f"		location / {{ proxy_pass http://$upstream; }}\n		location = {SOCKET_PATH} {{ proxy_pass http://{other.address}; }}"
    plan = Plan(site, proxy="nginx", backend=backend)
    log = lab.backend(backend).child.log
    _, run = ask(lab, wsprobe, plan, json.dumps({"file": str(log), "of": "backend"}))
    for step in run.report["steps"]:
        if step["verdict"]:
            assert step["verdict"]["emitter"] != "proxy", reasons_of(step["verdict"])


@pytest.mark.parametrize("backend", ["hypercorn", "uvicorn-websockets", "uvicorn-wsproto"])
def test_a_request_that_arrived_under_any_other_path_is_not_taken_for_denied(
        lab: Lab, wsprobe: Wsprobe, backend: str) -> None:
    site = UPGRADE + f"		location = {SOCKET_PATH} {{ proxy_pass http://$upstream/socket; }}\n		location / {{ proxy_pass http://$upstream; }}"
    plan = Plan(site, proxy="nginx", backend=backend)
    log = lab.backend(backend).child.log
    _, run = ask(lab, wsprobe, plan, json.dumps({"file": str(log), "of": "backend"}))
    assert run.step("valid-token")["verdict"]["emitter"] in ("backend", "undetermined")
    assert "and not this one" not in json.dumps(run.step("valid-token"))


def test_a_log_of_somebody_else_is_evidence_of_nothing(lab: Lab, wsprobe: Wsprobe, tmp_path: Path) -> None:
    """A log that has none of our requests says nothing of where ours went."""
    log = tmp_path / "other.log"
    log.write_text('INFO:     10.0.0.1:1 - "WebSocket /api/ws" 403\n')
    _, run = ask(lab, wsprobe, Plan(DENIED, proxy="nginx"), json.dumps({"file": str(log), "of": "backend"}))
    assert run.report["witnesses"][0]["lines_ours"] == 0
    assert "and not this one" not in json.dumps(run.report)


def test_a_command_gets_no_token_in_its_environment(lab: Lab, wsprobe: Wsprobe) -> None:
    behaviour = Behaviour()
    seen = wsprobe.directory / "environment"
    command = json.dumps({"command": ["sh", "-c", f"env > {seen}"], "of": "backend"})
    ask(lab, wsprobe, Plan(DENIED, proxy="nginx", behaviour=behaviour), command)
    assert seen.read_text() and GOOD_TOKEN not in seen.read_text()
