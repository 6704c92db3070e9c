"""One server for every name, every port and both schemes: Chromium is told that all of them are here."""

from __future__ import annotations

import base64
import hashlib
import socket
import socketserver
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
LONGEST_HEAD = 65536
PATIENCE = 10.0  # seconds


@dataclass
class Answer:
    """What a path answers."""

    body: str = ""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: list[tuple[str, str]] = field(default_factory=list)


class Everywhere:
    """`with Everywhere(directory) as everywhere`: pages by their origin and path, and the WebSockets that were asked for."""

    def __init__(self, directory: Path):
        certificate, key = directory / "everywhere.pem", directory / "everywhere.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=everywhere.test", "-addext", "subjectAltName=DNS:*.test", "-keyout", str(key),
                        "-out", str(certificate)], check=True, capture_output=True)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.answers: dict[str, Answer] = {}
        self._upgrades: list[str] = []
        self._lock = threading.Lock()
        everywhere = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                everywhere.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # a browser goes away whenever it likes

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Everywhere:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def host_rules(self) -> str:
        return f"MAP * 127.0.0.1:{self.port}"

    def take_upgrades(self) -> list[str]:
        """The URLs of the WebSockets that were asked for since the last time."""
        with self._lock:
            taken, self._upgrades = self._upgrades, []
            return taken

    def serve(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        secure = connection.recv(1, socket.MSG_PEEK) == b"\x16"  # a TLS handshake record
        if secure:
            connection = self.tls.wrap_socket(connection, server_side=True)
        while head := self._read_head(connection):
            request, *lines = head.split("\r\n")
            target = request.split(" ")[1]
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            place = headers.get("host", "") + target
            if headers.get("upgrade", "").lower() == "websocket":
                with self._lock:
                    self._upgrades.append(("wss://" if secure else "ws://") + place)
                accept = base64.b64encode(hashlib.sha1((headers["sec-websocket-key"] + GUID).encode()).digest()).decode()
                connection.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                    f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
                connection.recv(1024)  # its close frame, or its end
                return
            connection.sendall(self._answer(("https://" if secure else "http://") + place.partition("?")[0]))

    def _read_head(self, connection: socket.socket) -> str:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece or len(head) > LONGEST_HEAD:
                return ""
            head += piece
        return head.partition(b"\r\n\r\n")[0].decode("latin-1")

    def _answer(self, url: str) -> bytes:
        answer = self.answers.get(url, Answer("nothing here", 404))
        body = answer.body.encode()
        head = [f"HTTP/1.1 {answer.status} Because", f"Content-Type: {answer.kind}", f"Content-Length: {len(body)}",
                "Cache-Control: no-store", *(f"{name}: {value}" for name, value in answer.headers)]
        return "\r\n".join([*head, "", ""]).encode("latin-1") + body
