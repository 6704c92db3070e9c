"""Programs of the lab: addresses on loopback, child processes, and waiting for them.

A backend inherits a socket that already listens, so nobody can take its port. A proxy that has to bind for itself gets a
loopback address of its own (127.x.y.z), where nobody else binds ports. Processes are ended by the id of the process.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
                env=dict(environment), pass_fds=list(inherit), cwd=log.parent, start_new_session=True,
            )

    def check_alive(self) -> None:
        if self.process.poll() is not None:
            text = self.log.read_text(errors="replace")
            raise NotStarted(f"{self.process.args} ended with {self.process.returncode}:\n{text}")

    def stop(self) -> None:
        """Ends it with its workers. Nothing of a lab is worth saving, and a graceful end would wait for connections."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # the group is its own: it leads a session
        self.process.wait()


@contextlib.contextmanager
def port_of(*command: object) -> Iterator[int]:
    """Of a server of the tests' own: it prints the port that it took and ends with its standard input."""
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def wait_until_it_refuses(address: Address) -> None:
    """Workers that outlive their parent by a moment hold the socket as long."""
    limit = time.monotonic() + START_UP_LIMIT
    while time.monotonic() < limit:
        try:
            socket.create_connection((address.host, address.port), timeout=1).close()
        except ConnectionRefusedError:
            return
        except OSError:
            pass
    raise NotStarted(f"somebody still listens at {address}")


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


class Nowhere:
    """A backend that is down: a port that is held, so that nobody else gets it, and on which nobody listens."""

    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.address = Address(*self.socket.getsockname())

    def stop(self) -> None:
        self.socket.close()
