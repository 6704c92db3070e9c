"""SIGINT and SIGTERM stop a run at once, and what it has by then is printed."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from behaviour import Behaviour
from deployment import Lab
from peers import Connection, is_upgrade, peer
from rows import row
from verdict_checks import check_report
from wsprobe import TOKEN_VARIABLE, Run, Wsprobe

AT_ONCE = 0.5  # seconds from the signal to the end, printing included
SIGNALS = pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


def stop(wsprobe: Wsprobe, arguments: list[str], wait_for_it: Callable[[], object], number: int) -> Run:
    """Starts wsprobe, waits until it is where it is wanted, sends the signal."""
    process = wsprobe.start(*arguments)
    wait_for_it()
    process.send_signal(number)
    return wsprobe.finish(process, time.monotonic())


@SIGNALS
@pytest.mark.parametrize("output", ["json", "human"])
def test_a_signal_during_a_silent_exchange(wsprobe: Wsprobe, number: int, code: int, output: str) -> None:
    with peer(Connection.wait) as silent:
        arguments = ["diagnose", silent.url, "--token-env", TOKEN_VARIABLE, "--timeout", "60s", "--format", output]
        run = stop(wsprobe, arguments, lambda: silent.accepted.acquire(timeout=20), number)
    assert run.exit_code == code
    assert run.seconds < AT_ONCE * wsprobe.slowness
    if output == "json":
        report = json.loads(run.out)
        assert report["interrupted"] is True
        assert report["outcome"] == "fail"
        assert report["steps"][0]["failure"]["reason"] == "cancelled"
    else:
        assert "STOPPED" in run.out


@SIGNALS
def test_what_was_seen_before_the_signal_is_in_the_report(wsprobe: Wsprobe, number: int, code: int) -> None:
    """The health document came; the upgrade hangs."""

    upgrade_asked = threading.Event()

    def script(connection: Connection) -> None:
        if is_upgrade(connection.request()):
            upgrade_asked.set()
            connection.wait()
        document = '{"status":"ok","ws":{"available":true}}'
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(document)}\r\n\r\n{document}")

    with peer(script) as running:
        arguments = ["diagnose", running.url, "--token-env", TOKEN_VARIABLE, "--timeout", "60s", "--format", "json"]

        def health_is_over() -> None:
            assert upgrade_asked.wait(timeout=20)

        run = stop(wsprobe, arguments, health_is_over, number)
    assert run.exit_code == code
    report = json.loads(run.out)
    assert report["interrupted"] is True
    assert report["steps"][0]["status"] == 200
    assert report["steps"][0]["outcome"] == "completed"


@SIGNALS
def test_a_signal_while_a_socket_is_held(lab: Lab, wsprobe: Wsprobe, number: int, code: int) -> None:
    deployment = lab.deploy(row("healthy").plan)
    file = wsprobe.scenario(deployment.edge, timeout="60s")
    file.write_text(file.read_text().replace("hold: 100ms", "hold: 30s"))
    mark = deployment.record.mark()

    def until_it_is_accepted() -> None:
        limit = time.monotonic() + 20
        while not any(one.upgrade for one in deployment.record.since(mark)):
            assert time.monotonic() < limit
            time.sleep(0.01)

    run = stop(wsprobe, ["run", str(file), "--format", "json"], until_it_is_accepted, number)
    assert run.exit_code == code
    assert run.seconds < AT_ONCE * wsprobe.slowness
    assert run.report["steps"][0]["as_expected"] is True


def test_the_files_after_a_signal_are_not_run(lab: Lab, wsprobe: Wsprobe) -> None:
    healthy = lab.deploy(replace(row("healthy").plan, behaviour=Behaviour(token="a-deployment-of-its-own")))
    with peer(Connection.wait) as silent:
        first = wsprobe.scenario(silent.edge, name="first", timeout="60s")
        second = wsprobe.scenario(healthy.edge, name="second")
        mark = healthy.record.mark()
        run = stop(wsprobe, ["run", str(first), str(second), "--format", "json"],
                   lambda: silent.accepted.acquire(timeout=20), signal.SIGINT)
    assert run.exit_code == 130
    assert run.report["scenario"] == "first"
    assert healthy.record.since(mark) == []
