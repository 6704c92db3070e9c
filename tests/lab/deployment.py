"""Real deployments on loopback: proxies in front of a backend, all of them the distribution's own programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import raw
from backends import Backend
from behaviour import SOCKET_PATH, Behaviour, Record
from programs import Address, Nowhere
from proxies import PROXIES, Proxy, Site


@dataclass(frozen=True)
class Hop:
    """One more proxy on the way, between the first one and the backend."""

    proxy: str
    site: str


@dataclass(frozen=True)
class Plan:
    """What to deploy. `site` is in the language of the proxy, and its $upstream is the next hop."""

    site: str
    proxy: str = "caddy"
    inner: tuple[Hop, ...] = ()
    backend: str = "uvicorn-websockets"
    behaviour: Behaviour = field(default_factory=Behaviour)
    backend_runs: bool = True
    root_has_index: bool = False
    upgrades_before: int = 0  # sent with a bad token before anybody judges; they use up what a rate limit grants

    @property
    def hops(self) -> tuple[Hop, ...]:
        return (Hop(self.proxy, self.site), *self.inner)


@dataclass
class Deployment:
    plan: Plan
    proxy: Proxy  # the outermost
    site: Site
    backend_address: Address
    record: Record  # of a backend that is down: empty

    @property
    def edge(self) -> str:
        return f"ws://{self.proxy.address}"

    @property
    def socket_url(self) -> str:
        return self.edge + SOCKET_PATH


class Lab:
    """Starts what a plan needs and keeps it: the plans of a test file share proxies and backends."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.proxies: dict[tuple[str, int], Proxy] = {}
        self.backends: dict[tuple[str, Behaviour], Backend] = {}
        self.nowhere = Nowhere()
        self.silence = Record(directory / "nobody.jsonl")
        self.count = 0

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        for program in [*self.proxies.values(), *self.backends.values(), self.nowhere]:
            program.stop()

    def fresh_directory(self, name: str) -> Path:
        self.count += 1
        return self.directory / f"{self.count}-{name}"

    def start_backends(self, wanted: Sequence[tuple[str, Behaviour]]) -> None:
        """Starts several at once and waits for them together."""
        new = [key for key in dict.fromkeys(wanted) if key not in self.backends]
        for kind, behaviour in new:
            self.backends[kind, behaviour] = Backend(kind, behaviour, self.fresh_directory(kind))
        for key in new:
            self.backends[key].wait_until_ready()

    def backend(self, kind: str = "uvicorn-websockets", behaviour: Behaviour = Behaviour()) -> Backend:
        self.start_backends([(kind, behaviour)])
        return self.backends[kind, behaviour]

    def proxy(self, kind: str, depth: int = 0) -> Proxy:
        """The program that stands `depth` hops behind the edge: a chain may have two of a kind."""
        if (kind, depth) not in self.proxies:
            self.proxies[kind, depth] = PROXIES[kind](self.fresh_directory(kind))
        return self.proxies[kind, depth]

    def make_root(self, plan: Plan) -> Path:
        root = self.fresh_directory("root")
        root.mkdir()
        root.chmod(0o755)
        (root / "users").write_text("lab:{PLAIN}nobody logs in\n")
        (root / "bare.http").write_bytes(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n")
        if plan.root_has_index:
            (root / "index.html").write_text("<!doctype html><title>frontend</title><div id=app></div>\n")
        return root

    def deploy(self, plan: Plan) -> Deployment:
        root = self.make_root(plan)
        if plan.backend_runs:
            backend = self.backend(plan.backend, plan.behaviour)
            address, record = backend.address, backend.record
        else:
            address, record = self.nowhere.address, self.silence
        next_hop = address
        for depth, hop in reversed(list(enumerate(plan.hops))):
            proxy = self.proxy(hop.proxy, depth)
            site = Site(hop.site, {"upstream": next_hop, "nowhere": self.nowhere.address, "root": root})
            proxy.serve([site])
            next_hop = proxy.address
        for _ in range(plan.upgrades_before):
            raw.ask(proxy.address, f"{SOCKET_PATH}?token=one-of-many", upgrade=True)
        return Deployment(plan, proxy, site, address, record)
