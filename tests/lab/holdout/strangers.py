"""Proxies and backends that no rule of the product was written for.

They show how far the general means carry: comparison with known answers, differences between requests. Their answers are
never to be made into rules: then they would be strangers no more.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from backends import BACKENDS
from programs import small_environment
from proxies import PROXIES
from proxies.base import Restarted, Site

HERE = Path(__file__).resolve().parent
LAB = HERE.parent


def compiled(source: str, directory: Path) -> Path:
    """A Go program, compiled with Debian's packages of libraries."""
    program = directory / Path(source).stem
    environment = small_environment(directory) | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "-p=1"}
    subprocess.run(["/usr/bin/go", "build", "-o", str(program), str(HERE / source)], env=environment, cwd=directory, check=True)
    return program


class GoGateway(Restarted):
    """The site is a mode of gateway.go."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.program = compiled("gateway.go", directory)

    def configuration(self, site: Site) -> str:
        self.arguments = [str(self.address), str(site.values["upstream"]), site.rendered()]
        return " ".join(self.arguments)

    def command(self, configuration: Path) -> list[str]:
        return [str(self.program), *self.arguments]


class NodeGateway(Restarted):
    """The site is a mode of gateway.js."""

    def configuration(self, site: Site) -> str:
        self.arguments = [self.address.host, str(self.address.port), str(site.values["upstream"]), site.rendered()]
        return " ".join(self.arguments)

    def command(self, configuration: Path) -> list[str]:
        return ["/usr/bin/env", "NODE_PATH=/usr/share/nodejs", "/usr/bin/node", str(HERE / "gateway.js"), *self.arguments]


class Lighttpd(Restarted):
    """The site is what stands after the modules."""

    def configuration(self, site: Site) -> str:
        upstream = site.values["upstream"]
        return (f'server.bind = "{self.address.host}"\nserver.port = {self.address.port}\n'
                f'server.document-root = "{site.values["root"]}"\nserver.errorlog = "{self.directory}/error.log"\n'
                'server.modules = ("mod_access", "mod_rewrite", "mod_redirect", "mod_proxy")\n'
                f'proxy.server = ("" => (("host" => "{upstream.host}", "port" => {upstream.port})))\n'  # type: ignore[attr-defined]
                f"{site.rendered()}\n")

    def command(self, configuration: Path) -> list[str]:
        return ["/usr/sbin/lighttpd", "-D", "-f", str(configuration)]


class H2o(Restarted):
    """The site is the value of `paths`."""

    def configuration(self, site: Site) -> str:
        return (f"listen:\n  host: {self.address.host}\n  port: {self.address.port}\n"
                "num-threads: 1\nuser: nobody\n"
                f"error-log: {self.directory}/error.log\nproxy.websocket: ON\nproxy.timeout.io: 30000\n"
                f'hosts:\n  "*":\n    paths:\n{site.rendered()}\n')

    def command(self, configuration: Path) -> list[str]:
        return ["/usr/bin/h2o", "-c", str(configuration)]


class Nghttpx(Restarted):
    """The site is a Ruby program for mruby, or nothing."""

    def configuration(self, site: Site) -> str:
        upstream = site.values["upstream"]
        lines = [f"frontend={self.address.host},{self.address.port};no-tls",
                 f"backend={upstream.host},{upstream.port};;proto=http/1.1", "workers=1",  # type: ignore[attr-defined]
                 "accesslog-file=/dev/null", "no-ocsp=yes"]
        if site.text:
            program = self.directory / "program.rb"
            program.write_text(site.rendered())
            lines.append(f"mruby-file={program}")
        return "\n".join([*lines, ""])

    def command(self, configuration: Path) -> list[str]:
        return ["/usr/sbin/nghttpx", f"--conf={configuration}"]


class TcpMode(Restarted):
    """HAProxy in TCP mode: nothing but bytes passed on. The site is ignored."""

    def configuration(self, site: Site) -> str:
        return (f"global\n\tmaxconn 100\ndefaults\n\tmode tcp\n\ttimeout connect 2s\n\ttimeout client 30s\n\ttimeout server 30s\n"
                f"listen edge\n\tbind {self.address}\n\tserver app {site.values['upstream']}\n")

    def command(self, configuration: Path) -> list[str]:
        return ["/usr/sbin/haproxy", "-db", "-f", str(configuration)]


PROXIES.update({"go-gateway": GoGateway, "node-gateway": NodeGateway, "lighttpd": Lighttpd, "h2o": H2o,
                "nghttpx": Nghttpx, "tcp": TcpMode})


def gorilla_in(directory: Path) -> Callable[[int], list[str]]:
    program = compiled("backend_gorilla.go", directory)
    return lambda descriptor: [str(program), str(descriptor)]


def python(source: str) -> Callable[[int], list[str]]:
    return lambda descriptor: ["/usr/bin/env", f"PYTHONPATH={LAB}", sys.executable, str(HERE / source), str(descriptor)]


def daphne(descriptor: int) -> list[str]:
    return ["/usr/bin/env", f"PYTHONPATH={LAB}", sys.executable, "-m", "daphne", "--fd", str(descriptor),
            "backend_fastapi:application"]


def register_backends(directory: Path) -> None:
    BACKENDS.update({
        "tornado": python("backend_tornado.py"),
        "websockets": python("backend_websockets.py"),
        "daphne": daphne,
        "gorilla": gorilla_in(directory),
        "mojolicious": lambda descriptor: ["/usr/bin/perl", str(HERE / "backend_mojolicious.pl"), str(descriptor)],
    })
