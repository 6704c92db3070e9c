"""A running `wsprobe serve` of the lab."""

from __future__ import annotations

import re
import threading
import urllib.request
from pathlib import Path

from behaviour import GOOD_TOKEN
from wsprobe import Wsprobe


class Daemon:
    """`wsprobe serve` on a free port, which its log names."""

    def __init__(self, wsprobe: Wsprobe, scenario: Path, *options: str, token: str = GOOD_TOKEN) -> None:
        self.process = wsprobe.start("serve", "--web.listen-address", "127.0.0.1:0", *options, str(scenario), token=token)
        self.log: list[str] = []
        self.address = ""
        self.found = threading.Event()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        assert self.found.wait(30) and self.address, "".join(self.log)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            listening = re.search(r"msg=listening.*address=\S*?([\d.]+:\d+)", line)
            if listening and not self.address:
                self.address = listening.group(1)
                self.found.set()
        self.found.set()

    def metrics(self, name: str) -> list[str]:
        """The lines of /metrics of that name."""
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        return [line for line in lines if line.startswith((name + "{", name + " "))]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
