"""Peers that agree on HTTP/2 and then do what http2_worlds.py says, while over HTTP/1.1 all is well.

Where WebSocket over HTTP/2 was not offered before it went wrong, browsers use HTTP/1.1: the run passes.
"""

from __future__ import annotations

from behaviour_table import Row
from http2_peers import tls
from http2_worlds import WORLDS
from of_tls import HOST

TIMEOUT = 2.0  # with less, silence would say nothing of the edge

ROWS = [Row(f"HTTP/2: {name}", None, world.outcomes, "http2", HOST, "wss", lambda made, world=world: tls(made.good, world.script),
            timeout=TIMEOUT, noisy=world.noisy, healthy_too=not world.offered)
        for name, world in WORLDS.items()]
