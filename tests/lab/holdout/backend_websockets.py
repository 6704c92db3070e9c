"""The lab's application with Python's websockets library alone, which serves the health document by its process_request.

Started as `backend_websockets.py DESCRIPTOR`; see behaviour.py for its switches.
"""

from __future__ import annotations

import asyncio
import http
import json
import os
import socket
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.server import serve

from behaviour import HEALTH_PATH, SOCKET_PATH, Behaviour

behaviour = Behaviour.from_environment(os.environ)
open_sockets: set[Any] = set()

Answer = tuple[http.HTTPStatus, dict[str, str], bytes]


def record(target: str, headers: Headers) -> None:
    entry = {"method": "GET", "target": target, "host": headers.get("Host", ""),
             "upgrade": headers.get("Upgrade", "").lower() == "websocket"}
    with open(os.environ["LAB_RECORD"], "a", encoding="utf-8") as lines:
        lines.write(json.dumps(entry) + "\n")


def permits(target: str) -> bool:
    token = parse_qs(urlsplit(target).query).get("token", [""])[0]
    return not behaviour.checks_token or token == behaviour.token


async def before_the_handshake(target: str, headers: Headers) -> Answer | None:
    record(target, headers)
    path = urlsplit(target).path
    if path == HEALTH_PATH and behaviour.has_health:
        sockets = {"available": behaviour.health_says_available, "active_connections": len(open_sockets), "topics": 3}
        document = json.dumps({"status": "ok", "ws": sockets}).encode()
        return http.HTTPStatus.OK, {"Content-Type": "application/json"}, document
    if path != SOCKET_PATH or not behaviour.has_route:
        return http.HTTPStatus.NOT_FOUND, {}, b"Not found\n"
    if behaviour.hangs:
        await asyncio.Event().wait()
    if behaviour.crashes:
        raise RuntimeError("the token store is not there")
    if behaviour.only_origin and headers.get("Origin") != behaviour.only_origin:
        return http.HTTPStatus.FORBIDDEN, {}, b"wrong origin\n"
    if not permits(target) and behaviour.close_code_after_accept == 0:
        return http.HTTPStatus.UNAUTHORIZED, {}, b"invalid token\n"
    return None


async def converse(connection: Any) -> None:
    if not permits(connection.path):
        await connection.close(behaviour.close_code_after_accept, "invalid token")
        return
    open_sockets.add(connection)
    try:
        async for _ in connection:
            await connection.send('{"type":"pong"}')
    finally:
        open_sockets.discard(connection)


async def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    async with serve(converse, sock=listener, process_request=before_the_handshake):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
