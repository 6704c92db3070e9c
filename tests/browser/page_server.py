"""Pages and WebSockets for a browser: names below lab.test, by HTTP and HTTPS, on loopback.

What is served is given per test; every WebSocket handshake that arrives is kept. A path that begins with /refuse is refused,
and so is a token that says of itself that it is wrong.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from certificates import Certificate


@dataclass
class Answer:
    body: str = ""
    type: str = "text/html; charset=utf-8"
    headers: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200


class Site:
    """One port. `answers` by "host/path" without port."""

    def __init__(self, certificate: Certificate | None) -> None:
        self.answers: dict[str, Answer] = {}
        self.handshakes: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                host = self.headers.get("Host", "").split(":")[0]
                if self.headers.get("Upgrade", "").lower() == "websocket":
                    site.handshakes.append(f"{host}{self.path}")
                    return self.upgrade()
                answer = site.answers.get(host + self.path.split("?")[0], Answer("not found", status=404))
                body = answer.body.encode()
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Type", answer.type)
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)
                return None

            def upgrade(self) -> None:
                self.close_connection = True
                if self.path.startswith("/refuse") or "wsprobe-invalid" in self.path:
                    self.send_response(403)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
                self.send_response(101)
                self.send_header("Upgrade", "websocket")
                self.send_header("Connection", "Upgrade")
                self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.answer_frames()

            def answer_frames(self) -> None:
                """Short frames of a client: pings and the close are answered."""
                while len(head := self.rfile.read(2)) == 2:
                    mask = self.rfile.read(4)
                    length = head[1] & 0x7F
                    payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(length)))
                    if head[0] == 0x89:
                        self.wfile.write(bytes([0x8A, length]) + payload)
                    elif head[0] == 0x88:
                        self.wfile.write(bytes([0x88, length]) + payload)
                        return

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.chain, certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
