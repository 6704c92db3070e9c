"""The tables that the measurements print: Markdown, as it stands in docs/PERFORMANCE.md, and what they were measured on."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
from pathlib import Path

PACKAGES = ["curl", "golang-go", "golang-github-gorilla-websocket-dev", "nodejs", "node-ws", "python3", "python3-websockets",
            "prometheus-blackbox-exporter", "libssl3"]


def load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def processor() -> str:
    found = re.search(r"(?m)^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def print_conditions(wsprobe: str) -> None:
    """What a reader has to know of the machine before he compares with his own."""
    version = subprocess.run([wsprobe, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}, ", *PACKAGES], capture_output=True, text=True, check=False)
    print("## Measured on\n")
    print(f"- {processor()}, {len(os.sched_getaffinity(0))} cores; Linux {platform.release()}; {version}")
    print(f"- {listed.stdout.rstrip(', ')}")
    print(f"- load average at the start: {load()}", flush=True)


def print_load() -> None:
    print(f"\nLoad average at the end: {load()}", flush=True)


def title(text: str, *columns: str) -> None:
    print(f"\n### {text}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)


def line(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def met(value: float, aim: float) -> str:
    return "met" if value <= aim else "**missed**"


def comparison(text: str) -> None:
    """The head of a table whose lines compare() prints."""
    title(text, "what", "against", "ours", "theirs", "ratio", "pairs", "aim", "")


def compare(what: str, against: str, ours: list[float], theirs: list[float], aim: float | None, unit: str,
            scale: float) -> None:
    """Medians, and the median, the smallest and the largest of the ratios of what was measured one after the other."""
    ratios = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    ratio = statistics.median(ratios)
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}" if len(ratios) > 1 else "one"
    line(what, against, f"{statistics.median(ours) * scale:.1f} {unit}", f"{statistics.median(theirs) * scale:.1f} {unit}",
         f"{ratio:.2f}", spread, *((f"{aim:.2f}", met(ratio, aim)) if aim else ("", "")))
