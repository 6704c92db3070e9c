"""Chains of two proxies: whose answer it is does not change with the number of hops, the bytes do."""

from __future__ import annotations

from rows_base import Row

CHAIN_ROWS: list[Row] = []
