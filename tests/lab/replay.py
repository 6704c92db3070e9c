"""Judges the reports of a test run again, without sending anything: by the rules of now, or as if a product were unknown.

    replay.py DIRECTORY                  the saved reports (see reports.py) by the rules of the binary
    replay.py DIRECTORY --leave-one-out  each product's deployments with that product's signatures off

WSPROBE_BINARY names the binary. Prints the matrix; ends with 1 where a determined answer is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matrix import Matrix, truth_from_json
from rows_base import Right

AT_ONCE = 200  # reports a call
# What is switched off where one of the lab's programs is to be unknown: wsprobe's names of products.
PRODUCTS = {
    "apache": ("apache",),
    "caddy": ("caddy", "go"),
    "haproxy": ("haproxy",),
    "nginx": ("nginx", "ingress-nginx"),
    "squid": ("squid",),
    "varnish": ("varnish",),
    "uvicorn-websockets": ("starlette", "websockets"),
    "uvicorn-wsproto": ("starlette", "wsproto"),
    "hypercorn": ("starlette", "wsproto"),
    "aiohttp": ("aiohttp",),
    "node-ws": ("node-ws", "express"),
    "node-ws-verify": ("node-ws", "express"),
}


@dataclass(frozen=True)
class Saved:
    report: Path
    deployment: str
    command: str
    products: list[str]
    rights: dict[str, Right]


def saved_reports(directory: Path) -> list[Saved]:
    found = []
    for file in sorted(directory.glob("*.truth.json")):
        truth = json.loads(file.read_text())
        rights = {about: truth_from_json(known) for about, known in truth["rights"].items()}
        report = file.with_name(file.name.removesuffix(".truth.json") + ".json")
        found.append(Saved(report, truth["deployment"], truth["command"], truth["products"], rights))
    return found


def replayed(binary: str, reports: Sequence[Saved], unknown: Sequence[str]) -> Iterator[tuple[Saved, dict[str, Any]]]:
    """Each report with what is said of it now."""
    options = [option for product in unknown for option in ("--without-signatures", product)]
    for first in range(0, len(reports), AT_ONCE):
        some = reports[first:first + AT_ONCE]
        command = [binary, "explain", "--format", "json", *options, *(str(one.report) for one in some)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if run.returncode not in (0, 1):
            raise SystemExit(f"{binary} explain ended with {run.returncode}: {run.stderr}")
        yield from zip(some, json.loads(run.stdout)["replays"], strict=True)


def judge(matrix: Matrix, binary: str, reports: Sequence[Saved], unknown: Sequence[str]) -> None:
    for saved, now in replayed(binary, reports, unknown):
        told = {"deployment": now["verdict"]} | {step["name"]: step["verdict"] for step in now["steps"]}
        for about, known in saved.rights.items():
            matrix.add(saved.deployment, saved.command, about, told[about], known)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--leave-one-out", action="store_true")
    arguments = parser.parse_args()
    reports = saved_reports(arguments.directory)
    if not reports:
        raise SystemExit(f"{arguments.directory} has no reports")
    binary = os.environ.get("WSPROBE_BINARY") or str(Path(__file__).resolve().parents[2] / "build" / "wsprobe")

    matrices = []
    if arguments.leave_one_out:
        for product, names in PRODUCTS.items():
            matrix = Matrix(f"Without the signatures of {product}")
            judge(matrix, binary, [one for one in reports if product in one.products], names)
            matrices.append(matrix)
    else:
        matrices.append(Matrix("Judged again"))
        judge(matrices[0], binary, reports, ())
    for matrix in matrices:
        print("\n".join(matrix.lines()))
    return int(any(matrix.figures("emitter").precision < 1 for matrix in matrices))


if __name__ == "__main__":
    sys.exit(main())
