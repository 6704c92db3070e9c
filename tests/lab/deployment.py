"""Real deployments on loopback: a proxy in front of a backend, both the distribution's own programs.

To add a proxy, write a subclass of Proxy and name it in PROXIES; to add a backend, a row of BACKENDS in backends.py.
"""

from __future__ import annotations

import http.client
import shutil
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from backends import Backend
from behaviour import SOCKET_PATH, Behaviour, Record
from programs import (START_UP_LIMIT, Address, Child, NotStarted, Nowhere, private_address, small_environment,
                      wait_until_it_accepts)


# ---- proxies ----


@dataclass(frozen=True)
class Site:
    """One site of a proxy, in the proxy's own language, with $upstream, $nowhere, $root ... to be filled in."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    scheme: str = "http"
    name: str = ""  # of the virtual host; empty: any

    def rendered(self) -> str:
        return Template(self.text).substitute(self.values)


class Proxy:
    """A running proxy. Subclasses say how it is started, and how it takes a new configuration."""

    address: Address

    def serve(self, sites: Sequence[Site]) -> None:
        """Replaces the configuration. When it returns, new connections meet the new one."""
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=START_UP_LIMIT)
        self.unix_path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.unix_path))


def wait_until_it_keeps_connections(address: Address) -> None:
    """A reload hands the listening socket over; what the server of before still accepts, it resets as it goes.

    The version is one that the server refuses by itself, with TLS as without: no backend hears of it.
    """
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((address.host, address.port), timeout=5) as connection:
                connection.sendall(b"GET / HTTP/9.9\r\n\r\n")
                connection.recv(1)
            return
        except ConnectionResetError:
            continue


class Caddy(Proxy):
    """Caddy with its admin interface on a Unix socket; every configuration goes through it, as a Caddyfile."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.address = private_address()
        self.admin = directory / "admin"
        first = directory / "Caddyfile"
        first.write_text(self.caddyfile([]))
        command = [shutil.which("caddy") or "/usr/bin/caddy", "run", "--config", str(first), "--adapter", "caddyfile"]
        self.child = Child(command, directory / "caddy.log", small_environment(directory))
        wait_until_it_accepts(self.address, self.child)

    def caddyfile(self, sites: Sequence[Site]) -> str:
        blocks = [f"{{\n\tadmin unix/{self.admin} {{\n\t\torigins localhost\n\t}}\n\tauto_https off\n\tskip_install_trust\n}}\n"]
        for site in sites:
            blocks.append(f"{self.label(site)} {{\n\tbind {self.address.host}\n{site.rendered()}\n}}\n")
        if not sites:
            blocks.append(f"http://:{self.address.port} {{\n\tbind {self.address.host}\n}}\n")
        return "\n".join(blocks)

    def label(self, site: Site) -> str:
        return f"{site.scheme}://{site.name}:{self.address.port}"

    def serve(self, sites: Sequence[Site]) -> None:
        self.load(self.caddyfile(sites))

    def load(self, caddyfile: str) -> None:
        connection = UnixConnection(self.admin)
        try:
            connection.request("POST", "/load", caddyfile.encode(), {"Content-Type": "text/caddyfile"})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status != 200:
            raise NotStarted(f"Caddy refuses the configuration: {text}\n{caddyfile}")
        wait_until_it_keeps_connections(self.address)

    def stop(self) -> None:
        self.child.stop()


PROXIES: dict[str, Callable[[Path], Proxy]] = {"caddy": Caddy}


# ---- the whole ----


@dataclass(frozen=True)
class Plan:
    """What to deploy. `site` is in the language of the proxy."""

    site: str
    proxy: str = "caddy"
    backend: str = "uvicorn-websockets"
    behaviour: Behaviour = field(default_factory=Behaviour)
    backend_runs: bool = True
    root_has_index: bool = False


@dataclass
class Deployment:
    plan: Plan
    proxy: Proxy
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
        self.proxies: dict[str, Proxy] = {}
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

    def proxy(self, kind: str) -> Proxy:
        if kind not in self.proxies:
            self.proxies[kind] = PROXIES[kind](self.fresh_directory(kind))
        return self.proxies[kind]

    def deploy(self, plan: Plan) -> Deployment:
        root = self.fresh_directory("root")
        root.mkdir()
        if plan.root_has_index:
            (root / "index.html").write_text("<!doctype html><title>frontend</title><div id=app></div>\n")
        if plan.backend_runs:
            backend = self.backend(plan.backend, plan.behaviour)
            address, record = backend.address, backend.record
        else:
            address, record = self.nowhere.address, self.silence
        proxy = self.proxy(plan.proxy)
        site = Site(plan.site, {"upstream": address, "nowhere": self.nowhere.address, "root": root})
        proxy.serve([site])
        return Deployment(plan, proxy, site, address, record)
