"""Faults crossed with proxies and backends: what each fault means, whoever has it.

The texts are in idioms/, by the names that stand here. A deployment is called PROXY-FAULT[-VARIANT][-BACKEND]; without a
backend in its name it is the first of BACKENDS_OF.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from backends import BACKENDS
from behaviour import HEALTH_PATH, SOCKET_PATH, Behaviour
from deployment import Plan
from idioms import apache, caddy, haproxy, nginx, squid, varnish
from idioms.idiom import Idiom, Idioms
from rows_base import (ABORTED, ACCEPTED, ANSWERED_BY_PROXY, BYPASS, CRASHED, DENIED, FALLBACK, HEALTH_LOST, HEALTHY, NO_ROUTE,
                       OF_BACKEND, PROXY_AUTH, REDIRECTED, REFUSED, REFUSED_VALID, REWROTE, STRIPPED, TIMEOUT, UNHEALTHY,
                       UNREACHABLE, WRONG_ORIGIN, Meets, Right, Row, or_undetermined, right)

IDIOMS: dict[str, Idioms] = {
    "nginx": nginx.IDIOMS,
    "haproxy": haproxy.IDIOMS,
    "apache": apache.IDIOMS,
    "varnish": varnish.IDIOMS,
    "squid": squid.IDIOMS,
    "caddy": caddy.IDIOMS,
}

OPEN_CAUSE = ("fault", "cause")
OF_THE_BACKEND = Meets(OF_BACKEND)
HEALTH = Meets(200, HEALTH_PATH, arrives_as_upgrade=False)
RATE_LIMITED = or_undetermined(right("proxy", "client proxy", "rate_limited"), "fault")
# A 404 of the proxy's own: a rule or no rule at all, nobody can say which from outside.
NOT_ROUTED = right("proxy", "proxy client undetermined", "route_missing proxy_denied")
# What is behind a 503 that somebody wrote into a configuration is not to be seen in it.
MAINTENANCE = or_undetermined(right("proxy", "proxy", "proxy_denied"), *OPEN_CAUSE)
# A page that somebody wrote himself bears nobody's mark, and may as well stand in place of a refusal of the backend's.
OWN_PAGE = or_undetermined(DENIED)
# The refusal is the backend's, the bytes are the proxy's.
REPLACED = or_undetermined(right("backend proxy", "none", "healthy auth_rejected"))


@dataclass(frozen=True)
class Fault:
    """What a fault does to the requests, and what is right to say."""

    overall: Right
    valid: Meets
    invalid: Meets | None = None  # None: as the valid one
    refusal: Right | None = None  # of the invalid token; None: as overall, in doubt
    judged: bool = True  # whether the invalid token's step is
    health: Meets = HEALTH
    passes: bool | None = False
    behaviour: Behaviour = field(default_factory=Behaviour)
    idiom: str = ""  # empty: that of its own name
    options: tuple[str, ...] = ()
    token: str = Behaviour().token
    refusal_codes: tuple[int, ...] = (401, 403)
    backend_runs: bool = True
    root_has_index: bool = False
    upgrades_before: int = 0


def by_proxy(overall: Right, status: int, **changes: object) -> Fault:
    """The proxy answers the upgrade, whatever its token, and asks nobody."""
    return Fault(overall, Meets(status, None), **changes)  # type: ignore[arg-type]


def by_backend(overall: Right, *, arrives_at: str = SOCKET_PATH, **changes: object) -> Fault:
    """The backend answers the upgrade, whatever its token."""
    return Fault(overall, Meets(OF_BACKEND, arrives_at), **changes)  # type: ignore[arg-type]


def healthy(invalid: Meets = OF_THE_BACKEND, **changes: object) -> Fault:
    return Fault(HEALTHY, ACCEPTED, invalid, REFUSED, passes=True, **changes)  # type: ignore[arg-type]


PROXY_FAULTS: dict[str, Fault] = {
    "healthy": healthy(),
    "healthy-hidden": healthy(),
    "healthy-faked": healthy(),
    "denied": by_proxy(DENIED, 403),
    "denied-hidden": by_proxy(DENIED, 403),
    "denied-faked": by_proxy(DENIED, 403),
    "denied-not-found": by_proxy(NOT_ROUTED, 404),
    "denied-upgrades": by_proxy(DENIED, 403),
    "denied-page": by_proxy(OWN_PAGE, 403),
    "denied-imitating": by_proxy(or_undetermined(DENIED), 403),
    "token-checked": Fault(or_undetermined(right("backend proxy", "none proxy", "healthy proxy_denied")), ACCEPTED, ANSWERED_BY_PROXY,
                           or_undetermined(right("proxy", "none proxy", "proxy_denied")), passes=None),
    "intercepted": Fault(REPLACED, ACCEPTED, Meets(403), or_undetermined(right("backend proxy", "none", "auth_rejected")),
                         passes=None),
    "intercepted-valid": Fault(or_undetermined(right("backend proxy", "backend client", "auth_rejected")), Meets(403),
                               idiom="intercepted", token="yesterdays-token",
                               refusal=or_undetermined(right("backend proxy", "none backend client", "auth_rejected"))),
    "rewritten-everything": by_backend(or_undetermined(REWROTE, *OPEN_CAUSE), arrives_at="/index.html", health=HEALTH_LOST),
    "rewritten": by_backend(or_undetermined(REWROTE, *OPEN_CAUSE), arrives_at="/index.html"),
    "prefix-stripped": by_backend(or_undetermined(REWROTE, *OPEN_CAUSE), arrives_at="/ws"),
    "prefix-doubled": by_backend(or_undetermined(REWROTE, *OPEN_CAUSE)),
    "upgrade-stripped": Fault(STRIPPED, Meets(OF_BACKEND, SOCKET_PATH, arrives_as_upgrade=False)),
    "single-page": by_proxy(FALLBACK, 200, root_has_index=True),
    "redirect-https": by_proxy(REDIRECTED, 308),
    "redirect-login": by_proxy(REDIRECTED, 302),
    "basic-auth": by_proxy(PROXY_AUTH, 401),
    "aborted": by_proxy(or_undetermined(ABORTED, "fault"), 0, judged=False),
    "rate-limited": by_proxy(RATE_LIMITED, 429, upgrades_before=1),
    "maintenance": by_proxy(MAINTENANCE, 503),
    "wrong-host": by_proxy(or_undetermined(NOT_ROUTED, *OPEN_CAUSE), 404),
    "down": by_proxy(UNREACHABLE, 502, backend_runs=False),
    "down-page": by_proxy(or_undetermined(UNREACHABLE), 502, backend_runs=False),
    "socket-down": by_proxy(UNREACHABLE, 502),
    "socket-unresolvable": by_proxy(UNREACHABLE, 502),
    "hangs": Fault(TIMEOUT, Meets(504), behaviour=Behaviour(hangs=True)),
}

# A backend that knows no such route, one that wants another Origin and one that refuses the token answer with the same
# bytes where they are built alike, and so does one that was asked for another path.
BACKEND_FAULTS: dict[str, Fault] = {
    "wrong-token": by_backend(or_undetermined(REFUSED_VALID, *OPEN_CAUSE), token="yesterdays-token",
                              refusal=or_undetermined(right("backend", "none backend client", "auth_rejected"), *OPEN_CAUSE)),
    "no-route": by_backend(or_undetermined(NO_ROUTE, *OPEN_CAUSE), behaviour=Behaviour(has_route=False)),
    "another-application": by_backend(or_undetermined(NO_ROUTE, *OPEN_CAUSE), health=Meets(404, HEALTH_PATH, arrives_as_upgrade=False),
                                      behaviour=Behaviour(has_route=False, has_health=False)),
    "origin-demanded": by_backend(or_undetermined(WRONG_ORIGIN, *OPEN_CAUSE),
                                  behaviour=Behaviour(only_origin="https://app.lab.test")),
    "origin-given": healthy(behaviour=Behaviour(only_origin="https://app.lab.test"), options=("--origin", "https://app.lab.test")),
    "crash": by_backend(CRASHED, behaviour=Behaviour(crashes=True)),
    "refuses-late": healthy(Meets(101, close_code=4401), behaviour=Behaviour(close_code_after_accept=4401), refusal_codes=(4401,)),
    "accepts-anything": Fault(BYPASS, ACCEPTED, refusal=BYPASS, behaviour=Behaviour(checks_token=False)),
    "unhealthy": replace(healthy(behaviour=Behaviour(health_says_available=False)), overall=UNHEALTHY, passes=False),
}
FAULTS = PROXY_FAULTS | {name: replace(fault, idiom="healthy") for name, fault in BACKEND_FAULTS.items()}

# Which backends stand behind each fault. Where the refusal is the backend's own, it matters who that is.
FIRST = "uvicorn-websockets"
SECOND = "node-ws"
EVERY_BACKEND = tuple(BACKENDS)
SECOND_FOR = ("denied", "denied-hidden", "denied-upgrades", "denied-page", "denied-imitating", "upgrade-stripped", "socket-down", "hangs")
# The variants that are the way one does it with that proxy.
USUAL = ("", "default", "deny", "deny-all", "require", "synth", "respond", "rewrite", "proxy-pass", "denied", "files")


def backends_of(fault: str, variant: str) -> tuple[str, ...]:
    if variant not in USUAL:
        return (FIRST,)
    if fault in BACKEND_FAULTS or fault.startswith(("healthy", "rewritten", "prefix")):
        return EVERY_BACKEND
    return (FIRST, SECOND) if fault in SECOND_FOR else (FIRST,)


def with_status(meets: Meets, status: int | None) -> Meets:
    return meets if status is None or meets.status in (101, OF_BACKEND) else replace(meets, status=status)


def row_of(name: str, fault: Fault, idiom: Idiom, plan: Plan) -> Row:
    """One row: the fault, and what the idiom changes about it."""
    valid = with_status(fault.valid, idiom.status)
    invalid = valid if fault.invalid is None else with_status(fault.invalid, idiom.status)
    if idiom.arrives_at is not None:
        valid, invalid = (replace(meets, arrives_at=idiom.arrives_at) for meets in (valid, invalid))
    plan = replace(plan, behaviour=fault.behaviour, backend_runs=fault.backend_runs, root_has_index=fault.root_has_index,
                   upgrades_before=fault.upgrades_before)
    overall = idiom.overall or fault.overall
    refusal = (fault.refusal or or_undetermined(overall)) if fault.judged and valid.status != 0 else None
    return Row(name, plan, valid, invalid, overall, refusal, idiom.health or fault.health, fault.passes, fault.refusal_codes,
               fault.options, fault.token)


def joined(*parts: str) -> str:
    return "-".join(part for part in parts if part)


def rows_of(proxy: str, fault_name: str, idiom: Idiom) -> Iterator[Row]:
    fault = FAULTS[fault_name]
    represents = idiom.variant in USUAL and (proxy == REPRESENTED_BY.get(fault_name) or fault_name in EVERYWHERE)
    for backend in backends_of(fault_name, idiom.variant):
        name = joined(proxy, fault_name, idiom.variant, "" if backend == FIRST else backend.removeprefix("uvicorn-"))
        row = row_of(name, fault, idiom, Plan(site=idiom.site, proxy=proxy, backend=backend))
        yield replace(row, representative=represents and backend == representative_backend(proxy, fault_name))


def idioms_for(proxy: str, fault_name: str) -> list[Idiom]:
    """A fault of the backend needs no more than a proxy that does its work."""
    if fault_name in BACKEND_FAULTS:
        return [replace(IDIOMS[proxy]["healthy"][0], variant="")]
    return IDIOMS[proxy].get(FAULTS[fault_name].idiom or fault_name, [])


def represented_by() -> dict[str, str]:
    """For every fault one proxy in turn, of those that know it."""
    chosen = {}
    for turn, fault_name in enumerate(FAULTS):
        able = [proxy for proxy in IDIOMS if proxy != "caddy" and idioms_for(proxy, fault_name)]
        chosen[fault_name] = able[turn % len(able)]
    return chosen


# What every test run deploys: each fault once, and these behind every proxy.
REPRESENTED_BY = represented_by()
EVERYWHERE = ("healthy", "denied", "down")


def representative_backend(proxy: str, fault_name: str) -> str:
    """Every backend has its turn."""
    able = backends_of(fault_name, "")
    return able[(list(IDIOMS).index(proxy) + list(FAULTS).index(fault_name)) % len(able)]


MATRIX_ROWS: list[Row] = [one for proxy in IDIOMS for fault_name in FAULTS for idiom in idioms_for(proxy, fault_name)
                          for one in rows_of(proxy, fault_name, idiom)]
