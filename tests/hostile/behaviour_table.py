"""What a row of the corpus is: a behaviour of a peer, and what has to be told of it.

`outcome` is "phase/reason" of the failure, "rejected STATUS", or "completed" where the exchange went well and what it
brought is not what was expected. Where the kernel decides (a reset may overtake what was sent before it), several are
allowed, one a word. Every row has a number, so that a result can be named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peers import Script


@dataclass(frozen=True)
class Row:
    name: str
    script: Script | None  # None: nobody listens, or the name server alone is asked
    outcome: str
    step: str = "upgrade"  # or health; "compressed" offers permessage-deflate, "http2" asks over HTTP/2 too, "frontend" visits the page
    host: str = "127.0.0.1"  # a name is asked for of the corpus' own name server
    scheme: str = "ws"
    certificate: Callable[[Any], Any] | None = None
    alone: tuple[str, str] = ("", "")  # path and outcome of the exchange by itself, where these are others
    noisy: bool = False  # sends all it can: not beside others, as these would be measured too
    timeout: float = 0.6  # seconds
    healthy_too: bool = False  # the truth is a pass: listed to show that caution has not become a false alarm

    @property
    def outcomes(self) -> frozenset[str]:
        return words_of(self.outcome)


def words_of(outcome: str) -> frozenset[str]:
    return frozenset(outcome.replace("rejected ", "rejected:").split())
