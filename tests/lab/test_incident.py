"""The incident from end to end: what is told, the remedy that is printed, and that the remedy cures it.

Coolify's labels and an index.html in the root: every path becomes /index.html before it is forwarded. The backend then
writes a 403 that is the proxy's fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from deployment import Deployment, Lab
from proxies import Caddy
from rows import row
from wsprobe import Run, Wsprobe

Ask = Callable[..., Run]


@pytest.fixture(params=["run", "diagnose"])
def ask(request: pytest.FixtureRequest, wsprobe: Wsprobe) -> Ask:
    def by_scenario(deployment: Deployment, direct: bool = False) -> Run:
        file = wsprobe.scenario(deployment.edge)
        if direct:
            edge = f"  edge: {deployment.edge}\n"
            file.write_text(file.read_text().replace(edge, f"{edge}  direct: ws://{deployment.backend_address}\n"))
        return wsprobe.run(file)

    def by_url(deployment: Deployment, direct: bool = False) -> Run:
        options = ("--direct", f"ws://{deployment.backend_address}") if direct else ()
        return wsprobe.diagnose(deployment.socket_url, *options)

    return by_scenario if request.param == "run" else by_url


def site_block(remedy: str) -> list[str]:
    """The first block of the remedy that forwards anything: its lines, from the label to the closing brace."""
    block: list[str] = []
    depth = 0
    for line in remedy.splitlines():
        opens, closes = line.rstrip().endswith("{"), line.strip() == "}"
        if depth == 0 and not opens:
            continue
        block.append(line)
        depth += opens - closes
        if depth == 0:
            if any("reverse_proxy" in inner for inner in block):
                return block
            block = []
    raise AssertionError(f"no site block in the remedy:\n{remedy}")


def applied(block: list[str], deployment: Deployment) -> str:
    """The block as somebody would paste it: only the site's address and the upstream are their own."""
    caddy = deployment.proxy
    assert isinstance(caddy, Caddy)
    label = f"{caddy.label(deployment.site)} {{\n\tbind {caddy.address.host}"
    body = [re.sub(r"(reverse_proxy\s+).*", rf"\g<1>{deployment.backend_address}", line) for line in block[1:]]
    options = caddy.caddyfile([]).split("\n\n")[0]
    return "\n".join([options, "", label, *body, ""])


@pytest.mark.parametrize("backend", ["uvicorn-websockets", "uvicorn-wsproto"])
def test_the_incident_is_told_and_its_remedy_cures_it(lab: Lab, ask: Ask, backend: str) -> None:
    """With wsproto nothing complains of a long path: the direct address has to prove what else is only one of two."""
    deployment = lab.deploy(replace(row("incident").plan, backend=backend))
    ask = partial(ask, direct=backend == "uvicorn-wsproto")
    mark = deployment.record.mark()
    sick = ask(deployment)

    assert sick.exit_code == 1, sick.err
    verdict = sick.report["verdict"]
    assert (verdict["emitter"], verdict["fault"], verdict["cause"]) == ("backend", "proxy", "proxy_rewrote_path")
    for name in ("valid-token", "invalid-token"):
        step = sick.step(name)
        assert (step["outcome"], step["status"], step["verdict"]["emitter"]) == ("rejected", 403, "backend")
    assert sick.step("health")["as_expected"] is False
    if backend == "uvicorn-websockets":  # nothing of it went past the proxy
        assert {one.path for one in deployment.record.since(mark)} <= {"/index.html", "/"}

    remedy = verdict["remedy"]
    assert "try_files" in remedy
    block = site_block(remedy)
    assert not any("try_files" in line or "handle_path" in line or "root" in line.split() for line in block), block

    deployment.proxy.load(applied(block, deployment))
    mark = deployment.record.mark()
    cured = ask(deployment)
    assert cured.exit_code == 0, cured.out
    assert cured.report["verdict"]["cause"] == "healthy"
    refusal = cured.step("invalid-token")["verdict"]
    assert (refusal["emitter"], refusal["cause"]) == ("backend", "auth_rejected")
    assert "/index.html" not in {one.path for one in deployment.record.since(mark)}


def test_without_proof_the_incident_is_one_of_two_and_what_to_look_for_is_said(lab: Lab, ask: Ask) -> None:
    """Another application behind the host leaves the very same bytes where wsproto answers."""
    verdict = ask(lab.deploy(row("incident-wsproto").plan)).report["verdict"]
    assert (verdict["emitter"], verdict["fault"], verdict["cause"]) == ("backend", "undetermined", "undetermined")
    assert any("proxy_rewrote_path" in reason["fact"] for reason in verdict["reasons"])
    assert "try_files" in verdict["remedy"]


def test_the_human_report_shows_the_same_remedy(lab: Lab, wsprobe: Wsprobe) -> None:
    deployment = lab.deploy(row("incident").plan)
    remedy = wsprobe.diagnose(deployment.socket_url).report["verdict"]["remedy"]
    text = wsprobe.diagnose(deployment.socket_url, output="human").out
    shown = [line.strip() for line in text.splitlines()]
    for line in site_block(remedy):
        assert line.strip() in shown


def test_the_printed_command_reproduces_the_refusal(lab: Lab, wsprobe: Wsprobe) -> None:
    """What is printed to paste is pasted."""
    import subprocess

    deployment = lab.deploy(row("incident").plan)
    commands = wsprobe.diagnose(deployment.socket_url).report["verdict"]["reproduce"]
    assert commands
    for command in commands:
        assert command.startswith("curl ")
        mark = deployment.record.mark()
        variables = re.findall(r"\$\{?([A-Z_][A-Z0-9_]*)", command)
        environment = {"PATH": "/usr/bin:/bin", **{name: "pasted-token" for name in variables}}
        done = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, timeout=20, check=False)
        assert deployment.record.since(mark), (command, done.stderr)
        assert b" 40" in done.stdout + done.stderr, (command, done.stdout, done.stderr)
