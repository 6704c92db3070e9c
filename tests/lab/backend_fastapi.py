"""The application behind the proxy: a health document and one WebSocket route, as FastAPI services write them.

Started by uvicorn (`uvicorn backend_fastapi:application`); see behaviour.py for its switches.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from behaviour import HEALTH_PATH, SOCKET_PATH, Behaviour

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

behaviour = Behaviour.from_environment(os.environ)
app = FastAPI()
open_sockets: set[WebSocket] = set()


async def health() -> dict[str, Any]:
    sockets = {"available": behaviour.health_says_available, "active_connections": len(open_sockets), "topics": 3}
    return {"status": "ok", "ws": sockets}


def token_of_handshake(socket: WebSocket) -> str:
    if behaviour.token_in == "header":
        return socket.headers.get("authorization", "").removeprefix("Bearer ")
    if behaviour.token_in == "cookie":
        return socket.cookies.get("session", "")
    if behaviour.token_in == "subprotocol":
        return (socket.scope["subprotocols"] or [""])[-1]
    return socket.query_params.get("token", "")


async def token_of_first_message(socket: WebSocket) -> str:
    message = json.loads(await socket.receive_text())
    return str(message.get("token", ""))


def permits(token: str) -> bool:
    if behaviour.crashes:
        raise RuntimeError("the token store is not there")
    return not behaviour.checks_token or token == behaviour.token


async def admit(socket: WebSocket) -> bool:
    """Accepts or refuses the socket; True when it may stay."""
    if behaviour.hangs:
        await asyncio.Event().wait()
    if behaviour.only_origin and socket.headers.get("origin") != behaviour.only_origin:
        await socket.close(code=1008)
        return False
    late = behaviour.token_in == "first_message" or behaviour.close_code_after_accept != 0
    permitted = behaviour.token_in != "first_message" and permits(token_of_handshake(socket))
    if not permitted and not late:
        await socket.close(code=4401)  # before the accept: uvicorn makes a bare 403 of it
        return False
    offered = socket.scope["subprotocols"]
    await socket.accept(subprotocol=offered[0] if offered else None)
    if behaviour.token_in == "first_message":
        permitted = permits(await token_of_first_message(socket))
        if permitted:
            await socket.send_json({"type": "welcome"})
    if not permitted:
        await socket.close(code=behaviour.close_code_after_accept or 4401, reason="invalid token")
    return permitted


async def serve_socket(socket: WebSocket) -> None:
    if not await admit(socket):
        return
    open_sockets.add(socket)
    try:
        while True:
            message = json.loads(await socket.receive_text())
            if message.get("type") == "ping":
                await socket.send_json({"type": "pong"})
    except WebSocketDisconnect:
        pass
    finally:
        open_sockets.discard(socket)


if behaviour.has_health:
    app.get(HEALTH_PATH)(health)
if behaviour.has_route:
    app.websocket(SOCKET_PATH)(serve_socket)


def recorded(inner: Application, path: str) -> Application:
    """Writes down every request before the application, its routes and its middleware see it."""

    async def outer(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            query = scope["query_string"].decode("latin-1")
            headers = dict(scope["headers"])
            entry = {
                "method": scope.get("method", "GET"),
                "target": scope["path"] + ("?" + query if query else ""),
                "upgrade": scope["type"] == "websocket",
                "host": headers.get(b"host", b"").decode("latin-1"),
            }
            with open(path, "a", encoding="utf-8") as record:
                record.write(json.dumps(entry) + "\n")
        await inner(scope, receive, send)

    return outer


application = recorded(app, os.environ["LAB_RECORD"])
