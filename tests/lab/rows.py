"""The table of the lab: one row a deployment. See rows_base.py for what a row is."""

from __future__ import annotations

from rows_base import Row
from rows_caddy import CADDY_ROWS
from rows_chains import CHAIN_ROWS
from rows_matrix import MATRIX_ROWS

ROWS: list[Row] = [*CADDY_ROWS, *MATRIX_ROWS, *CHAIN_ROWS]


def row(name: str) -> Row:
    return next(candidate for candidate in ROWS if candidate.name == name)
