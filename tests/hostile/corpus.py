"""The corpus: every row with its number, at its peer, with the scenario that asks for it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import of_compression
import of_documents
import of_http
import of_http2
import of_names
import of_pages
import of_tls
import of_websocket
from behaviour import GOOD_TOKEN
from behaviour_table import Row
from name_server import NameServer, addresses
from peers import Peer
from programs import Nowhere

TOKEN_VARIABLE = "HOSTILE_TOKEN"
STEP = "asked"

ROWS: list[Row] = (of_http.ROWS + of_websocket.ROWS + of_documents.ROWS + of_names.ROWS + of_tls.ROWS + of_compression.ROWS
                   + of_http2.ROWS + of_pages.ROWS)

HEAD = """\
scenario: {name}
target: {{edge: '{edge}', frontend: '{page}'}}
timeout: {timeout}ms
every: {every}
credentials: {{valid: {{env: {variable}}}}}
"""
UPGRADE = f'upgrade: {{name: {STEP}, path: /api/ws, query: {{token: "${{valid}}"}}, expect: accepted, ping: 1'
STEPS = {
    "upgrade": f"experiments: false\nsteps:\n  - {UPGRADE}}}\n",
    "compressed": f"experiments: false\nsteps:\n  - {UPGRADE}, extensions: [permessage-deflate; client_max_window_bits]}}\n",
    "frontend": f"experiments: false\nsteps:\n  - frontend: {{name: {STEP}}}\n",
    "http2": f"http2: true\nsteps:\n  - {UPGRADE}}}\n",
    "health": f"experiments: false\nsteps:\n  - health: {{name: {STEP}, path: /health, expect: {{status: 200, json: {{/status: ok, /ws/available: true}}}}}}\n",
}


@dataclass(frozen=True)
class Behaviour:
    """A row that is there to be asked."""

    number: int
    row: Row
    scenario: Path
    edge: str

    @property
    def name(self) -> str:
        return f"h{self.number:03}"

    def __str__(self) -> str:
        return f"{self.name} {self.row.name}"


@dataclass(frozen=True)
class Corpus:
    behaviours: list[Behaviour]
    environment: dict[str, str]  # of whoever probes it: names are those of the corpus' own server
    authority: Path  # of the certificates that are good

    @property
    def options(self) -> list[str]:
        return ["--cacert", str(self.authority)]


def answer_to(question):
    """Names of the DNS rows get what their row says; every other name is loopback."""
    if question.name.partition(".")[0] in of_names.ANSWERS:
        return of_names.answer_by_name(question)
    return addresses("127.0.0.1")(question)


def chosen() -> list[Row]:
    """Those whose name matches WSPROBE_BEHAVIOURS, where that is set: for whoever works on one of them."""
    pattern = os.environ.get("WSPROBE_BEHAVIOURS", "")
    rows = [row for row in ROWS if re.search(pattern, row.name)]
    assert rows, f"no behaviour is called {pattern}"
    return rows


@contextlib.contextmanager
def running_corpus(directory: Path, rows: list[Row] = ROWS, every: str = "1m", niceness: int = 0) -> Iterator[Corpus]:
    """`niceness` of the peers' threads: a peer that floods is elsewhere in truth, and takes no time from the probe's machine."""
    certificates = of_tls.Certificates(directory / "certificates")
    names, nowhere = NameServer(answer_to), Nowhere()
    peers: list[Peer] = []
    behaviours = []
    starter = concurrent.futures.ThreadPoolExecutor(1, initializer=os.nice, initargs=(niceness,))  # threads inherit it
    try:
        for number, row in enumerate(ROWS, 1):
            if row not in rows:
                continue
            script = row.certificate(certificates) if row.certificate else row.script
            if script:
                peers.append(starter.submit(Peer, script).result())
            port = (peers[-1] if script else nowhere).address.port
            edge = f"{row.scheme}://{row.host}:{port}"
            scenario = directory / f"h{number:03}.yaml"
            scenario.write_text(HEAD.format(name=f"h{number:03}", edge=edge, page=edge.replace("ws", "http", 1), every=every,
                                            timeout=int(row.timeout * 1000), variable=TOKEN_VARIABLE) + STEPS[row.step])
            behaviours.append(Behaviour(number, row, scenario, edge))
        environment = {TOKEN_VARIABLE: GOOD_TOKEN} | names.environment(directory)
        yield Corpus(behaviours, environment, certificates.trusted.root)
    finally:
        starter.shutdown()
        for peer in peers:
            peer.close()
        names.close()
        nowhere.stop()
