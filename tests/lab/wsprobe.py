"""Runs the binary as a person or a cron job would, and reads what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from behaviour import GOOD_TOKEN, HEALTH_PATH, SOCKET_PATH

HANG = 60.0  # seconds after which a run counts as hung
TOKEN_VARIABLE = "LAB_WS_TOKEN"

SCENARIO = """\
scenario: {name}
target:
  edge: {edge}
timeout: {timeout}
credentials:
  valid: {{env: {variable}}}
steps:
  - health: {{path: {health}, expect: {{status: 200, json: {{/status: ok, /ws/available: true}}}}}}
  - upgrade: {{name: valid-token, path: {socket}, query: {{token: "${{valid}}"}}, expect: accepted, ping: 1, hold: 100ms}}
  - upgrade: {{name: invalid-token, path: {socket}, query: {{token: "${{invalid}}"}}, expect: {{rejected_by: backend, status: {codes}}}}}
"""


@dataclass(frozen=True)
class Run:
    """One run of the binary."""

    exit_code: int  # negative: ended by that signal
    out: str
    err: str
    seconds: float

    @property
    def report(self) -> dict[str, Any]:
        report = json.loads(self.out)
        assert report["schema"] == "wsprobe.report/1"
        return report

    def step(self, name: str) -> dict[str, Any]:
        return next(step for step in self.report["steps"] if step["name"] == name)


def binary() -> Path:
    path = Path(os.environ.get("WSPROBE_BINARY") or Path(__file__).resolve().parents[2] / "build" / "wsprobe")
    assert path.is_file(), f"{path} is not there: build wsprobe first, or set WSPROBE_BINARY"
    return path


@cache
def slowness_of(binary: Path) -> float:
    """By what a limit of time or memory is multiplied for a build that is not meant to be fast."""
    image = binary.read_bytes()
    if b"__asan_init" in image or b"__tsan_init" in image:
        return 20.0
    return 2.0 if b".debug_info" in image else 1.0


@cache
def start_up_seconds_of(binary: Path) -> float:
    """What it takes on this machine to start the binary and to end it, without any work in between."""
    times = []
    for _ in range(5):
        began = time.monotonic()
        subprocess.run([str(binary), "--version"], stdout=subprocess.DEVNULL, check=True, timeout=HANG)
        times.append(time.monotonic() - began)
    return max(times)


def peak_memory(pid: int) -> int:
    """The most that the process had resident while it lived, in KiB."""
    status = Path(f"/proc/{pid}/status")
    peak = 0
    while True:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return peak
        high = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
        if not high:  # a zombie has none
            return peak
        peak = max(peak, high[0])
        threading.Event().wait(0.002)


class Wsprobe:
    def __init__(self, binary: Path, directory: Path) -> None:
        self.binary = binary
        self.directory = directory
        self.environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(directory)}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    @property
    def slowness(self) -> float:
        return slowness_of(self.binary)

    def start_up_seconds(self) -> float:
        return start_up_seconds_of(self.binary)

    def start(self, *arguments: str, token: str = GOOD_TOKEN, environment: Mapping[str, str] = {}) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.binary), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="surrogateescape", cwd=self.directory,
            env={**self.environment, TOKEN_VARIABLE: token, **environment},
        )

    def finish(self, process: subprocess.Popen[str], began: float) -> Run:
        try:
            out, err = process.communicate(timeout=HANG)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"hung: {process.args}\n{out}\n{err}") from None
        return Run(process.returncode, out, err, time.monotonic() - began)

    def call(self, *arguments: str, token: str = GOOD_TOKEN, environment: Mapping[str, str] = {}) -> Run:
        began = time.monotonic()
        return self.finish(self.start(*arguments, token=token, environment=environment), began)

    def diagnose(self, url: str, *options: str, token: str = GOOD_TOKEN, output: str = "json") -> Run:
        return self.call("diagnose", url, "--token-env", TOKEN_VARIABLE, "--format", output, *options, token=token)

    def run(self, *files: Path, options: Sequence[str] = (), token: str = GOOD_TOKEN, output: str = "json") -> Run:
        return self.call("run", *map(str, files), "--format", output, *options, token=token)

    def scenario(self, edge: str, *, name: str = "lab", timeout: str = "10s", codes: Sequence[int] = (401, 403)) -> Path:
        """The ordinary scenario: health, the valid token, the invalid one."""
        text = SCENARIO.format(name=name, edge=edge, timeout=timeout, variable=TOKEN_VARIABLE, health=HEALTH_PATH,
                               socket=SOCKET_PATH, codes=list(codes))
        return self.write(f"{name}.yaml", text)

    def write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text)
        return path
