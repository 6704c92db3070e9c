"""Two thousand scenarios of every kind: healthy ones over ws and wss, sockets that are held, refusals, pages, and a tenth
that ask peers which mean harm. Some are exchanged at each reload, so that what is gone has to be forgotten."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from corpus import ROWS, Corpus, running_corpus
from programs import Nowhere, port_of

SHARES = {"plain": 1050, "tls": 350, "held": 150, "refused": 80, "absent": 80, "page": 20, "passing": 70}
HOSTILE = 200
TOTAL = sum(SHARES.values()) + HOSTILE
HEALTHY = ("plain", "tls", "held", "page", "passing")
EVERY = {"held": 60, "page": 60}  # seconds; else 15

HEAD = """scenario: {name}
target: {{edge: "{scheme}://127.0.0.1:{port}", frontend: "http://127.0.0.1:{page_port}"}}
every: {every}s
timeout: 20s
labels: {{team: "t{team}"}}
credentials: {{valid: {{env: SOAK_TOKEN}}, invalid: {{value: refused}}}}
steps:
"""
HEALTH = "  - health: {path: /api/system/health}\n"
ACCEPTED = '  - upgrade: {name: valid-token, path: /api/ws, query: {token: "${valid}"}, expect: accepted}\n'
REFUSED = '  - upgrade: {name: invalid-token, path: /api/ws, query: {token: "${invalid}"}, expect: rejected}\n'
STEPS = {
    "plain": HEALTH + ACCEPTED + REFUSED,
    "tls": HEALTH + ACCEPTED + REFUSED,
    "held": ACCEPTED.replace("accepted}", "accepted, hold: 10s}"),
    "refused": HEALTH + ACCEPTED.replace("${valid}", "${invalid}"),
    "absent": HEALTH + ACCEPTED,
    "page": "  - frontend: {path: /}\n",
    "passing": HEALTH + ACCEPTED,
}


@dataclass(frozen=True)
class Ports:
    plain: int
    tls: int
    absent: int
    page: int


class Page(BaseHTTPRequestHandler):
    ws_port = 0

    def do_GET(self) -> None:  # noqa: N802 (http.server's name)
        body = f'<script>window.WS_BASE_URL = "ws://127.0.0.1:{self.ws_port}"</script>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def page_server(ws_port: int) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("SoakPage", (Page,), {"ws_port": ws_port}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mixture:
    directory: Path
    corpus: Corpus
    ports: Ports
    generation: int = 0

    def __post_init__(self) -> None:
        for kind, count in SHARES.items():
            for number in range(count):
                self._write(kind, f"{kind}-{number}")

    @property
    def configuration(self) -> Path:
        return self.directory / "wsprobe.yml"

    @property
    def options(self) -> list[str]:
        return ["--cacert", str(self.directory / "roots.pem")]

    def change(self) -> None:
        """The passing ones go, others of other names come, and one that stays asks something else."""
        for file in self.directory.glob("passing-*.yaml"):
            file.unlink()
        self.generation += 1
        for number in range(SHARES["passing"]):
            self._write("passing", f"passing-{self.generation}-{number}")
        self._write("plain", f"plain-{self.generation}", team=self.generation % 20)

    @contextlib.contextmanager
    def broken(self) -> Iterator[None]:
        """A file among them is no scenario."""
        file = self.directory / "plain-0.yaml"
        text = file.read_text()
        file.write_text(text.replace("steps:", "stepz:"))
        try:
            yield
        finally:
            file.write_text(text)

    def _write(self, kind: str, name: str, team: int | None = None) -> None:
        port = {"tls": self.ports.tls, "absent": self.ports.absent}.get(kind, self.ports.plain)
        head = HEAD.format(name=name, scheme="wss" if kind == "tls" else "ws", port=port, page_port=self.ports.page,
                           every=EVERY.get(kind, 15), team=len(name) if team is None else team)
        (self.directory / f"{name}.yaml").write_text(head + STEPS[kind])


@contextlib.contextmanager
def mixture(directory: Path, server: str) -> Iterator[Mixture]:
    """The peers run until the end; `server` is the program of the measurements, which answers soon and costs little."""
    quiet = [row for row in ROWS if not row.noisy and not row.healthy_too]
    rows = quiet[:: max(1, len(quiet) // HOSTILE)][:HOSTILE]
    rows += [row for row in quiet if row not in rows][: HOSTILE - len(rows)]
    certificate = directory / "server.pem"
    nowhere = Nowhere()
    with contextlib.ExitStack() as peers:
        peers.callback(nowhere.stop)
        plain = peers.enter_context(port_of(server))
        tls = peers.enter_context(port_of(server, certificate))
        page = peers.enter_context(page_server(plain))
        corpus = peers.enter_context(running_corpus(directory, rows=rows, every="60s"))
        _, root = corpus.options
        (directory / "roots.pem").write_text(Path(root).read_text() + certificate.read_text())
        (directory / "wsprobe.yml").write_text("scenarios: ['*.yaml']\nstorage: {path: history, keep_for: 3m, keep_size: 16MiB}\n")
        yield Mixture(directory, corpus, Ports(plain, tls, nowhere.address.port, page))
