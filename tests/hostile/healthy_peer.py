"""A healthy application in a process of its own: a health document, and a socket that answers pings and the close.

Prints its port, and serves until its standard input ends.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "lab")]

from peers import Connection, is_upgrade, peer  # noqa: E402
from scripts import correct_session  # noqa: E402

HEALTH = '{"status": "ok", "ws": {"available": true}}'


def application(connection: Connection) -> None:
    request = connection.request()
    if is_upgrade(request):
        connection.accept_upgrade(request)
        correct_session(connection)
    else:
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(HEALTH)}\r\n\r\n{HEALTH}")


if __name__ == "__main__":
    with peer(application) as running:
        print(running.address.port, flush=True)
        sys.stdin.read()
