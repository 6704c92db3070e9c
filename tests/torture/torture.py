"""Runs the binary with one call of the C library failing, and keeps what came of it.

The fault injector (fault_injector.cpp) is preloaded into the binary and shares a file of memory with this process: which
classes of calls count, which call fails and with which of its errors, and what was counted.
"""

from __future__ import annotations

import mmap
import struct
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SYSTEM_CALLS = 1
MEMORY = 2
HANG = 20.0  # seconds; no scenario here has a timeout of more than three

FIELDS = struct.Struct("<6q")  # classes, count, fail_at, choice, fired, pid
CALL = struct.Struct("<15sb")  # its name, how many errors it can give
MOST_CALLS = 1 << 16


@dataclass(frozen=True)
class Fault:
    """The call to fail: its number from 1, and which of its errors it gives."""

    classes: int
    number: int
    choice: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (number {self.number}, error {self.choice})"


@dataclass(frozen=True)
class Ended:
    """What a run came to."""

    code: int  # negative: by that signal
    out: str
    err: str
    fired: int  # the error that was given; 0: the call was not reached


class State:
    """The memory shared with one process that runs with the injector."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("wb") as file:
            file.truncate(FIELDS.size + CALL.size * MOST_CALLS)
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def arm(self, classes: int, number: int, choice: int, *, pid: int = 0) -> None:
        """For a process to come, or for the one that runs already."""
        self.memory[:FIELDS.size] = FIELDS.pack(classes, 0, number, choice, 0, pid)

    def disarm(self) -> None:
        self.memory[:8] = struct.pack("<q", 0)

    @property
    def fields(self) -> tuple[int, ...]:
        return FIELDS.unpack_from(self.memory)

    @property
    def fired(self) -> int:
        return self.fields[4]

    def faults(self, classes: int) -> list[Fault]:
        """Every way to fail one of the calls that were counted."""
        count = min(self.fields[1], MOST_CALLS)
        calls = [CALL.unpack_from(self.memory, FIELDS.size + CALL.size * index) for index in range(count)]
        return [Fault(classes, number, choice, name.rstrip(b"\0").decode())
                for number, (name, errors) in enumerate(calls, 1) for choice in range(errors)]

    def close(self) -> None:
        self.memory.close()


def environment(injector: Path, state: State, base: Mapping[str, str]) -> dict[str, str]:
    preload = f"{base['LD_PRELOAD']}:{injector}" if "LD_PRELOAD" in base else str(injector)
    return {**base, "LD_PRELOAD": preload, "TORTURE_STATE": str(state.path)}


def run(command: Sequence[str], injector: Path, state: State, directory: Path, base: Mapping[str, str], *,
        classes: int, number: int, choice: int) -> Ended:
    state.arm(classes, number, choice)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               cwd=directory, env=environment(injector, state, base), text=True, errors="replace")
    try:
        out, err = process.communicate(timeout=HANG)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return Ended(-999, out, err, state.fired)
    return Ended(process.returncode, out, err, state.fired)


def spread(faults: Sequence[Fault], most: int) -> list[Fault]:
    """At most so many of them, from the first to the last."""
    if len(faults) <= most:
        return list(faults)
    return [faults[index * len(faults) // most] for index in range(most)]


def wait_until(done, limit: float) -> bool:
    until = time.monotonic() + limit
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(0.002)
    return True
