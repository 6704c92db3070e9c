"""The corpus of configuration files, live: each file runs in the proxy that it is for, with real backends behind it.

What a file cannot have here is put in its place, and nothing else: addresses to listen at, addresses of the backends,
certificates, directories. To add a product, a row of PRODUCTS: a function that starts it with the files of one case.
"""

from __future__ import annotations

import contextlib
import copy
import http.server
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backends import Backend
from behaviour import Behaviour
from certificates import Authority
from label_proxy import caddyfile_of, containers_in
import proxies.apache as httpd
from programs import (Address, Child, Nowhere, NotStarted, private_address, small_environment, wait_until_it_accepts)
from proxies.nginx import FRAME

CORPUS = Path(__file__).resolve().parents[1] / "data" / "lint"
HOST = "app.lab.test"
PAGE = b"<!doctype html><title>A page</title>"
APPLICATIONS = "app|backend|backend\\.lab\\.test|api|realtime|localhost|127\\.0\\.0\\.1"  # what the corpus calls the application
OTHERS = "web|other|static|frontend|authelia|auth|php|grafana|admin"  # that knows nothing of the WebSocket


class Page(http.server.BaseHTTPRequestHandler):
    """The other service: a page, whatever is asked for; 401 where a proxy asks it about credentials."""

    def do_GET(self) -> None:
        asked_by_a_proxy = "verify" in self.path or "auth" in self.path
        self.send_response(401 if asked_by_a_proxy else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *arguments: object) -> None:
        pass


class Terminator:
    """Ends TLS in front of a backend, for proxies that pass TLS on: connections are joined byte by byte."""

    def __init__(self, to: Address, context: ssl.SSLContext) -> None:
        self.to = to
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=32)
        self.address = Address(*self.listener.getsockname())
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.join, args=(connection,), daemon=True).start()

    def join(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError), raw:
            with (self.context.wrap_socket(raw, server_side=True) as front,
                  socket.create_connection((self.to.host, self.to.port)) as back):
                threading.Thread(target=self.copy, args=(back, front), daemon=True).start()
                self.copy(front, back)

    @staticmethod
    def copy(source: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := source.recv(65536):
                to.sendall(data)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self.listener.close()


class Surroundings:
    """What stands behind and beside the proxies: the application, another service, certificates, a web root."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.authority = Authority(directory / "authority", "The lab's")
        certificate = self.authority.issue(HOST)
        self.chain, self.key = certificate.chain, certificate.key
        self.pem = directory / "app.pem"
        self.pem.write_bytes(self.chain.read_bytes() + self.key.read_bytes())
        self.root = directory / "root"
        self.root.mkdir()
        (self.root / "index.html").write_bytes(PAGE)
        self.users = directory / "users"
        self.users.write_text("alice:{PLAIN}example\n")
        for path in (directory, self.root):
            path.chmod(0o755)
        self.application = Backend("uvicorn-websockets", Behaviour(), directory / "application")
        self.page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self.page.serve_forever, daemon=True).start()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        self.insisting = Backend("hypercorn", Behaviour(), directory / "insisting")  # takes no upgrade in HTTP/1.0
        for backend in (self.application, self.insisting):
            backend.wait_until_ready()
        self.terminator = Terminator(self.application.address, context)
        self.nowhere = Nowhere()

    @property
    def other(self) -> Address:
        return Address("127.0.0.1", self.page.server_port)

    def backends_in(self, text: str) -> str:
        """`app:8000` and its like become addresses; port 8443 is where an application ends TLS itself."""

        def address(found: re.Match[str]) -> str:
            if re.fullmatch(OTHERS, found[1]):
                return str(self.other)
            return str(self.terminator.address if found[2] == "8443" else self.application.address)

        return re.sub(rf"(?<![\w.@-])({APPLICATIONS}|{OTHERS}):(\d+)\b", address, text)

    def with_insisting_application(self) -> Surroundings:
        other = copy.copy(self)
        other.application = self.insisting
        return other

    def stop(self) -> None:
        self.page.shutdown()
        self.page.server_close()
        self.terminator.stop()
        self.nowhere.stop()
        self.application.stop()
        self.insisting.stop()


@dataclass(frozen=True)
class Case:
    """One file of the corpus, or a folder of files that are one deployment."""

    product: str
    path: Path

    @property
    def name(self) -> str:
        return f"{self.product}-{self.path.name}"

    @property
    def is_bad(self) -> bool:
        return ".bad" in self.path.name

    @property
    def bad_twin(self) -> Case:
        return Case(self.product, self.path.with_name(self.path.name.replace(".good", ".bad")))

    @property
    def paths(self) -> list[Path]:
        return [self.path] if self.path.is_file() else [path for path in sorted(self.path.rglob("*")) if path.is_file()]

    @property
    def files(self) -> dict[str, str]:
        root = self.path.parent if self.path.is_file() else self.path
        return {str(path.relative_to(root)): path.read_text() for path in self.paths}

    @property
    def expected(self) -> list[tuple[str, int, str, str]]:
        """File, line, rule and severity of each finding; the file is the only one where the line names none."""
        rows = []
        for row in Path(f"{self.path}.expected").read_text().split("\n"):
            if row:
                place, rule, severity = row.split()
                file, _, line = place.rpartition(":")
                rows.append((file or self.path.name, int(line), rule, severity))
        return rows


def cases_of(product: str) -> list[Case]:
    folder = CORPUS / product
    return [Case(product, path) for path in sorted(folder.iterdir()) if path.suffix != ".expected"] if folder.is_dir() else []


def started(command: list[str], directory: Path, address: Address) -> Child:
    child = Child(command, directory / "proxy.log", small_environment(directory))
    try:
        wait_until_it_accepts(address, child)
    except NotStarted:
        child.stop()
        raise
    return child


def haproxy(files: Mapping[str, str], around: Surroundings, address: Address, directory: Path) -> Child:
    command = ["/usr/sbin/haproxy", "-db", "-q"]
    elsewhere = private_address()
    for name, text in files.items():
        text = around.backends_in(text)
        text = re.sub(r"(bind\s+)\*?:443\b", rf"\g<1>{address}", text)
        text = re.sub(r"(bind\s+)\*?:80\b", rf"\g<1>{elsewhere}", text)
        text = re.sub(r"/etc/haproxy/certs/\S+", str(around.pem), text)
        (directory / name).write_text(text)
        command += ["-f", str(directory / name)]
    return started(command, directory, address)


def caddy_document(files: Mapping[str, str], directory: Path) -> dict[str, Any]:
    """Caddy's own reading of its Caddyfile."""
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    names = sorted(files, key=lambda name: (name.count("/"), name))  # the one that includes the others lies above them
    if names[0].endswith(".json"):
        return dict(json.loads(files[names[0]]))
    done = subprocess.run([shutil.which("caddy") or "/usr/bin/caddy", "adapt", "--config", names[0], "--adapter", "caddyfile"],
                          cwd=directory, env=small_environment(directory), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotStarted(done.stderr)
    return dict(json.loads(done.stdout))


def caddy(files: Mapping[str, str], around: Surroundings, address: Address, directory: Path) -> Child:
    document = caddy_document({name: around.backends_in(text) for name, text in files.items()}, directory)
    servers = document["apps"]["http"]["servers"]
    for server in servers.values():
        is_public = any(place.endswith(":443") for place in server.get("listen", []))
        server["listen"] = [str(address if is_public else private_address())]
        server["automatic_https"] = {"disable": True}
        if is_public:
            server["tls_connection_policies"] = [{}]
    document["apps"]["tls"] = {"certificates": {"load_files": [{"certificate": str(around.chain), "key": str(around.key)}]}}
    admin = private_address()
    document["admin"] = {"listen": str(admin)}
    (directory / "admin").write_text(str(admin))
    text = re.sub(r'"root": ?"[^"]*"', f'"root": "{around.root}"', json.dumps(document))
    configuration = directory / "configuration.json"
    configuration.write_text(text)
    return started([shutil.which("caddy") or "/usr/bin/caddy", "run", "--config", str(configuration)], directory, address)


def labels(files: Mapping[str, str], around: Surroundings, address: Address, directory: Path) -> Child:
    """Caddy as the label proxy feeds it: the labels' sites, then the files beside them unless those define one again."""
    of_containers = {name: text for name, text in files.items() if not name.endswith(".caddy")}
    known = {container for name, text in of_containers.items() for container, _ in containers_in(name, text)}
    beside = "".join(text for name, text in files.items() if name.endswith(".caddy"))
    sites = caddyfile_of(of_containers)
    if any(name.endswith(".yaml") for name in of_containers):  # all names that there are; the others are nobody's
        sites = re.sub(rf"\b({APPLICATIONS}):\d+",
                       lambda found: found[0] if found[1] in known else str(private_address()), sites)
    try:
        return caddy({"Caddyfile": sites + beside}, around, address, directory)
    except NotStarted:
        if not beside:
            raise
        return caddy({"Caddyfile": sites}, around, address, directory)


def apache(files: Mapping[str, str], around: Surroundings, address: Address, directory: Path) -> Child:
    (name, text), = files.items()
    text = around.backends_in(text)
    text = re.sub(r"^Listen .*$", "", text, flags=re.MULTILINE)
    text = text.replace("*:443", str(address)).replace("/var/www/html", str(around.root))
    text = text.replace("/etc/ssl/app.pem", str(around.pem)).replace("/etc/apache2/users", str(around.users))
    configuration = directory / name
    configuration.write_text(httpd.framed(text, address, directory, ["proxy_balancer", "lbmethod_byrequests", "slotmem_shm", "ssl"]))
    return started(httpd.command(directory, configuration), directory, address)


def nginx(files: Mapping[str, str], around: Surroundings, address: Address, directory: Path) -> Child:
    (name, text), = files.items()
    text = around.backends_in(text)
    text = re.sub(r"listen 443\b", f"listen {address}", text).replace("/var/www/html", str(around.root))
    text = text.replace("/etc/ssl/app.pem", str(around.chain)).replace("/etc/ssl/app.key", str(around.key))
    text = text.replace("/etc/nginx/users", str(around.users))
    if whole := re.search(r"^http \{\n(.*)^\}\n", text, re.MULTILINE | re.DOTALL):
        text = whole[1]
    configuration = directory / name
    configuration.write_text(FRAME.format(directory=directory, text=text))
    return started(["/usr/sbin/nginx", "-e", "stderr", "-p", str(directory), "-c", str(configuration)], directory, address)


Starter = Callable[[Mapping[str, str], Surroundings, Address, Path], Child]

PRODUCTS: dict[str, Starter] = {"apache": apache, "caddy": caddy, "haproxy": haproxy, "labels": labels, "nginx": nginx}


@contextlib.contextmanager
def running(case: Case, around: Surroundings, directory: Path, files: Mapping[str, str] | None = None) -> Iterator[Address]:
    """The proxy with this configuration, at an address of its own that speaks TLS. NotStarted where it refuses it."""
    directory.mkdir(parents=True)
    (directory / "index.html").write_bytes(PAGE)  # where a file names no root, this is it
    address = private_address()
    child = PRODUCTS[case.product](files or case.files, around, address, directory)
    try:
        yield address
    finally:
        child.stop()
