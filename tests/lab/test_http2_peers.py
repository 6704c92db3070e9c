"""Peers that agree on HTTP/2 and then hang, break off, break the rules or never stop, while over HTTP/1.1 all is well.

Each is a named outcome within the timeout. Where they had offered WebSocket over HTTP/2 the run fails, since browsers
would take that way; where they had not, browsers use HTTP/1.1 and the run passes.
"""

from __future__ import annotations

import os
import resource

import pytest
from behaviour import GOOD_TOKEN, SOCKET_PATH
from certificates import Authority, Certificate
from http2_peers import asked, opened_properly, tls
from http2_worlds import WORLDS
from peers import Connection, Script, peer
from verdict_checks import check_report, told_of
from wsprobe import TOKEN_VARIABLE, Run, Wsprobe, peak_memory

HOST = "edge.lab.test"
TIMEOUT = 1.0  # seconds
MARGIN = 0.25  # by how much a run may overstay
CPU_LIMIT = 0.8  # seconds
MEMORY_LIMIT = 48 * 1024  # KiB


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "http2", "The lab's authority")


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.issue(HOST)


def options(address: object, authority: Authority, output: str | None = None) -> list[str]:
    host, port = str(address).split(":")
    told = [f"wss://{HOST}:{port}{SOCKET_PATH}", "--cacert", str(authority.root), "--resolve", f"{HOST}:{port}:{host}",
            "--timeout", f"{int(TIMEOUT * 1000)}ms"]
    return told if output is None else [*told, "--token-env", TOKEN_VARIABLE, "--format", "json", "--output", output]


def cpu_seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def check_in_time(wsprobe: Wsprobe, run: Run) -> None:
    assert run.report["duration_seconds"] <= TIMEOUT + MARGIN
    assert run.seconds <= TIMEOUT + MARGIN + wsprobe.start_up_seconds()


@pytest.mark.parametrize("name", WORLDS)
def test_a_bad_peer_is_a_named_outcome_in_time(wsprobe: Wsprobe, authority: Authority, certificate: Certificate,
                                               name: str) -> None:
    world = WORLDS[name]
    before = cpu_seconds_of_children()
    with peer(tls(certificate, world.script)) as running:
        run = wsprobe.diagnose(*options(running.address, authority))
    cpu = cpu_seconds_of_children() - before

    report = run.report
    assert all(step["as_expected"] for step in report["steps"]), "over HTTP/1.1 all is well"
    (made,) = [one for one in report["experiments"] if one["experiment"] == "http2_websocket"]
    check_report(report)
    assert told_of(made) in world.outcomes.replace("rejected ", "rejected:").split(), made["failure"]
    assert made["http2"]["connect_protocol"] == world.offered
    assert run.exit_code == (1 if world.offered else 0), report["verdict"]
    assert (report["verdict"]["cause"] == "healthy") != world.offered
    assert report["verdict"]["fault"] in ("none", "undetermined"), "whether a proxy ends the TLS connection is not known"
    assert GOOD_TOKEN not in run.out + run.err
    check_in_time(wsprobe, run)
    assert cpu <= CPU_LIMIT * wsprobe.slowness


@pytest.mark.parametrize("name", ["SETTINGS without end", "CONTINUATION without end", "empty DATA without end",
                                  "messages without end", "a body without end", "a head of a megabyte in a byte each"])
def test_a_flood_does_not_fill_the_memory(wsprobe: Wsprobe, authority: Authority, certificate: Certificate,
                                          name: str) -> None:
    with peer(tls(certificate, WORLDS[name].script)) as running:
        process = wsprobe.start("diagnose", *options(running.address, authority, os.devnull))
        peak = peak_memory(process.pid)
        process.communicate(timeout=30)
    assert process.returncode == 1
    assert 0 < peak <= MEMORY_LIMIT * wsprobe.slowness


@pytest.mark.parametrize("name, words", [
    ("silence", "agreed on with the edge, whose SETTINGS did not come: failed: timeout_first_byte"),
    ("RST_STREAM", "WebSocket over it, which Chromium will use"),
])
def test_a_person_is_told(wsprobe: Wsprobe, authority: Authority, certificate: Certificate, name: str, words: str) -> None:
    with peer(tls(certificate, WORLDS[name].script)) as running:
        run = wsprobe.diagnose(*options(running.address, authority), output="human")
    assert words in " ".join(run.out.split())


def first(once: Script, then: Script) -> Script:
    """The first connection has a script of its own."""
    scripts = iter([once])
    return lambda connection: next(scripts, then)(connection)


@pytest.mark.parametrize("name", ["GOAWAY", "GOAWAY with the SETTINGS", "a reset instead of an answer",
                                  "an end instead of an answer"])
def test_what_browsers_ask_again_is_asked_again(wsprobe: Wsprobe, authority: Authority, certificate: Certificate,
                                                name: str) -> None:
    """An edge that is reloaded ends its connections; that is no fault."""
    with peer(tls(certificate, first(WORLDS[name].script, opened_properly))) as running:
        run = wsprobe.diagnose(*options(running.address, authority))
    (made,) = [one for one in run.report["experiments"] if one["experiment"] == "http2_websocket"]
    assert (run.exit_code, made["outcome"], made["status"]) == (0, "completed", 200), made["failure"]


SCENARIO = """\
scenario: late
target:
  edge: wss://{host}:{port}
timeout: 1s
http2: true
credentials:
  valid: {{env: {variable}}}
steps:
  - upgrade: {{name: valid-token, path: {path}, query: {{token: "${{valid}}"}}, expect: accepted, ping: 1, hold: 700ms}}
"""


def test_too_little_time_is_no_verdict(wsprobe: Wsprobe, authority: Authority, certificate: Certificate) -> None:
    """The socket is held for so long that the way over HTTP/2, which is silent for whatever reason, has no time left."""
    with peer(tls(certificate, asked(Connection.wait))) as running:
        address = running.address
        file = wsprobe.write("late.yaml", SCENARIO.format(host=HOST, port=address.port, variable=TOKEN_VARIABLE,
                                                          path=SOCKET_PATH))
        run = wsprobe.run(file, options=["--cacert", str(authority.root), "--resolve",
                                         f"{HOST}:{address.port}:{address.host}"])
    (made,) = [one for one in run.report["experiments"] if one["experiment"] == "http2_websocket"]
    assert made["failure"]["reason"] == "timeout_first_byte"
    assert (run.exit_code, made["as_expected"], run.report["verdict"]["cause"]) == (0, True, "healthy")
    assert any("whether it works is open" in reason["fact"] for reason in run.report["verdict"]["reasons"])
    check_in_time(wsprobe, run)
