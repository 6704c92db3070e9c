"""Caddy, configured over its admin interface."""

from __future__ import annotations

import http.client
import shutil
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from programs import START_UP_LIMIT, Address, Child, NotStarted, private_address, small_environment, wait_until_it_accepts
from proxies.base import Proxy, Site


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

    keeps_its_address = False  # for those who watch one deployment change

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
        if not self.keeps_its_address:
            self.address = private_address()  # at one that it had before, the server of before may accept once more
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
