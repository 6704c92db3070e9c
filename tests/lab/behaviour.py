"""What a backend of the lab does, and what it says has reached it.

The lab writes a Behaviour into the environment of the application, and reads the application's own record: the truth of
the lab is what the backend saw, never what the probe reports about it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

HEALTH_PATH = "/api/system/health"
SOCKET_PATH = "/api/ws"
GOOD_TOKEN = "good-token-of-the-lab"


@dataclass(frozen=True)
class Behaviour:
    """The switches of the application. The defaults are the healthy service."""

    token: str = GOOD_TOKEN
    token_in: str = "query"  # query, header (bearer), cookie, subprotocol, first_message
    checks_token: bool = True
    close_code_after_accept: int = 0  # 0: a bad token is refused before the accept, which becomes a bare 403
    has_route: bool = True
    has_health: bool = True
    health_says_available: bool = True
    only_origin: str = ""  # empty: any Origin, or none, will do
    crashes: bool = False  # an exception while the token is checked
    hangs: bool = False  # never answers an upgrade

    def environment(self, record: Path) -> dict[str, str]:
        return {"LAB_BEHAVIOUR": json.dumps(asdict(self)), "LAB_RECORD": str(record)}

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> Behaviour:
        return Behaviour(**json.loads(environment.get("LAB_BEHAVIOUR", "{}")))


@dataclass(frozen=True)
class Seen:
    """One request as the backend received it."""

    method: str
    target: str
    upgrade: bool
    host: str

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def token(self) -> str:
        return parse_qs(urlsplit(self.target).query).get("token", [""])[0]


class Record:
    """The backend's record: one JSON line a request, written before the application answers it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.touch()

    def mark(self) -> int:
        return self.path.stat().st_size

    def since(self, mark: int = 0) -> list[Seen]:
        with self.path.open("rb") as lines:
            lines.seek(mark)
            return [Seen(**json.loads(line)) for line in lines]
