"""What a row of the lab's table is, and the words in which its truth is written.

`health`, `valid` and `invalid` say what those requests really meet; test_deployments.py proves it with plain sockets and
the backend's own record. `overall` and `refusal` are the verdicts that are right, about the deployment and about the
invalid token's step. A word of a verdict that is named in `doubt` may be `undetermined` as well: there the bytes do not
settle it, or not every way of settling it is asked for. Any other word is a wrong claim.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from behaviour import HEALTH_PATH, SOCKET_PATH, Behaviour
from deployment import Plan

BACKEND = "backend"
PROXY = "proxy"
UNDETERMINED = "undetermined"
OF_BACKEND = -1  # a status: whatever the backend answers when it is asked itself for what arrives there
EVERY_WORD = ("emitter", "fault", "cause")


@dataclass(frozen=True)
class Meets:
    """What a request gets, and the path under which the backend saw it (None: it never arrived)."""

    status: int  # 0: closed without an answer; OF_BACKEND
    arrives_at: str | None = SOCKET_PATH
    arrives_as_upgrade: bool = True
    close_code: int = 0  # of the close that follows a 101


@dataclass(frozen=True)
class Right:
    """The verdicts that are right."""

    emitters: frozenset[str]
    faults: frozenset[str]
    causes: frozenset[str]
    doubt: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Row:
    name: str
    plan: Plan
    valid: Meets
    invalid: Meets
    overall: Right
    refusal: Right | None  # of the invalid token; None: it is accepted, or not judged
    health: Meets = Meets(200, HEALTH_PATH, arrives_as_upgrade=False)
    passes: bool | None = False  # whether the run meets its expectations; None: either may be right
    refusal_codes: tuple[int, ...] = (401, 403)  # what the scenario expects of the invalid token
    options: tuple[str, ...] = ()  # of `diagnose`
    token: str = Behaviour().token  # what is given as valid
    representative: bool = True  # part of every test run; the others are for `make lab`


def right(emitters: str, faults: str, causes: str) -> Right:
    return Right(frozenset(emitters.split()), frozenset(faults.split()), frozenset(causes.split()))


def or_undetermined(known: Right, *words: str) -> Right:
    """Nobody has to see these words of the verdict; without any named: none of them."""
    return replace(known, doubt=frozenset(words or EVERY_WORD))


# ---- verdicts ----

HEALTHY = right("backend none", "none", "healthy")
REFUSED = right("backend", "none", "auth_rejected")
REFUSED_VALID = right("backend", "backend client", "auth_rejected")
BYPASS = right("backend undetermined", "backend", "auth_bypass")  # a 101 alone does not tell who sent it
DENIED = right("proxy", "proxy", "proxy_denied")
REWROTE = right("backend", "proxy", "proxy_rewrote_path")
NO_ROUTE = right("backend", "backend", "route_missing")
# Whether the backend is down or the proxy asks the wrong address is not to be seen from outside.
UNREACHABLE = right("proxy", "backend proxy undetermined", "upstream_unreachable")
TIMEOUT = right("proxy", "backend proxy undetermined", "upstream_timeout")
STRIPPED = right("backend", "proxy", "upgrade_stripped")
# Whether the client asks for the wrong place or the proxy has to let it through is a matter of intent.
REDIRECTED = right("proxy", "proxy client undetermined", "redirected")
PROXY_AUTH = right("proxy", "proxy client undetermined", "proxy_auth_required")
FALLBACK = right("proxy undetermined", "proxy", "spa_fallback")  # a page is nobody's hand
CRASHED = right("backend", "backend", "backend_error")
UNHEALTHY = right("backend", "backend", "backend_unhealthy")
WRONG_ORIGIN = right("backend", "backend client", "origin_rejected")
ABORTED = right("proxy none", "proxy network undetermined", "connection_aborted")

# ---- what requests meet ----

ACCEPTED = Meets(101)
REFUSED_BY_BACKEND = Meets(403)
ANSWERED_BY_PROXY = Meets(403, None)
PREFIX_LOST = Meets(404, "/system/health", arrives_as_upgrade=False)
HEALTH_LOST = Meets(404, "/index.html", arrives_as_upgrade=False)


def behind(site: str, **changes: object) -> Plan:
    return Plan(site=site, **changes)  # type: ignore[arg-type]


def refused_alike(name: str, plan: Plan, overall: Right, meets: Meets, **changes: object) -> Row:
    """The valid and the invalid token meet the same refusal."""
    changes.setdefault("refusal", or_undetermined(overall))
    return Row(name, plan, meets, meets, overall, **changes)  # type: ignore[arg-type]
