"""Runs the binary and measures it: wall time, processor time, peak of memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HANG = 30.0  # seconds


@dataclass(frozen=True)
class Measured:
    exit_code: int  # negative: by that signal
    out: str
    err: str
    seconds: float
    cpu_seconds: float
    peak_kib: int  # 0: it did not come to an orderly end


def most_of(results: Sequence[Measured]) -> str:
    return (f"at most {max(one.cpu_seconds for one in results):.3f} s of processor time and "
            f"{max(one.peak_kib for one in results)} KiB")


def peak_in(status: Path) -> int:
    """What the preloaded library has left of /proc/PID/status."""
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def run(command: Sequence[str], environment: Mapping[str, str], status: Path) -> Measured:
    """`environment` has the test's library preloaded; `status` is a file of this run."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**environment, "TEST_STATUS": str(status)})
    alarm = threading.Timer(HANG, process.kill)
    alarm.start()
    try:
        assert process.stdout and process.stderr
        with process.stdout, process.stderr:
            out, err = process.stdout.read(), process.stderr.read()  # of errors there is less than a pipe holds
        _, waited, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(waited)
    finally:
        alarm.cancel()
    return Measured(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"), time.monotonic() - began,
                    usage.ru_utime + usage.ru_stime, peak_in(status))
