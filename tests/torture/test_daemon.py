"""One call of the C library fails in the daemon: while it starts and ends, while it is scraped, while it reloads.

A call that fails may end the start with a word, a scrape without its answer or a reload with what was before. It does not
end a daemon that runs, except by the want of memory (exit 3): nothing goes on without that.
"""

from __future__ import annotations

import collections
import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import torture
from scenarios import TOKEN, World, scenario, world
from torture import MEMORY, SYSTEM_CALLS, Fault, State

BINARY = os.environ["WSPROBE_BINARY"]
INJECTOR = Path(os.environ["WSPROBE_FAULT_INJECTOR"])
EVERYTHING = os.environ.get("WSPROBE_TORTURE") == "all"
SAMPLE = 20
PATIENCE = 20.0  # seconds
LATEST_EXIT = 20.0  # seconds; what runs may take fifteen to its end


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = State(tmp_path / "state")
    yield made
    made.close()


class Daemon:
    """`wsprobe serve` of a scenario that is not due before an hour, with the injector, and its log in a file."""

    def __init__(self, everything: World, state: State, directory: Path) -> None:
        self.log = directory / "log"
        file = scenario(everything, "daemon", everything.plain.edge)
        command = [BINARY, "serve", "--web.listen-address", "127.0.0.1:0", "--storage.path", str(directory / "history"), file]
        base = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TORTURE_TOKEN": TOKEN}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory,
                                            env=torture.environment(INJECTOR, state, base))

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def wait_for(self, words: str, count: int = 1) -> bool:
        """Whether the log has come to say so; False where the daemon has ended."""
        torture.wait_until(lambda: self.text.count(words) >= count or self.has_ended(), PATIENCE)
        return self.text.count(words) >= count

    def scrape(self) -> str | None:
        """A whole answer of /metrics, or None where the connection ended without one."""
        found = re.search(r"msg=listening.*address=\S*?:(\d+)", self.text)
        assert found, self.text
        answer = b""
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", int(found[1])), PATIENCE) as stream:
            stream.sendall(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
            while piece := stream.recv(65536):
                answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        return body.decode() if head[9:12] == b"200" and length and len(body) == int(length[1]) else None

    def end(self) -> int:
        """As an administrator would; -999 where it does not come to its end."""
        if not self.has_ended():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(LATEST_EXIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return -999


def chosen(faults: list[Fault]) -> list[Fault]:
    assert len(faults) > 10, "the injector is not in the way of the program's calls"
    if EVERYTHING:
        return torture.spread(faults, 2000)
    return torture.spread(faults, SAMPLE)


def said(fault: Fault, fired: int, daemon: Daemon) -> str:
    return f"{fault}: {os.strerror(fired)}\n{daemon.text[-700:]}"


@pytest.mark.parametrize("classes", [SYSTEM_CALLS, MEMORY], ids=["calls", "memory"])
def test_start_and_end(everything: World, state: State, tmp_path: Path, classes: int) -> None:
    def life(number: int, choice: int) -> tuple[Daemon, int]:
        directory = tmp_path / f"life-{number}-{choice}"
        directory.mkdir()
        state.arm(classes, number, choice)
        daemon = Daemon(everything, state, directory)
        daemon.wait_for("msg=started")
        return daemon, daemon.end()

    daemon, code = life(0, 0)
    assert code == 0, daemon.text
    codes = collections.Counter()
    for fault in chosen(state.faults(classes)):
        daemon, code = life(fault.number, fault.choice)
        codes[code] += 1
        assert code in {0, 2, 3}, f"{code}: {said(fault, state.fired, daemon)}"
        assert code == 0 or "wsprobe: " in daemon.text or "error" in daemon.text, f"no word: {said(fault, state.fired, daemon)}"
        history = daemon.log.parent / "history" / "history.db"
        if history.exists() and history.stat().st_size:
            with contextlib.closing(sqlite3.connect(history)) as database:
                assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], said(fault, state.fired, daemon)
    print(dict(codes))


@contextlib.contextmanager
def started(everything: World, state: State, directory: Path) -> Iterator[Daemon]:
    directory.mkdir(exist_ok=True)
    state.arm(0, 0, 0)
    daemon = Daemon(everything, state, directory)
    try:
        assert daemon.wait_for("msg=started"), daemon.text
        yield daemon
        state.disarm()
        assert daemon.end() in (0, 3), daemon.text
    finally:
        if not daemon.has_ended():
            daemon.process.kill()
            daemon.process.wait()


def check_alive(daemon: Daemon) -> None:
    text = daemon.scrape()
    assert text and "wsprobe_build_info" in text and 'wsprobe_scenario_runs_total{scenario="daemon"}' in text


def torture_a_running_one(everything: World, state: State, tmp_path: Path, classes: int, act: Callable[[Daemon], None]) -> None:
    """Fails each call of `act` once, in one daemon as long as that lives."""
    with started(everything, state, tmp_path / "whole") as daemon:
        act(daemon)
        state.arm(classes, 0, 0, pid=daemon.process.pid)
        act(daemon)
        state.disarm()
        faults = chosen(state.faults(classes))
    waiting, lives, ended = collections.deque(faults), 0, 0
    while waiting:
        lives += 1
        with started(everything, state, tmp_path / f"life-{lives}") as daemon:
            while waiting and not daemon.has_ended():
                fault = waiting.popleft()
                state.arm(classes, fault.number, fault.choice, pid=daemon.process.pid)
                act(daemon)
                state.disarm()
                if torture.wait_until(daemon.has_ended, 0.05 if classes == MEMORY and state.fired else 0):
                    ended += 1
                    assert classes == MEMORY, f"it is gone: {said(fault, state.fired, daemon)}"
                    assert daemon.process.returncode == 3 and "out of memory" in daemon.text, said(fault, state.fired, daemon)
                else:
                    check_alive(daemon)
    print(f"{len(faults)} faults, {ended} ends, {lives} lives")


@pytest.mark.parametrize("classes", [SYSTEM_CALLS, MEMORY], ids=["calls", "memory"])
def test_a_scrape(everything: World, state: State, tmp_path: Path, classes: int) -> None:
    def scrape(daemon: Daemon) -> None:
        text = daemon.scrape()
        assert text is None or text.rstrip().endswith("}") or re.search(r" [-+.0-9e]+$", text.rstrip()), "half of the metrics"

    torture_a_running_one(everything, state, tmp_path, classes, scrape)


@pytest.mark.parametrize("classes", [SYSTEM_CALLS, MEMORY], ids=["calls", "memory"])
def test_a_reload(everything: World, state: State, tmp_path: Path, classes: int) -> None:
    words = re.compile(r"msg=(?:reloaded|\"the configuration cannot be used)")

    def reload_once(daemon: Daemon, patience: float) -> bool:
        before = len(words.findall(daemon.text))
        daemon.process.send_signal(signal.SIGHUP)
        return torture.wait_until(lambda: len(words.findall(daemon.text)) > before or daemon.has_ended(), patience)

    def reload(daemon: Daemon) -> None:
        has_said = reload_once(daemon, 0.5)  # the word itself may be what is lost
        state.disarm()
        assert daemon.has_ended() or reload_once(daemon, PATIENCE), f"no reload after it ({has_said}): {daemon.text[-500:]}"

    torture_a_running_one(everything, state, tmp_path, classes, reload)
