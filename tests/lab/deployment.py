"""Real deployments on loopback: a proxy in front of a backend, both the distribution's own programs.

A backend inherits a socket that already listens, so nobody can take its port. A proxy that has to bind for itself gets a
loopback address of its own (127.x.y.z), where nobody else binds ports. Processes are ended by the id of the process.

To add a proxy, write a subclass of Proxy and name it in PROXIES; to add a backend, a row of BACKENDS.
"""

from __future__ import annotations

import http.client
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from behaviour import HEALTH_PATH, SOCKET_PATH, Behaviour, Record

HERE = Path(__file__).resolve().parent
START_UP_LIMIT = 30.0  # seconds; two busy cores start slowly


class NotStarted(Exception):
    """A program of the lab did not come up; the message has its log."""


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def listening_socket() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def private_address() -> Address:
    """A free port on a loopback address that is nobody else's."""
    host = f"127.{random.randint(16, 250)}.{random.randint(0, 250)}.{random.randint(2, 250)}"
    with socket.socket() as probe:
        probe.bind((host, 0))
        return Address(host, probe.getsockname()[1])


class Child:
    """A child process with its output in a file."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str], inherit: Sequence[int] = ()):
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=dict(environment), pass_fds=list(inherit), cwd=log.parent,
            )

    def check_alive(self) -> None:
        if self.process.poll() is not None:
            text = self.log.read_text(errors="replace")
            raise NotStarted(f"{self.process.args} ended with {self.process.returncode}:\n{text}")

    def stop(self) -> None:
        """Nothing of a lab is worth saving, and a graceful end would wait for connections."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def wait_until_it_accepts(address: Address, child: Child) -> None:
    limit = time.monotonic() + START_UP_LIMIT
    while True:
        child.check_alive()
        try:
            socket.create_connection((address.host, address.port), timeout=1).close()
            return
        except OSError as error:
            if time.monotonic() > limit:
                raise NotStarted(f"{address} does not accept connections: {error}\n{child.log.read_text()}") from error
            time.sleep(0.01)


def small_environment(directory: Path) -> dict[str, str]:
    """No home and no configuration of the machine's user reaches a program of the lab."""
    home = {name: str(directory) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TMPDIR")}
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", **home}


# ---- backends ----


def uvicorn(ws: str) -> Callable[[int], list[str]]:
    def command(descriptor: int) -> list[str]:
        return [sys.executable, "-m", "uvicorn", "backend_fastapi:application", "--app-dir", str(HERE),
                "--fd", str(descriptor), "--ws", ws, "--lifespan", "off"]

    return command


# Each makes a command line that serves behaviour.py's application on an inherited, listening descriptor.
BACKENDS: dict[str, Callable[[int], list[str]]] = {
    "uvicorn-websockets": uvicorn("websockets"),
    "uvicorn-wsproto": uvicorn("wsproto"),
}


class Backend:
    """A running backend with its record."""

    def __init__(self, kind: str, behaviour: Behaviour, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.record = Record(directory / "record.jsonl")
        environment = small_environment(directory) | behaviour.environment(self.record.path)
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        with listening_socket() as listener:
            self.address = Address(*listener.getsockname())
            command = BACKENDS[kind](listener.fileno())
            self.child = Child(command, directory / "backend.log", environment, [listener.fileno()])

    def wait_until_ready(self) -> None:
        """The socket listens from the beginning, so the first answer is the sign."""
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=START_UP_LIMIT)
        try:
            connection.request("GET", HEALTH_PATH)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            self.child.check_alive()
            raise NotStarted(f"the backend does not answer: {error!r}\n{self.child.log.read_text()}") from error
        finally:
            connection.close()

    def stop(self) -> None:
        self.child.stop()


class Nowhere:
    """A backend that is down: a port that is held, so that nobody else gets it, and on which nobody listens."""

    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.address = Address(*self.socket.getsockname())

    def stop(self) -> None:
        self.socket.close()


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
