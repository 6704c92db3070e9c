"""The application of backend_fastapi.py as people write it with aiohttp: refusals before the accept are HTTP answers.

Started as `backend_aiohttp.py DESCRIPTOR`; see behaviour.py for its switches.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from behaviour import HEALTH_PATH, SOCKET_PATH, Behaviour

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

behaviour = Behaviour.from_environment(os.environ)
open_sockets: set[web.WebSocketResponse] = set()


@web.middleware
async def recorded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Writes down every request before its route is looked at."""
    entry = {
        "method": request.method,
        "target": request.raw_path,
        "upgrade": request.headers.get("Upgrade", "").lower() == "websocket",
        "host": request.headers.get("Host", ""),
    }
    with open(os.environ["LAB_RECORD"], "a", encoding="utf-8") as record:
        record.write(json.dumps(entry) + "\n")
    return await handler(request)


async def health(_: web.Request) -> web.Response:
    sockets = {"available": behaviour.health_says_available, "active_connections": len(open_sockets), "topics": 3}
    return web.json_response({"status": "ok", "ws": sockets})


def token_of_handshake(request: web.Request) -> str:
    if behaviour.token_in == "header":
        return request.headers.get("Authorization", "").removeprefix("Bearer ")
    if behaviour.token_in == "cookie":
        return request.cookies.get("session", "")
    if behaviour.token_in == "subprotocol":
        return request.headers.get("Sec-WebSocket-Protocol", "").split(",")[-1].strip()
    return request.query.get("token", "")


def permits(token: str) -> bool:
    if behaviour.crashes:
        raise RuntimeError("the token store is not there")
    return not behaviour.checks_token or token == behaviour.token


async def converse(socket_: web.WebSocketResponse) -> None:
    open_sockets.add(socket_)
    try:
        async for message in socket_:
            if message.type == WSMsgType.TEXT and json.loads(message.data).get("type") == "ping":
                await socket_.send_json({"type": "pong"})
    finally:
        open_sockets.discard(socket_)


async def serve_socket(request: web.Request) -> web.StreamResponse:
    if behaviour.hangs:
        await asyncio.Event().wait()
    socket_ = web.WebSocketResponse()
    if not socket_.can_prepare(request):
        return web.json_response({"error": "this is a WebSocket"}, status=426)
    if behaviour.only_origin and request.headers.get("Origin") != behaviour.only_origin:
        raise web.HTTPForbidden
    late = behaviour.token_in == "first_message" or behaviour.close_code_after_accept != 0
    permitted = behaviour.token_in != "first_message" and permits(token_of_handshake(request))
    if not permitted and not late:
        raise web.HTTPForbidden
    await socket_.prepare(request)
    if behaviour.token_in == "first_message":
        permitted = permits(str((await socket_.receive_json()).get("token", "")))
        if permitted:
            await socket_.send_json({"type": "welcome"})
    if permitted:
        await converse(socket_)
    else:
        await socket_.close(code=behaviour.close_code_after_accept or 4401, message=b"invalid token")
    return socket_


def application() -> web.Application:
    app = web.Application(middlewares=[recorded])
    if behaviour.has_health:
        app.router.add_get(HEALTH_PATH, health)
    if behaviour.has_route:
        app.router.add_get(SOCKET_PATH, serve_socket)
    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)  # the access log, for whoever reads it as a witness
    web.run_app(application(), sock=socket.socket(fileno=int(sys.argv[1])), print=None)
