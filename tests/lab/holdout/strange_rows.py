"""Faults x strangers. What a deployment really does is measured (test_holdout.py); here stands only which verdicts are right
once it has been seen to do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from behaviour import SOCKET_PATH, Behaviour
from deployment import Plan
from rows_base import (BYPASS, CRASHED, DENIED, HEALTHY, NO_ROUTE, REFUSED, REWROTE, STRIPPED, UNREACHABLE,
                       WRONG_ORIGIN, Right, right)

BACKENDS = ("tornado", "websockets", "daphne", "gorilla", "mojolicious", "uvicorn-websockets", "uvicorn-wsproto", "node-ws",
            "aiohttp", "hypercorn")

DENIED_OR_ASKED = right("proxy", "proxy client undetermined", "proxy_auth_required proxy_denied")
HIDDEN = right("proxy", "proxy", "route_missing proxy_denied")
DOWN = right("proxy none", "backend proxy undetermined", "upstream_unreachable connection_aborted")
REPLACED = right("backend proxy", "none", "healthy auth_rejected")
CUT = right("proxy none", "proxy network undetermined", "connection_aborted")


@dataclass(frozen=True)
class Fault:
    name: str
    overall: Right
    refusal: Right | None
    arrives_at: str | None = SOCKET_PATH
    as_upgrade: bool = True
    accepted: bool = False
    behaviour: Behaviour = Behaviour()
    backend_runs: bool = True


# What is true of single deployments besides: lighttpd puts a Content-Length into a 101 that is followed by a close at once
# (no 1xx may have one, RFC 9110 section 8.6), and http-proxy cuts the body of an answer that is no 101.
MORE_TRUTH = {"lighttpd/late": "protocol_error", "node-gateway/no-route": "connection_aborted"}


FAULTS = [
    Fault("healthy", HEALTHY, REFUSED, accepted=True),
    Fault("late", HEALTHY, REFUSED, accepted=True, behaviour=Behaviour(close_code_after_accept=4401)),
    Fault("anything", BYPASS, None, accepted=True, behaviour=Behaviour(checks_token=False)),
    Fault("no-route", NO_ROUTE, NO_ROUTE, behaviour=Behaviour(has_route=False)),
    Fault("origin", WRONG_ORIGIN, None, behaviour=Behaviour(only_origin="https://app.lab.test")),
    Fault("crash", CRASHED, CRASHED, behaviour=Behaviour(crashes=True)),
    Fault("down", DOWN, None, arrives_at=None, backend_runs=False),
    Fault("deny", DENIED, DENIED, arrives_at=None),
    Fault("deny-empty", DENIED, DENIED, arrives_at=None),
    Fault("deny-json", DENIED, DENIED, arrives_at=None),
    Fault("deny-upgrades", DENIED, DENIED, arrives_at=None),
    Fault("auth", DENIED_OR_ASKED, None, arrives_at=None),
    Fault("missing", HIDDEN, HIDDEN, arrives_at=None),
    Fault("abort", CUT, None, arrives_at=None),
    Fault("rewrite", REWROTE, None, arrives_at="/index.html"),
    Fault("strip-prefix", REWROTE, None, arrives_at="/ws"),
    Fault("strip-upgrade", STRIPPED, None, as_upgrade=False),
    Fault("replace", REPLACED, None, accepted=True),
]

UPGRADE = 'proxy.header = ("upgrade" => "enable")'
ON_SOCKET = '$HTTP["url"] =~ "^/api/ws" '
H2O_UP = "      /:\n        proxy.reverse.url: http://$upstream/\n"
H2O_SOCKET = "      /api/ws:\n"
H2O_ANSWER = """\
        mruby.handler: |
          Proc.new do |env|
            [%d, {"content-type" => "text/plain"}, ["%s"]]
          end
"""

# In each proxy's own language; what a proxy cannot do is not there.
IDIOMS: dict[str, dict[str, str]] = {
    "go-gateway": {mode: mode for mode in ("", "deny", "deny-empty", "deny-json", "deny-upgrades", "auth", "missing", "rewrite",
                                           "strip-prefix", "strip-upgrade", "replace")},
    "node-gateway": {mode: mode for mode in ("", "deny", "deny-upgrades", "auth", "abort", "rewrite", "strip-prefix")},
    "lighttpd": {
        "": UPGRADE,
        "deny": UPGRADE + "\n" + ON_SOCKET + '{ url.access-deny = ("") }',
        "deny-upgrades": UPGRADE + '\n$REQUEST_HEADER["Upgrade"] =~ "websocket" { url.access-deny = ("") }',
        "missing": UPGRADE + "\n" + ON_SOCKET + "{ proxy.server = () }",
        "rewrite": UPGRADE + '\nurl.rewrite-once = ("^/api/ws" => "/index.html")',
        "strip-prefix": UPGRADE + '\nurl.rewrite-once = ("^/api(/.*)" => "$1")',
        "strip-upgrade": "",
    },
    "h2o": {
        "": H2O_UP,
        "deny": H2O_SOCKET + H2O_ANSWER % (403, "forbidden") + H2O_UP,
        "deny-empty": H2O_SOCKET + H2O_ANSWER % (403, "") + H2O_UP,
        "missing": H2O_SOCKET + H2O_ANSWER % (404, "not found") + H2O_UP,
        "rewrite": H2O_SOCKET + "        proxy.reverse.url: http://$upstream/index.html\n" + H2O_UP,
        "strip-upgrade": H2O_SOCKET + "        proxy.websocket: OFF\n        proxy.reverse.url: http://$upstream/api/ws\n" + H2O_UP,
    },
    "nghttpx": {"": ""},
    "tcp": {"": ""},
}


def plans() -> Iterator[tuple[str, Fault, Plan]]:
    for proxy, idioms in IDIOMS.items():
        for at, backend in enumerate(BACKENDS):
            for fault in FAULTS:
                own = fault.name in idioms
                if not own and fault.arrives_at != SOCKET_PATH and fault.backend_runs:
                    continue
                if not own and (not fault.as_upgrade or fault.name == "replace"):
                    continue
                if not fault.backend_runs and at > 0:
                    continue
                site = idioms[fault.name] if own else idioms[""]
                plan = Plan(site, proxy=proxy, backend=backend, behaviour=fault.behaviour, backend_runs=fault.backend_runs)
                yield f"{proxy}/{backend}/{fault.name}", fault, plan
