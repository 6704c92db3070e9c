"""The scenarios that are tortured: what runs, what it is worth when nothing fails, and the peers that it needs."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from certificates import Authority
from name_server import NAME_ERROR, addresses, name_server, response
from peers import Connection, Peer, frame, is_upgrade
from programs import Nowhere

TOKEN = "good-token"
HOST = "localhost"
HEALTH = '{"status": "ok", "ws": {"available": true}}'


def exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("the client has gone")
        data += more
    return data


def application(connection: Connection) -> None:
    """A health document, and a socket at /ws that knows one token, answers pings and the close."""
    request = connection.request()
    if not is_upgrade(request):
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(HEALTH)}\r\n\r\n{HEALTH}")
        return
    if f"token={TOKEN}" not in request:
        connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        return
    connection.accept_upgrade(request)
    while True:
        head = exactly(connection.socket, 2)
        mask, *payload = exactly(connection.socket, 4), *exactly(connection.socket, head[1] & 0x7F)
        text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        if head[0] & 15 == 9:
            connection.send(frame(10, text))
        if head[0] & 15 == 8:
            connection.send(frame(8, text))
            return


def over_tls(context: ssl.SSLContext) -> Callable[[Connection], None]:
    def script(connection: Connection) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection.socket, server_side=True) as secured:
            connection.socket = secured
            application(connection)

    return script


@dataclass(frozen=True)
class World:
    """Everything there is to talk to."""

    directory: Path
    plain: Peer
    secured: Peer
    silent: Peer
    nowhere: Nowhere
    root: Path  # the authority of `secured`
    no_names: dict[str, str]  # the environment in which no name exists
    names: dict[str, str]  # and one in which every name is loopback


@contextlib.contextmanager
def world(directory: Path) -> Iterator[World]:
    authority = Authority(directory / "authority", "The authority of the torture tests")
    certificate = authority.issue(HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    peers = [Peer(application), Peer(over_tls(context)), Peer(Connection.wait)]
    nowhere = Nowhere()
    try:
        with name_server(lambda question: response(question, code=NAME_ERROR)) as none, name_server(addresses("127.0.0.1")) as all:
            yield World(directory, *peers, nowhere, authority.root, none.environment(directory), all.environment(directory))
    finally:
        nowhere.stop()
        for peer in peers:
            peer.close()


SCENARIO = """\
scenario: {name}
target: {{edge: "{edge}"}}
timeout: {timeout}
every: 1h
experiments: false
credentials: {{valid: {{env: TORTURE_TOKEN}}}}
steps:
  - health: {{path: /health, expect: {{status: 200, json: {{/status: ok}}}}}}
  - upgrade: {{name: valid, path: /ws, query: {{token: "${{valid}}"}}, expect: accepted, ping: 1}}
  - upgrade: {{name: invalid, path: /ws, query: {{token: "${{invalid}}"}}, expect: rejected}}
"""


def scenario(world: World, name: str, edge: str, timeout: str = "1s") -> str:
    file = world.directory / f"{name}.yaml"
    file.write_text(SCENARIO.format(name=name, edge=edge, timeout=timeout))
    return str(file)


@dataclass(frozen=True)
class Case:
    """A run of the binary, with its exit code and its verdict's cause when nothing fails."""

    name: str
    arguments: Callable[[World], list[str]]
    code: int
    cause: str
    token: str = TOKEN
    environment: Callable[[World], dict[str, str]] = field(default=lambda world: {})


def tls_edge(world: World) -> str:
    return f"wss://{HOST}:{world.secured.address.port}"


CASES = [
    Case("ws-ok", lambda world: ["run", scenario(world, "ok", world.plain.edge)], 0, "healthy"),
    Case("ws-forbidden", lambda world: ["run", scenario(world, "forbidden", world.plain.edge)], 1, "undetermined", token="bad"),
    Case("ws-refused", lambda world: ["run", scenario(world, "refused", f"ws://{world.nowhere.address}")], 1, "tcp_refused"),
    Case("ws-timeout", lambda world: ["run", scenario(world, "silent", world.silent.edge, "200ms")], 1, "timeout_first_byte"),
    Case("ws-no-such-name", lambda world: ["run", scenario(world, "unknown", "ws://nothing.lab.test:9")], 1, "dns_not_found",
         environment=lambda world: world.no_names),
    Case("ws-named", lambda world: ["run", scenario(world, "named", f"ws://app.lab.test:{world.plain.address.port}")], 0, "healthy",
         environment=lambda world: world.names),
    Case("ws-diagnose", lambda world: ["diagnose", f"{world.plain.edge}/ws", "--health-path", "/health", "--token-env",
                                       "TORTURE_TOKEN", "--timeout", "2s"], 0, "healthy"),
    Case("wss-ok", lambda world: ["run", scenario(world, "tls", tls_edge(world)), "--cacert", str(world.root)], 0, "healthy"),
    Case("wss-forbidden", lambda world: ["run", scenario(world, "tls-forbidden", tls_edge(world)), "--cacert", str(world.root)],
         1, "undetermined", token="bad"),
    Case("wss-untrusted", lambda world: ["run", scenario(world, "tls-untrusted", tls_edge(world))], 1, "tls_untrusted"),
]
