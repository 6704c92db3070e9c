"""Chains of two proxies, OUTER-over-INNER: whose answer it is does not change with the number of hops, the bytes do.

The faults and the texts are those of one proxy (rows_matrix.py); the other one does its work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deployment import Hop, Plan
from idioms.idiom import Idiom
from rows_base import UNREACHABLE, Row
from rows_matrix import EVERY_BACKEND, FAULTS, IDIOMS, idioms_for, joined, row_of

CHAINS = [
    ("nginx", "caddy"), ("haproxy", "nginx"), ("varnish", "caddy"), ("caddy", "apache"), ("caddy", "nginx"), ("nginx", "nginx"),
    ("haproxy", "varnish"), ("apache", "nginx"), ("squid", "haproxy"), ("nginx", "haproxy"), ("caddy", "caddy"), ("varnish", "apache"),
    ("haproxy", "haproxy"), ("caddy", "squid"),
]
AT_INNER = ("healthy", "healthy-hidden", "wrong-token", "crash", "denied", "denied-upgrades", "upgrade-stripped", "down")
AT_OUTER = ("denied", "upgrade-stripped")
# Of these, each chain has two in turn.
IN_TURN = ("rewritten", "denied-not-found", "socket-down", "basic-auth", "redirect-login", "denied-page", "prefix-stripped")
REPRESENTATIVE = ("denied", "wrong-token", "down", "upgrade-stripped")


def first_idiom(proxy: str, fault_name: str) -> Idiom | None:
    return next(iter(idioms_for(proxy, fault_name)), None)


def chain(turn: int, outer: str, inner: str, fault_name: str, where: str) -> Iterator[Row]:
    faulty, sound = (outer, inner) if where == "outer" else (inner, outer)
    idiom = first_idiom(faulty, fault_name)
    if idiom is None:
        return
    fault = FAULTS[fault_name]
    if idiom.status == 0 and where == "inner":  # what one cuts off, the other answers for
        idiom = replace(idiom, status=502, overall=UNREACHABLE)
    way_on = IDIOMS[sound]["healthy"][0].site
    sites = (idiom.site, way_on) if where == "outer" else (way_on, idiom.site)
    backend = EVERY_BACKEND[turn % len(EVERY_BACKEND)]
    plan = Plan(site=sites[0], proxy=outer, inner=(Hop(inner, sites[1]),), backend=backend)
    name = joined(f"{outer}-over-{inner}", where if where == "outer" else "", fault_name)
    represents = where == "inner" and fault_name == REPRESENTATIVE[turn % len(REPRESENTATIVE)]
    yield replace(row_of(name, fault, idiom, plan), representative=represents)


def chains() -> Iterator[Row]:
    for turn, (outer, inner) in enumerate(CHAINS):
        for fault_name in (*AT_INNER, *(IN_TURN[(turn + step) % len(IN_TURN)] for step in (0, 3))):
            yield from chain(turn, outer, inner, fault_name, "inner")
        for fault_name in AT_OUTER:
            yield from chain(turn, outer, inner, fault_name, "outer")


CHAIN_ROWS: list[Row] = list(chains())
