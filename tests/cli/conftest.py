"""Running the binary as a user does, and small servers on loopback for it to probe."""

import base64
import contextlib
import hashlib
import http.server
import os
import pathlib
import socket
import socketserver
import subprocess
import threading

import pytest

BINARY = os.environ["WSPROBE_BINARY"]
SOURCE = pathlib.Path(__file__).resolve().parents[2]
TOKEN = "tOk3n-that-must-not-be-seen"
STEPS = """steps:
  - health: {path: /api/system/health, expect: {status: 200, json: {/status: ok, /ws/available: true}}}
  - upgrade: {name: valid-token, path: /api/ws, query: {token: "${valid}"}, expect: accepted, ping: 1}
  - upgrade: {name: invalid-token, path: /api/ws, query: {token: "${invalid}"}, expect: rejected}
"""


def environment(**changes):
    """An environment that is the same on every machine."""
    base = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    return {**base, **changes}


def wsprobe(*arguments, env=None, timeout=30, **options):
    """Runs to the end; the result has returncode, stdout and stderr as text."""
    return subprocess.run([BINARY, *map(str, arguments)], env=environment(**(env or {})), timeout=timeout,
                          capture_output=True, text=True, check=False, **options)


def start(*arguments, env=None, **options):
    """Starts it and returns the process, whose output is piped unless the options say otherwise."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([BINARY, *map(str, arguments)], env=environment(**(env or {})), text=True, **streams)


class _Application(socketserver.BaseRequestHandler):
    """A health document, and a WebSocket at /api/ws that knows one token."""

    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.request.recv(4096)
            if not piece:
                return
            head += piece
        request_line, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        path = request_line.split(" ")[1]
        self.server.requests.append((request_line, fields))
        if path == "/api/system/health":
            self.respond("200 OK", b'{"status": "ok", "ws": {"available": true}}')
        elif path.startswith("/api/ws?") and fields.get("upgrade"):
            if f"token={TOKEN}" in path:
                self.accept(fields["sec-websocket-key"])
            else:
                self.respond("403 Forbidden", path.encode() if self.server.reflects else b"")
        else:
            self.respond("404 Not Found", b'{"detail": "Not Found"}')

    def respond(self, status, body):
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self.request.sendall(head.encode() + body)

    def accept(self, key):
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        self.request.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n")
        while frame := self.read_frame():
            opcode, payload = frame
            if opcode == 0x9:
                self.request.sendall(bytes([0x8A, len(payload)]) + payload)
            if opcode == 0x8:
                self.request.sendall(bytes([0x88, len(payload)]) + payload)
                return

    def read_exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.request.recv(count - len(data))
            if not piece:
                return None
            data += piece
        return data

    def read_frame(self):
        """A client's short frame, unmasked."""
        head = self.read_exactly(6)
        if head is None:
            return None
        payload = self.read_exactly(head[1] & 0x7F)
        return head[0] & 0x0F, bytes(byte ^ head[2 + at % 4] for at, byte in enumerate(payload))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, reflects):
        super().__init__(("127.0.0.1", 0), _Application)
        self.requests = []
        self.reflects = reflects

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """A client that goes away is what these tests are about."""


@contextlib.contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serving_http(answer):
    """`answer(path, fields)` gives status, fields and body; `asked` keeps the questions, as (path, fields)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append((self.path, self.headers))
            status, fields, body = answer(self.path, self.headers)
            self.send_response(status)
            for name, value in {**fields, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    return running(server)


@pytest.fixture
def application():
    with running(_Server(reflects=False)) as server:
        yield server


@pytest.fixture
def reflecting_application():
    """Sends back what it is sent."""
    with running(_Server(reflects=True)) as server:
        yield server


@pytest.fixture
def silent_port():
    """Connections are made and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def write_scenario(tmp_path):
    """A scenario file for a port."""

    def write(port, name="scenario.yaml", timeout="5s"):
        file = tmp_path / name
        file.write_text(f"""scenario: {file.stem}
target: {{edge: "ws://127.0.0.1:{port}"}}
timeout: {timeout}
credentials:
  valid: {{env: WSPROBE_TEST_TOKEN}}
{STEPS}""")
        return file

    return write
