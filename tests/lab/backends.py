"""The backends of the lab: each a command that serves behaviour.py's application on an inherited, listening descriptor.

To add one, a row of BACKENDS. It writes the record that behaviour.py describes before it answers.
"""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable
from pathlib import Path

from behaviour import HEALTH_PATH, Behaviour, Record
from programs import START_UP_LIMIT, Address, Child, NotStarted, listening_socket, small_environment

HERE = Path(__file__).resolve().parent


def uvicorn(ws: str) -> Callable[[int], list[str]]:
    def command(descriptor: int) -> list[str]:
        return [sys.executable, "-m", "uvicorn", "backend_fastapi:application", "--app-dir", str(HERE),
                "--fd", str(descriptor), "--ws", ws, "--lifespan", "off"]

    return command


def hypercorn(descriptor: int) -> list[str]:
    return ["/usr/bin/env", f"PYTHONPATH={HERE}", sys.executable, "-m", "hypercorn", "backend_fastapi:application",
            "--bind", f"fd://{descriptor}", "--access-logfile", "-"]


def aiohttp(descriptor: int) -> list[str]:
    return [sys.executable, str(HERE / "backend_aiohttp.py"), str(descriptor)]


def node(way: str) -> Callable[[int], list[str]]:
    def command(descriptor: int) -> list[str]:
        return ["/usr/bin/node", str(HERE / "backend_node.js"), way, str(descriptor)]

    return command


# Each makes a command line that serves behaviour.py's application on an inherited, listening descriptor.
BACKENDS: dict[str, Callable[[int], list[str]]] = {
    "uvicorn-websockets": uvicorn("websockets"),
    "uvicorn-wsproto": uvicorn("wsproto"),
    "hypercorn": hypercorn,
    "aiohttp": aiohttp,
    "node-ws": node("by-hand"),
    "node-ws-verify": node("verify"),
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
