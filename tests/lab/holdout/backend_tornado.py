"""The lab's application with Tornado. Started as `backend_tornado.py DESCRIPTOR`; see behaviour.py for its switches."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from typing import Any

import tornado.httpserver
import tornado.web
import tornado.websocket

from behaviour import HEALTH_PATH, SOCKET_PATH, Behaviour

behaviour = Behaviour.from_environment(os.environ)
open_sockets: set[Any] = set()


class Health(tornado.web.RequestHandler):
    def get(self) -> None:
        sockets = {"available": behaviour.health_says_available, "active_connections": len(open_sockets), "topics": 3}
        self.write({"status": "ok", "ws": sockets})


class Socket(tornado.websocket.WebSocketHandler):
    def check_origin(self, origin: str) -> bool:
        return not behaviour.only_origin or origin == behaviour.only_origin

    async def get(self, *args: Any, **arguments: Any) -> None:
        if behaviour.hangs:
            await asyncio.Event().wait()
        if behaviour.crashes:
            raise RuntimeError("the token store is not there")
        if behaviour.only_origin and "Origin" not in self.request.headers:
            raise tornado.web.HTTPError(403)
        self.permitted = not behaviour.checks_token or self.get_argument("token", "") == behaviour.token
        if not self.permitted and behaviour.close_code_after_accept == 0:
            raise tornado.web.HTTPError(401)
        await super().get(*args, **arguments)

    def open(self, *_: Any) -> None:
        if self.permitted:
            open_sockets.add(self)
        else:
            self.close(behaviour.close_code_after_accept, "invalid token")

    def on_message(self, message: str | bytes) -> None:
        if json.loads(message).get("type") == "ping":
            self.write_message({"type": "pong"})

    def on_close(self) -> None:
        open_sockets.discard(self)


class Recording(tornado.web.Application):
    def find_handler(self, request: Any, **arguments: Any) -> Any:
        entry = {
            "method": request.method, "target": request.uri, "host": request.headers.get("Host", ""),
            "upgrade": request.headers.get("Upgrade", "").lower() == "websocket",
        }
        with open(os.environ["LAB_RECORD"], "a", encoding="utf-8") as record:
            record.write(json.dumps(entry) + "\n")
        return super().find_handler(request, **arguments)


async def main() -> None:
    routes: list[Any] = []
    if behaviour.has_health:
        routes.append((HEALTH_PATH, Health))
    if behaviour.has_route:
        routes.append((SOCKET_PATH, Socket))
    server = tornado.httpserver.HTTPServer(Recording(routes))
    listener = socket.socket(fileno=int(sys.argv[1]))
    listener.setblocking(False)
    server.add_socket(listener)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
