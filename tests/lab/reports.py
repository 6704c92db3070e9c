"""The reports of a test run, kept with the truth about them, to be judged again by another set of rules.

With LAB_REPORTS set to a directory, each verdict leaves `NAME.COMMAND.json`, the report as it was printed, and
`NAME.COMMAND.truth.json`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from matrix import truth_as_json
from rows_base import Right, Row
from wsprobe import Run


def products_of(case: Row) -> list[str]:
    """The proxies on the way and the library behind them."""
    return [hop.proxy for hop in case.plan.hops] + ([case.plan.backend] if case.plan.backend_runs else [])


def save(case: Row, command: str, run: Run, rights: Mapping[str, Right]) -> None:
    place = os.environ.get("LAB_REPORTS")
    if not place:
        return
    directory = Path(place)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{case.name}.{command}.json").write_text(run.out)
    truth = {"deployment": case.name, "command": command, "products": products_of(case),
             "rights": {about: truth_as_json(known) for about, known in rights.items()}}
    (directory / f"{case.name}.{command}.truth.json").write_text(json.dumps(truth, indent=1) + "\n")
